//! The age at which a child starts school (入学年龄): a table by division and year. It knows no
//! schools.

use std::fmt;

use jiff::civil::Date;
use onething_elements::Divisions;
use serde::Deserialize;

const STANDARD: &str = include_str!("../data/age-rules.toml");

/// The oldest age that a rule may ask for. It bounds the search for a child's year.
const OLDEST: i16 = 10;

/// The age rules of the region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgeRules {
    #[serde(rename = "rule")]
    rules: Vec<Rule>,
}

/// Who starts school in a division from a year on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The division and, unless they have rules of their own, all below it.
    region: String,
    /// The first enrolment that follows the rule.
    from_year: i16,
    /// Full years.
    age: i16,
    /// The day of the year of enrolment on which the age counts, included.
    by: YearDay,
    /// Who said so.
    source: String,
}

/// A day of any year. Earlier days are less.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct YearDay {
    month: i8,
    day: i8,
}

/// What is wrong with a table of age rules.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgeRulesError {
    /// It is no such table.
    #[error("the table of age rules")]
    Toml(#[from] toml::de::Error),
    /// A rule means nothing.
    #[error("the age rule of {region} from {from_year}: {problem}")]
    Rule {
        region: String,
        from_year: i16,
        problem: &'static str,
    },
}

impl AgeRules {
    /// The rules of the embedded table.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, AgeRulesError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, AgeRulesError> {
        let table: Self = toml::from_str(text)?;
        for (index, rule) in table.rules.iter().enumerate() {
            let earlier = table.rules.iter().take(index);
            let twice =
                |other: &Rule| (&other.region, other.from_year) == (&rule.region, rule.from_year);
            let problem = if Divisions::standard().get(&rule.region).is_none() {
                "no such division"
            } else if !(1..=OLDEST).contains(&rule.age) {
                "the age is 1 to 10 years"
            // In a common year: 29 February comes too rarely to count an age on it.
            } else if Date::new(2023, rule.by.month, rule.by.day).is_err() {
                "no such day"
            } else if rule.source.is_empty() {
                "the source is missing"
            } else if earlier.into_iter().any(twice) {
                "stands twice"
            } else {
                continue;
            };
            return Err(AgeRulesError::Rule {
                region: rule.region.clone(),
                from_year: rule.from_year,
                problem,
            });
        }
        Ok(table)
    }

    /// The year of the September in which a child of a county starts school: the first in which it
    /// is old enough under the rule of that very year. `None` when the child was born before the
    /// table begins.
    pub(crate) fn enrolment_year(&self, county: &str, born_on: Date) -> Option<i16> {
        self.enrolment(county, born_on).map(|(year, _)| year)
    }

    /// The same year, and the rule by which it is that one.
    pub(crate) fn enrolment(&self, county: &str, born_on: Date) -> Option<(i16, &Rule)> {
        let mut year = born_on.year();
        loop {
            let rule = self.rule(county, year)?;
            if rule.admits(born_on, year) {
                return Some((year, rule));
            }
            year += 1;
        }
    }

    /// The rule of the nearest division that has one for a year.
    fn rule(&self, county: &str, year: i16) -> Option<&Rule> {
        Divisions::standard().path(county).find_map(|division| {
            let rules = self.rules.iter();
            rules
                .filter(|rule| rule.region == division.code && rule.from_year <= year)
                .max_by_key(|rule| rule.from_year)
        })
    }
}

impl Rule {
    fn admits(&self, born_on: Date, year: i16) -> bool {
        let birthday = YearDay {
            month: born_on.month(),
            day: born_on.day(),
        };
        (born_on.year() + self.age, &birthday) <= (year, &self.by)
    }
}

/// In words, for a refusal: `6 years old by 31 August`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The table has days of a common year alone.
        let by = Date::new(2023, self.by.month, self.by.day).unwrap_or_default();
        write!(f, "{} years old by {}", self.age, by.strftime("%-d %B"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const SAIHAN_IN_HOHHOT: &str = "150105";
    const HAIBOWAN_IN_WUHAI: &str = "150302";

    fn standard(county: &str, born_on: Date) -> Option<i16> {
        AgeRules::standard()
            .unwrap()
            .enrolment_year(county, born_on)
    }

    #[test]
    fn six_by_the_end_of_august_is_the_national_practice() {
        let wuhai = |born_on| standard(HAIBOWAN_IN_WUHAI, born_on);
        assert_eq!(wuhai(date(2020, 1, 1)), Some(2026));
        assert_eq!(wuhai(date(2020, 8, 31)), Some(2026));
        assert_eq!(wuhai(date(2020, 9, 1)), Some(2027));
        assert_eq!(wuhai(date(2020, 12, 31)), Some(2027));
        assert_eq!(wuhai(date(2020, 2, 29)), Some(2026));
    }

    #[test]
    fn hohhot_counts_the_whole_calendar_year_from_2025_on() {
        let hohhot = |born_on| standard(SAIHAN_IN_HOHHOT, born_on);
        assert_eq!(hohhot(date(2019, 8, 31)), Some(2025));
        assert_eq!(hohhot(date(2019, 9, 1)), Some(2025));
        assert_eq!(hohhot(date(2019, 12, 31)), Some(2025));
        assert_eq!(hohhot(date(2020, 1, 1)), Some(2026));
        assert_eq!(hohhot(date(2026, 11, 20)), Some(2032));
    }

    #[test]
    fn a_rule_is_told_in_words() {
        let rules = AgeRules::standard().unwrap();
        let told = |county, year| rules.rule(county, year).unwrap().to_string();
        assert_eq!(told(HAIBOWAN_IN_WUHAI, 2027), "6 years old by 31 August");
        assert_eq!(told(SAIHAN_IN_HOHHOT, 2024), "6 years old by 31 August");
        assert_eq!(told(SAIHAN_IN_HOHHOT, 2027), "6 years old by 31 December");
    }

    #[test]
    fn the_year_before_the_change_follows_the_old_rule() {
        let hohhot = |born_on| standard(SAIHAN_IN_HOHHOT, born_on);
        assert_eq!(hohhot(date(2018, 8, 31)), Some(2024));
        // Too young in 2024 under the rule of then: they start together with the year after.
        assert_eq!(hohhot(date(2018, 9, 1)), Some(2025));
        assert_eq!(hohhot(date(2018, 12, 31)), Some(2025));
    }

    #[test]
    fn who_was_born_before_the_table_begins_has_no_year() {
        assert_eq!(standard(HAIBOWAN_IN_WUHAI, date(1985, 12, 31)), None);
        assert_eq!(standard(HAIBOWAN_IN_WUHAI, date(1986, 1, 1)), Some(1992));
        assert_eq!(standard("159901", date(2020, 1, 1)), None);
        assert_eq!(standard(HAIBOWAN_IN_WUHAI, Date::MAX), Some(10_006));
    }

    #[test]
    fn a_countys_own_rule_goes_before_that_of_its_city() {
        let rule = |region: &str, from_year: i16, age: i16| {
            format!(
                "[[rule]]\nregion = \"{region}\"\nfrom_year = {from_year}\nage = {age}\n\
                 by = {{ month = 8, day = 31 }}\nsource = \"x\"\n"
            )
        };
        let text = [
            rule("150000", 2000, 6),
            rule("150302", 2020, 7),
            rule("150300", 2024, 5),
        ];
        let rules = AgeRules::parse(&text.concat()).unwrap();
        let born_on = date(2019, 5, 1);
        assert_eq!(rules.enrolment_year("150302", born_on), Some(2026));
        assert_eq!(rules.enrolment_year("150303", born_on), Some(2024));
        assert_eq!(rules.enrolment_year("150105", born_on), Some(2025));
    }

    #[test]
    fn a_defective_table_is_refused_with_the_rule() {
        let whole = "[[rule]]\nregion = \"150000\"\nfrom_year = 2000\nage = 6\n\
                     by = { month = 8, day = 31 }\nsource = \"x\"\n";
        assert!(AgeRules::parse(whole).is_ok());
        let defects = [
            (whole.replace("150000", "159900"), "no such division"),
            (whole.replace("age = 6", "age = 0"), "the age is"),
            (whole.replace("age = 6", "age = 11"), "the age is"),
            (whole.replace("day = 31", "day = 32"), "no such day"),
            (whole.replace("\"x\"", "\"\""), "the source is missing"),
            (whole.repeat(2), "stands twice"),
            (whole.replace("age", "years"), "the table of age rules"),
        ];
        for (text, problem) in defects {
            let error = AgeRules::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
