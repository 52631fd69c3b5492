//! Resident numbers for people who never existed, and the serials of their marriages. Owns which
//! are used, so that no number is given twice.

use std::collections::HashMap;

use jiff::civil::Date;
use onething_elements::{ResidentNumber, Sex};

use crate::address::counties;

/// The first four digits of every synthetic resident number. No division of the country has ever
/// had a code that begins so: a number is valid and nobody's.
pub const SYNTHETIC_PREFIX: &str = "1599";

/// The division, beginning with [`SYNTHETIC_PREFIX`], whose numbers stand for a real county's.
pub(crate) fn number_division(region: &str) -> String {
    let index = counties()
        .iter()
        .position(|county| county.code == region)
        .unwrap_or(0);
    format!("{SYNTHETIC_PREFIX}{:02}", 1 + index % 99)
}

/// Gives out resident numbers and marriage serials, each once.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    born: HashMap<(String, Date, Sex), u16>,
    married: HashMap<(String, i16), u32>,
}

impl Numbers {
    /// The next free number of a division, day and sex. When the 499 (female) or 500 (male) are
    /// used up, those of the following synthetic division are taken.
    pub(crate) fn issue(&mut self, division: &str, born: Date, sex: Sex) -> String {
        let first: u8 = division[SYNTHETIC_PREFIX.len()..].parse().unwrap_or(0);
        for offset in 0..100 {
            let division = format!("{SYNTHETIC_PREFIX}{:02}", (first + offset) % 100);
            let used = self.born.entry((division.clone(), born, sex)).or_default();
            let sequence = match sex {
                Sex::Male => *used * 2 + 1,
                Sex::Female => *used * 2 + 2,
            };
            if let Ok(number) = ResidentNumber::compose(&division, born, sequence) {
                *used += 1;
                return number.to_string();
            }
        }
        unreachable!("fifty thousand people of one sex were born on one day")
    }

    /// The next serial, from 1, of the marriages of a year at a county's registrar.
    pub(crate) fn marry(&mut self, region: &str, year: i16) -> u32 {
        let serial = self.married.entry((region.to_owned(), year)).or_default();
        *serial += 1;
        *serial
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::civil::date;
    use onething_elements::Divisions;

    use super::*;

    #[test]
    fn no_real_division_begins_with_the_synthetic_prefix() {
        let mut divisions = Divisions::standard().iter();
        assert!(!divisions.any(|division| division.code.starts_with(SYNTHETIC_PREFIX)));
    }

    #[test]
    fn a_crowded_day_overflows_into_the_next_division() {
        let mut numbers = Numbers::default();
        let issued: HashSet<String> = (0..1_000)
            .map(|_| numbers.issue("159999", date(2000, 1, 1), Sex::Female))
            .collect();
        assert_eq!(issued.len(), 1_000);
        assert!(issued.iter().any(|number| number.starts_with("159900")));
        for number in &issued {
            assert_eq!(ResidentNumber::parse(number).unwrap().sex(), Sex::Female);
        }
    }
}
