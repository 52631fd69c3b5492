//! Which school a child is placed at: its choice, the elder child's school, the catchment, or what
//! the county coordinates. It knows no tables.

use onething_participant::Refusal;

use crate::class_rule::{Class, ClassRule};

/// A school of the county with its seats of a year.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct School {
    /// The position of its area, from 1.
    pub(crate) position: i64,
    pub(crate) school: String,
    pub(crate) seats: i64,
    /// The seats that are held or closed.
    pub(crate) taken: i64,
}

/// Who is placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) class: Class,
    /// The position of the catchment's area; `None` when nothing but the county is known.
    pub(crate) area: Option<i64>,
    /// Which of its parents' children it is, from 1.
    pub(crate) birth_order: i64,
    /// The school of the next elder child.
    pub(crate) elder_school: Option<&'a str>,
    /// What its parents chose. It counts where the rule lets them.
    pub(crate) chosen: Option<&'a str>,
}

/// Why a child is placed at a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is the catchment's.
    Catchment,
    /// The elder child goes there.
    Elder,
    /// Its parents chose it.
    Chosen,
    /// The others are full.
    Coordinated,
}

impl Reason {
    /// As it is stored and told.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Catchment => "catchment",
            Self::Elder => "elder",
            Self::Chosen => "chosen",
            Self::Coordinated => "coordinated",
        }
    }
}

/// Why a child cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unplaced {
    /// The chosen school is none of the county's for the child's stage; these are.
    NoSuchSchool { schools: Vec<String> },
    /// The chosen school has no seat left that is open to the child's class; these have.
    ChosenFull { open: Vec<String> },
    /// No school of the county has one.
    NoSeat,
}

impl From<Unplaced> for Refusal {
    fn from(unplaced: Unplaced) -> Self {
        match unplaced {
            Unplaced::NoSuchSchool { schools } => {
                let message = format!(
                    "The county has no school of this name for the child's stage; it has: {}.",
                    listed(&schools)
                );
                Self::new("SCHOOL_NOT_FOUND", message).about("chosen_school")
            }
            Unplaced::ChosenFull { open } => {
                let message = format!(
                    "The chosen school has no seat left that is open to the child's class; seats are left at: {}.",
                    listed(&open)
                );
                Self::new("NO_SEAT", message).about("chosen_school")
            }
            Unplaced::NoSeat => Self::new(
                "NO_SEAT",
                "No school of the county has a seat left that is open to the child's class.",
            ),
        }
    }
}

fn listed(schools: &[String]) -> String {
    if schools.is_empty() {
        "none".to_owned()
    } else {
        schools.join(", ")
    }
}

/// Finds a seat in the county's schools, which are in the order of their areas.
///
/// A child whose parents choose, by the rule and the order of their children, goes there and nowhere
/// else if that school is full: they choose again. A later child than the first follows the elder,
/// whoever else goes to the catchment's school (Hohhot 2025, and usual elsewhere), each as long as the
/// school has seats open to the child's class. Otherwise the county's other schools are tried in their
/// order (统筹安排).
///
/// # Errors
/// Why there is no seat.
pub(crate) fn place<'a>(
    candidate: Candidate<'_>,
    rule: &ClassRule,
    schools: &'a [School],
) -> Result<(&'a School, Reason), Unplaced> {
    let open = |school: &&School| rule.open_to(candidate.class, school.seats) > school.taken;
    let named = |name: &str| schools.iter().find(|school| school.school == name);
    let names = |schools: Vec<&School>| schools.iter().map(|s| s.school.clone()).collect();
    let lets_choose = rule.lets_choose(candidate.birth_order);
    if let Some(chosen) = candidate.chosen.filter(|_| lets_choose) {
        let Some(school) = named(chosen) else {
            let schools = names(schools.iter().collect());
            return Err(Unplaced::NoSuchSchool { schools });
        };
        if open(&school) {
            return Ok((school, Reason::Chosen));
        }
        let open = names(schools.iter().filter(open).collect());
        return Err(Unplaced::ChosenFull { open });
    }
    let elder = candidate
        .elder_school
        .filter(|_| candidate.birth_order >= 2);
    if let Some(school) = elder.and_then(named).filter(open) {
        return Ok((school, Reason::Elder));
    }
    let area = candidate
        .area
        .or(schools.first().map(|first| first.position));
    let catchment = schools.iter().find(|school| Some(school.position) == area);
    if let Some(school) = catchment.filter(open) {
        return Ok((school, Reason::Catchment));
    }
    let other = schools.iter().find(open).ok_or(Unplaced::NoSeat)?;
    Ok((other, Reason::Coordinated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class_rule::ClassRules;

    const ONLY: Candidate<'_> = Candidate {
        class: Class::A,
        area: Some(2),
        birth_order: 1,
        elder_school: None,
        chosen: None,
    };

    fn schools(taken: [i64; 3]) -> Vec<School> {
        (1..)
            .zip(taken)
            .map(|(position, taken)| School {
                position,
                school: format!("school {position}"),
                seats: 20,
                taken,
            })
            .collect()
    }

    const WUHAI: &str = "150302";
    const HOHHOT: &str = "150105";

    fn placed(candidate: Candidate<'_>, taken: [i64; 3]) -> Option<(i64, Reason)> {
        placed_in(WUHAI, candidate, taken)
    }

    fn placed_in(county: &str, candidate: Candidate<'_>, taken: [i64; 3]) -> Option<(i64, Reason)> {
        let rules = ClassRules::standard().unwrap();
        let rule = rules.of(county, 2026).unwrap();
        let schools = schools(taken);
        let placed = place(candidate, rule, &schools).ok();
        placed.map(|(school, reason)| (school.position, reason))
    }

    #[test]
    fn the_catchment_comes_first_and_then_the_countys_order() {
        assert_eq!(placed(ONLY, [0, 0, 0]), Some((2, Reason::Catchment)));
        assert_eq!(placed(ONLY, [0, 20, 0]), Some((1, Reason::Coordinated)));
        assert_eq!(placed(ONLY, [20, 20, 19]), Some((3, Reason::Coordinated)));
        assert_eq!(placed(ONLY, [20, 20, 20]), None);
        let unknown = Candidate { area: None, ..ONLY };
        assert_eq!(placed(unknown, [0, 0, 0]), Some((1, Reason::Catchment)));
    }

    #[test]
    fn the_last_seats_are_kept_for_the_classes_that_are_served_first() {
        let of = |class| placed(Candidate { class, ..ONLY }, [20, 18, 20]);
        assert_eq!(of(Class::A), Some((2, Reason::Catchment)));
        assert_eq!(of(Class::C), Some((2, Reason::Catchment)));
        assert_eq!(of(Class::D), None);
        let of = |class| placed(Candidate { class, ..ONLY }, [20, 19, 20]);
        assert_eq!(of(Class::A), Some((2, Reason::Catchment)));
        assert_eq!(of(Class::C), None);
    }

    #[test]
    fn the_second_child_follows_the_elder_if_there_is_a_seat() {
        let second = Candidate {
            birth_order: 2,
            elder_school: Some("school 3"),
            ..ONLY
        };
        assert_eq!(placed(second, [0, 0, 0]), Some((3, Reason::Elder)));
        assert_eq!(placed(second, [0, 0, 20]), Some((2, Reason::Catchment)));
        let first = Candidate {
            birth_order: 1,
            ..second
        };
        assert_eq!(placed(first, [0, 0, 0]), Some((2, Reason::Catchment)));
        let elsewhere = Candidate {
            elder_school: Some("in another county"),
            ..second
        };
        assert_eq!(placed(elsewhere, [0, 0, 0]), Some((2, Reason::Catchment)));
    }

    #[test]
    fn the_third_child_chooses_freely_in_hohhot() {
        let third = Candidate {
            birth_order: 3,
            elder_school: Some("school 3"),
            chosen: Some("school 1"),
            ..ONLY
        };
        let placed = |candidate, taken| placed_in(HOHHOT, candidate, taken);
        assert_eq!(placed(third, [0, 0, 0]), Some((1, Reason::Chosen)));
        // A full school is not exchanged for another: the parents choose again.
        assert_eq!(placed(third, [20, 0, 0]), None);
        // Elsewhere nobody chooses.
        let elsewhere = placed_in(WUHAI, third, [0, 0, 0]);
        assert_eq!(elsewhere, Some((3, Reason::Elder)));
        let second = Candidate {
            birth_order: 2,
            ..third
        };
        assert_eq!(placed(second, [0, 0, 0]), Some((3, Reason::Elder)));
        let silent = Candidate {
            chosen: None,
            ..third
        };
        assert_eq!(placed(silent, [0, 0, 0]), Some((3, Reason::Elder)));
    }

    #[test]
    fn a_choice_that_cannot_be_met_names_the_schools_that_can() {
        let rules = ClassRules::standard().unwrap();
        let rule = rules.of(HOHHOT, 2026).unwrap();
        let schools = schools([20, 3, 20]);
        let refused = |chosen| {
            let third = Candidate {
                birth_order: 3,
                chosen: Some(chosen),
                ..ONLY
            };
            Refusal::from(place(third, rule, &schools).unwrap_err())
        };
        let unknown = refused("school 4");
        assert_eq!(unknown.reason, "SCHOOL_NOT_FOUND");
        assert!(
            unknown.message.contains("school 1, school 2, school 3"),
            "{unknown:?}"
        );
        let full = refused("school 1");
        assert_eq!(
            (full.reason.as_str(), full.field.as_str()),
            ("NO_SEAT", "chosen_school")
        );
        assert!(full.message.ends_with("at: school 2."), "{full:?}");
    }
}
