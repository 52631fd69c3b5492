//! The classes of pupils (入学类别): which class a child is in and where it goes to school, by a table
//! of division and year. It knows no registers.

use onething_elements::Divisions;
use serde::{Deserialize, Serialize};

const STANDARD: &str = include_str!("../data/pupil-classes.toml");

/// A class of pupils, in the order in which they are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Class {
    /// Home and household registration match (房户一致).
    A,
    /// Home only.
    B,
    /// Household registration only.
    C,
    /// A migrant's child with a residence permit (随迁子女).
    D,
    /// Special: an orphan.
    E,
}

impl Class {
    /// Its letter.
    pub(crate) const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }

    /// The class with a letter.
    pub(crate) fn named(letter: &str) -> Option<Self> {
        let all = [Self::A, Self::B, Self::C, Self::D, Self::E];
        all.into_iter().find(|class| class.letter() == letter)
    }

    /// Whether the registers alone do not decide it: permits and hardship are looked at by the
    /// school.
    pub(crate) const fn needs_an_officer(self) -> bool {
        matches!(self, Self::D | Self::E)
    }
}

/// A place as a register gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// County-level division, GB/T 2260.
    pub(crate) region: String,
    pub(crate) address: String,
    /// Its school area, by position; `None` when none is registered for the county.
    pub(crate) area: Option<i64>,
}

/// What the registers say of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The household registration.
    pub(crate) household: Place,
    /// The homes that the parents own.
    pub(crate) homes: Vec<Place>,
    /// Where the guardian holds a residence permit in force.
    pub(crate) permit_region: Option<String>,
    /// Months of social insurance that the guardian paid.
    pub(crate) insured_months: i64,
    pub(crate) orphan: bool,
}

/// A class and where it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Classified {
    pub(crate) class: Class,
    /// County-level division, GB/T 2260.
    pub(crate) region: String,
    /// Where the catchment is looked for.
    pub(crate) address: String,
}

/// The class rules of the region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassRules {
    #[serde(rename = "rule")]
    rules: Vec<ClassRule>,
}

/// How classes are formed in a division from a year on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassRule {
    region: String,
    from_year: i16,
    home_only: Class,
    migrant_months: i64,
    open: Open,
    chooses_from: Option<i64>,
    source: String,
}

/// Up to which share of a school's seats each class is placed there, in percent.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(non_snake_case, reason = "the classes are called so")]
struct Open {
    A: i64,
    B: i64,
    C: i64,
    D: i64,
    E: i64,
}

/// What is wrong with a table of class rules.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClassRulesError {
    /// It is no such table.
    #[error("the table of pupil classes")]
    Toml(#[from] toml::de::Error),
    /// A rule means nothing.
    #[error("the class rule of {region} from {from_year}: {problem}")]
    Rule {
        region: String,
        from_year: i16,
        problem: &'static str,
    },
}

impl ClassRules {
    /// The rules of the embedded table.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, ClassRulesError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, ClassRulesError> {
        let table: Self = toml::from_str(text)?;
        for (index, rule) in table.rules.iter().enumerate() {
            let mut earlier = table.rules.iter().take(index);
            let twice = |other: &ClassRule| {
                (&other.region, other.from_year) == (&rule.region, rule.from_year)
            };
            let Open { A, B, C, D, E } = rule.open;
            let problem = if Divisions::standard().get(&rule.region).is_none() {
                "no such division"
            } else if [A, B, C, D, E]
                .iter()
                .any(|share| !(0..=100).contains(share))
            {
                "a share is 0 to 100 percent"
            } else if !matches!(rule.home_only, Class::A | Class::B) {
                "who owns a home is in class A or B"
            } else if rule.chooses_from.is_some_and(|from| from < 1) {
                "children are counted from 1"
            } else if rule.source.is_empty() {
                "the source is missing"
            } else if earlier.any(twice) {
                "stands twice"
            } else {
                continue;
            };
            return Err(ClassRulesError::Rule {
                region: rule.region.clone(),
                from_year: rule.from_year,
                problem,
            });
        }
        Ok(table)
    }

    /// The rule of a county for the enrolment of a year: that of the nearest division with one.
    pub(crate) fn of(&self, county: &str, year: i16) -> Option<&ClassRule> {
        Divisions::standard().path(county).find_map(|division| {
            let rules = self.rules.iter();
            rules
                .filter(|rule| rule.region == division.code && rule.from_year <= year)
                .max_by_key(|rule| rule.from_year)
        })
    }

    /// The class of a child for the enrolment of a year, and where it is served; `None` when it is
    /// entitled nowhere that has rules.
    ///
    /// An orphan is served where it is registered. Else a home goes before the household
    /// registration: in one school area with it the child is in class A, otherwise in that of the
    /// home alone. Who lives elsewhere with a residence permit is a migrant's child there; who has
    /// nothing but the household registration is served by it.
    pub(crate) fn classify(&self, facts: &Facts, year: i16) -> Option<Classified> {
        let at = |class, place: &Place| Classified {
            class,
            region: place.region.clone(),
            address: place.address.clone(),
        };
        let household = &facts.household;
        if facts.orphan {
            return self
                .of(&household.region, year)
                .map(|_| at(Class::E, household));
        }
        let matching = facts.homes.iter().find(|home| {
            home.region == household.region && home.area.is_some() && home.area == household.area
        });
        if let Some(home) = matching {
            return self.of(&home.region, year).map(|_| at(Class::A, home));
        }
        for home in &facts.homes {
            if let Some(rule) = self.of(&home.region, year) {
                return Some(at(rule.home_only, home));
            }
        }
        if let Some(permit) = &facts.permit_region
            && *permit != household.region
            && let Some(rule) = self.of(permit, year)
            && facts.insured_months >= rule.migrant_months
        {
            return Some(Classified {
                class: Class::D,
                region: permit.clone(),
                address: String::new(),
            });
        }
        self.of(&household.region, year)
            .map(|_| at(Class::C, household))
    }
}

impl ClassRule {
    /// How many of a school's seats are open to a class.
    pub(crate) fn open_to(&self, class: Class, seats: i64) -> i64 {
        let share = match class {
            Class::A => self.open.A,
            Class::B => self.open.B,
            Class::C => self.open.C,
            Class::D => self.open.D,
            Class::E => self.open.E,
        };
        seats * share / 100
    }

    /// Whether the parents of a child choose its school, by which of their children it is, from 1.
    pub(crate) fn lets_choose(&self, birth_order: i64) -> bool {
        self.chooses_from.is_some_and(|from| birth_order >= from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAIHAN_IN_HOHHOT: &str = "150105";
    const HAIBOWAN_IN_WUHAI: &str = "150302";
    const KUNDULUN_IN_BAOTOU: &str = "150203";

    fn place(region: &str, area: i64) -> Place {
        Place {
            region: region.to_owned(),
            address: format!("{region} {area}"),
            area: Some(area),
        }
    }

    fn facts(household: Place) -> Facts {
        Facts {
            household,
            homes: Vec::new(),
            permit_region: None,
            insured_months: 0,
            orphan: false,
        }
    }

    fn class(facts: &Facts, year: i16) -> Option<(Class, String)> {
        let classified = ClassRules::standard().unwrap().classify(facts, year)?;
        Some((classified.class, classified.region))
    }

    fn found(class: Class, region: &str) -> Option<(Class, String)> {
        Some((class, region.to_owned()))
    }

    #[test]
    fn home_and_household_in_one_area_match() {
        let mut child = facts(place(HAIBOWAN_IN_WUHAI, 1));
        child.homes = vec![place(KUNDULUN_IN_BAOTOU, 1), place(HAIBOWAN_IN_WUHAI, 1)];
        assert_eq!(class(&child, 2026), found(Class::A, HAIBOWAN_IN_WUHAI));
    }

    #[test]
    fn a_home_in_another_area_counts_as_a_home_alone() {
        let mut child = facts(place(HAIBOWAN_IN_WUHAI, 1));
        child.homes = vec![place(HAIBOWAN_IN_WUHAI, 2)];
        assert_eq!(class(&child, 2026), found(Class::B, HAIBOWAN_IN_WUHAI));
    }

    #[test]
    fn hohhot_takes_home_owners_as_class_a_on_trial_from_2025_on() {
        let mut child = facts(place(HAIBOWAN_IN_WUHAI, 1));
        child.homes = vec![place(SAIHAN_IN_HOHHOT, 1)];
        assert_eq!(class(&child, 2024), found(Class::B, SAIHAN_IN_HOHHOT));
        assert_eq!(class(&child, 2025), found(Class::A, SAIHAN_IN_HOHHOT));
    }

    #[test]
    fn a_permit_elsewhere_makes_a_migrants_child_and_none_leaves_the_household() {
        let mut child = facts(place(HAIBOWAN_IN_WUHAI, 1));
        assert_eq!(class(&child, 2026), found(Class::C, HAIBOWAN_IN_WUHAI));
        child.permit_region = Some(SAIHAN_IN_HOHHOT.to_owned());
        assert_eq!(class(&child, 2026), found(Class::D, SAIHAN_IN_HOHHOT));
        child.permit_region = Some(HAIBOWAN_IN_WUHAI.to_owned());
        assert_eq!(class(&child, 2026), found(Class::C, HAIBOWAN_IN_WUHAI));
    }

    #[test]
    fn a_migrants_guardian_is_insured_for_as_long_as_the_rule_says() {
        let text = STANDARD.replace("migrant_months = 0", "migrant_months = 6");
        let rules = ClassRules::parse(&text).unwrap();
        let mut child = facts(place(HAIBOWAN_IN_WUHAI, 1));
        child.permit_region = Some(SAIHAN_IN_HOHHOT.to_owned());
        for (months, class) in [(5, Class::C), (6, Class::D)] {
            child.insured_months = months;
            assert_eq!(rules.classify(&child, 2026).unwrap().class, class);
        }
    }

    #[test]
    fn an_orphan_is_special_whatever_else_it_has() {
        let mut child = facts(place(HAIBOWAN_IN_WUHAI, 1));
        child.homes = vec![place(HAIBOWAN_IN_WUHAI, 1)];
        child.orphan = true;
        assert_eq!(class(&child, 2026), found(Class::E, HAIBOWAN_IN_WUHAI));
    }

    #[test]
    fn who_is_registered_outside_the_region_is_entitled_by_home_or_permit_only() {
        let mut child = facts(place("110101", 1));
        assert_eq!(class(&child, 2026), None);
        child.permit_region = Some(HAIBOWAN_IN_WUHAI.to_owned());
        assert_eq!(class(&child, 2026), found(Class::D, HAIBOWAN_IN_WUHAI));
        child.homes = vec![place(HAIBOWAN_IN_WUHAI, 3)];
        assert_eq!(class(&child, 2026), found(Class::B, HAIBOWAN_IN_WUHAI));
        assert_eq!(class(&child, 2019), None);
    }

    #[test]
    fn shares_are_rounded_down() {
        let rules = ClassRules::standard().unwrap();
        let rule = rules.of(HAIBOWAN_IN_WUHAI, 2026).unwrap();
        assert_eq!(rule.open_to(Class::A, 90), 90);
        assert_eq!(rule.open_to(Class::C, 90), 85);
        assert_eq!(rule.open_to(Class::D, 90), 81);
        assert_eq!(rule.open_to(Class::D, 1), 0);
    }

    #[test]
    fn the_third_child_s_parents_choose_in_hohhot_alone_from_2025_on() {
        let rules = ClassRules::standard().unwrap();
        for (county, year, birth_order, chooses) in [
            (SAIHAN_IN_HOHHOT, 2025, 3, true),
            (SAIHAN_IN_HOHHOT, 2026, 4, true),
            (SAIHAN_IN_HOHHOT, 2026, 2, false),
            (SAIHAN_IN_HOHHOT, 2024, 3, false),
            (HAIBOWAN_IN_WUHAI, 2026, 3, false),
        ] {
            let rule = rules.of(county, year).unwrap();
            assert_eq!(rule.lets_choose(birth_order), chooses, "{county} {year}");
        }
    }

    #[test]
    fn a_defective_table_is_refused_with_the_rule() {
        let defects = [
            (
                STANDARD.replace("\"150100\"", "\"159900\""),
                "no such division",
            ),
            (STANDARD.replace("D = 90", "D = 101"), "a share is"),
            (STANDARD.replace("\"B\"", "\"C\""), "in class A or B"),
            (STANDARD.replace("from = 3", "from = 0"), "counted from 1"),
            (STANDARD.replace("from_year", "since"), "the table of"),
            (
                STANDARD.replace(
                    "\"150100\"\nfrom_year = 2025",
                    "\"150000\"\nfrom_year = 2020",
                ),
                "stands twice",
            ),
        ];
        for (text, problem) in defects {
            let error = ClassRules::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
