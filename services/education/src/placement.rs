//! Which school a child is placed at: its choice, the elder child's school, the catchment, or what
//! the county coordinates. It knows no tables.

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
    /// What a third or later child chose.
    pub(crate) chosen: Option<&'a str>,
}

/// Why a child is placed at a school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is the catchment's.
    Catchment,
    /// The elder child goes there.
    Elder,
    /// A third or later child chose it.
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

/// Finds a seat in the county's schools, which are in the order of their areas.
///
/// A third or later child goes where its parents choose, a later child than the first follows the
/// elder, whoever else goes to the catchment's school (Hohhot 2025, and usual elsewhere), each as
/// long as the school has seats open to the child's class. Otherwise the county's other schools
/// are tried in their order (统筹安排).
pub(crate) fn place<'a>(
    candidate: Candidate<'_>,
    rule: &ClassRule,
    schools: &'a [School],
) -> Option<(&'a School, Reason)> {
    let open = |school: &&School| rule.open_to(candidate.class, school.seats) > school.taken;
    let named = |name: &str| schools.iter().find(|school| school.school == name);
    let chosen = candidate.chosen.filter(|_| candidate.birth_order >= 3);
    if let Some(school) = chosen.and_then(named).filter(open) {
        return Some((school, Reason::Chosen));
    }
    let elder = candidate
        .elder_school
        .filter(|_| candidate.birth_order >= 2);
    if let Some(school) = elder.and_then(named).filter(open) {
        return Some((school, Reason::Elder));
    }
    let area = candidate
        .area
        .or(schools.first().map(|first| first.position));
    let catchment = schools.iter().find(|school| Some(school.position) == area);
    if let Some(school) = catchment.filter(open) {
        return Some((school, Reason::Catchment));
    }
    let other = schools.iter().find(open)?;
    Some((other, Reason::Coordinated))
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

    fn placed(candidate: Candidate<'_>, taken: [i64; 3]) -> Option<(i64, Reason)> {
        let rules = ClassRules::standard().unwrap();
        let rule = rules.of("150302", 2026).unwrap();
        let schools = schools(taken);
        place(candidate, rule, &schools).map(|(school, reason)| (school.position, reason))
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
    fn the_third_child_chooses_freely() {
        let third = Candidate {
            birth_order: 3,
            elder_school: Some("school 3"),
            chosen: Some("school 1"),
            ..ONLY
        };
        assert_eq!(placed(third, [0, 0, 0]), Some((1, Reason::Chosen)));
        assert_eq!(placed(third, [20, 0, 0]), Some((3, Reason::Elder)));
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
}
