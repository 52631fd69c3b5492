//! Families as the register knows them: parents, elder children, and close kin.

use std::collections::HashSet;

use onething_db::{Db, Error};

use crate::store::parentage;

/// So many generations above a person reach to the grandparents: whoever shares one of them is kin
/// within three generations (三代以内旁系血亲), oneself counted as the first.
const TO_GRANDPARENTS: usize = 2;
/// The direct line has no limit; nobody marries beyond this.
const DIRECT_LINE: usize = 5;

/// A child's family.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) mother: Option<String>,
    pub(crate) father: Option<String>,
    /// The next elder child of the same mother, or of the same father where no mother is known.
    pub(crate) elder: Option<String>,
    /// From 1.
    pub(crate) birth_order: i64,
}

/// Reads a child's family.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn of(db: &Db, child: &str) -> Result<Family, Error> {
    let parents = parentage::parents(db, child).await?;
    let mut family = Family {
        birth_order: 1,
        ..Family::default()
    };
    for parent in parents {
        if is_man(&parent) {
            family.father = Some(parent);
        } else {
            family.mother = Some(parent);
        }
    }
    if let Some(parent) = family.mother.as_ref().or(family.father.as_ref()) {
        let children = parentage::children(db, parent).await?;
        let (elder, birth_order) = before(&children, child);
        family.elder = elder;
        family.birth_order = birth_order;
    }
    Ok(family)
}

/// The child before one of a parent's children, who are in the order of their births, and its place
/// among them.
fn before(children: &[String], child: &str) -> (Option<String>, i64) {
    let place = children.iter().position(|known| known == child);
    let place = place.unwrap_or(0);
    let elder = place.checked_sub(1).and_then(|elder| children.get(elder));
    let order = i64::try_from(place).unwrap_or(i64::MAX - 1) + 1;
    (elder.cloned(), order)
}

/// Whether two persons are kin in the direct line, or collaterally within three generations (Civil
/// Code 1048), as far as parents are known.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn close_kin(db: &Db, first: &str, second: &str) -> Result<bool, Error> {
    let first_line = line(db, first).await?;
    let second_line = line(db, second).await?;
    Ok(are_close(&first_line, &second_line))
}

/// A person, and the ancestors of each generation above.
type Line = Vec<HashSet<String>>;

fn are_close(first: &Line, second: &Line) -> bool {
    let own = |line: &Line| line.first().cloned().unwrap_or_default();
    let within = |line: &Line, generations: usize| -> HashSet<String> {
        line.iter()
            .take(generations + 1)
            .flatten()
            .cloned()
            .collect()
    };
    let direct = |above: &Line, below: &Line| !within(above, DIRECT_LINE).is_disjoint(&own(below));
    direct(first, second)
        || direct(second, first)
        || !within(first, TO_GRANDPARENTS).is_disjoint(&within(second, TO_GRANDPARENTS))
}

async fn line(db: &Db, person: &str) -> Result<Line, Error> {
    let mut line = vec![HashSet::from([person.to_owned()])];
    for _ in 0..DIRECT_LINE {
        let mut above = HashSet::new();
        for person in line.last().into_iter().flatten() {
            above.extend(parentage::parents(db, person).await?);
        }
        if above.is_empty() {
            break;
        }
        line.push(above);
    }
    Ok(line)
}

/// The last digit but one of a resident number is odd for men.
fn is_man(id_number: &str) -> bool {
    let digit = id_number.as_bytes().get(16).copied();
    digit.is_some_and(|digit| digit % 2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(generations: &[&[&str]]) -> Line {
        let set = |names: &&[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        generations.iter().map(set).collect()
    }

    #[test]
    fn the_direct_line_and_three_generations_aside_are_close() {
        let me = line(&[&["me"], &["mother", "father"], &["gm", "gf"], &["great"]]);
        let close = [
            ("a parent", line(&[&["mother"], &["gm", "gf"], &["great"]])),
            ("a great-grandparent", line(&[&["great"]])),
            (
                "a sibling",
                line(&[&["sister"], &["mother", "father"], &["gm", "gf"]]),
            ),
            ("a half-sibling", line(&[&["half"], &["mother", "other"]])),
            ("an uncle", line(&[&["uncle"], &["gm", "gf"], &["great"]])),
            (
                "a nephew",
                line(&[&["nephew"], &["sister"], &["mother", "father"]]),
            ),
            ("a cousin", line(&[&["cousin"], &["aunt"], &["gm", "gf"]])),
        ];
        for (who, other) in close {
            assert!(are_close(&me, &other) && are_close(&other, &me), "{who}");
        }
    }

    #[test]
    fn second_cousins_and_strangers_are_not() {
        let me = line(&[&["me"], &["mother"], &["gm"], &["great"]]);
        let second_cousin = line(&[&["other"], &["parent"], &["grandparent"], &["great"]]);
        assert!(!are_close(&me, &second_cousin));
        assert!(!are_close(&me, &line(&[&["stranger"]])));
    }

    #[test]
    fn children_count_in_the_order_of_their_births() {
        let children = ["first", "second", "third"].map(str::to_owned);
        assert_eq!(before(&children, "first"), (None, 1));
        assert_eq!(before(&children, "third"), (Some("second".to_owned()), 3));
        assert_eq!(before(&[], "unknown"), (None, 1));
    }

    #[test]
    fn the_number_tells_the_sex() {
        assert!(is_man("150302196603159977"));
        assert!(!is_man("15010520190715996X"));
    }
}
