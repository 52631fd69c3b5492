//! The citizen identity number (公民身份号码). Owns parsing, checking and composing after
//! GB 11643-1999; issues nothing.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::division::Divisions;
use crate::invalid::{Fault, Invalid};
use crate::mask::Masked;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: &[u8; 11] = b"10X98765432";

/// A valid eighteen-character resident number. `Display` gives it, `Debug` masks its middle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentNumber {
    bytes: [u8; 18],
    birth_date: Date,
}

/// A person's sex, with the codes of GB/T 2261.1. A resident number knows these two.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// Male, code 1; the seventeenth digit is odd.
    Male,
    /// Female, code 2; the seventeenth digit is even.
    Female,
}

impl Sex {
    /// The code of GB/T 2261.1: `1` male, `2` female.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
        }
    }

    /// The sex of a GB/T 2261.1 code; `None` for `0` (unknown), `9` (unstated) and anything else.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "1" => Some(Self::Male),
            "2" => Some(Self::Female),
            _ => None,
        }
    }
}

impl ResidentNumber {
    /// Reads a number; a lower-case `x` at the end is accepted.
    ///
    /// The region is not looked up: it is that of the first registration and may have been
    /// abolished since. See [`ResidentNumber::region_is_known`].
    ///
    /// # Errors
    /// [`Invalid`] with `LENGTH`, `CHARACTER`, `DATE`, `RANGE` (sequence 000) or `CHECK_DIGIT`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bytes: [u8; 18] = text
            .as_bytes()
            .try_into()
            .map_err(|_| Invalid::new(Fault::Length, "a resident number has 18 characters"))?;
        let (body, check) = bytes.split_at(17);
        let well_formed =
            body.iter().all(u8::is_ascii_digit) && matches!(check, [b'0'..=b'9' | b'X' | b'x']);
        if !well_formed || body[0] == b'0' {
            return Err(Invalid::new(
                Fault::Character,
                "a resident number is 17 digits and a digit or X",
            ));
        }
        let number = |range: std::ops::Range<usize>| {
            bytes[range]
                .iter()
                .fold(0_i16, |value, byte| value * 10 + i16::from(byte - b'0'))
        };
        let (month, day) = (number(10..12), number(12..14));
        let birth_date = i8::try_from(month)
            .ok()
            .zip(i8::try_from(day).ok())
            .and_then(|(month, day)| Date::new(number(6..10), month, day).ok())
            .filter(|date| date.year() >= 1800)
            .ok_or_else(|| Invalid::new(Fault::Date, "the birth date does not exist"))?;
        if number(14..17) == 0 {
            return Err(Invalid::new(
                Fault::Range,
                "the sequence number starts at 001",
            ));
        }
        if check_character(body) != bytes[17].to_ascii_uppercase() {
            return Err(Invalid::new(
                Fault::CheckDigit,
                "the last character does not match the other seventeen",
            ));
        }
        let mut bytes = bytes;
        bytes[17] = bytes[17].to_ascii_uppercase();
        Ok(Self { bytes, birth_date })
    }

    /// The number of the person registered as `sequence` in a division on a day. An odd sequence
    /// is a male's, an even one a female's.
    ///
    /// # Errors
    /// [`Invalid`] with `DIVISION` when the division is not six digits, `DATE` before the year
    /// 1800, `RANGE` when the sequence is not 1–999.
    pub fn compose(division: &str, birth_date: Date, sequence: u16) -> Result<Self, Invalid> {
        if division.len() != 6 || !division.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Invalid::new(
                Fault::Division,
                "a division code has six digits",
            ));
        }
        if !(1..=999).contains(&sequence) {
            return Err(Invalid::new(
                Fault::Range,
                "the sequence number is 001 to 999",
            ));
        }
        let body = format!("{division}{}{sequence:03}", birth_date.strftime("%Y%m%d"));
        let check = char::from(check_character(body.as_bytes()));
        Self::parse(&format!("{body}{check}"))
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes were checked to be ASCII.
        std::str::from_utf8(&self.bytes).unwrap_or_default()
    }

    /// The six digits of the division where the person was first registered.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.as_str()[..6]
    }

    /// The date of birth.
    #[must_use]
    pub const fn birth_date(&self) -> Date {
        self.birth_date
    }

    /// The sex, from the seventeenth digit.
    #[must_use]
    pub const fn sex(&self) -> Sex {
        if self.bytes[16] % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        }
    }

    /// The sequence number, 1 to 999.
    #[must_use]
    pub fn sequence(&self) -> u16 {
        self.bytes[14..17]
            .iter()
            .fold(0, |value, byte| value * 10 + u16::from(byte - b'0'))
    }

    /// Whether the number's division is in a table. An unknown one is worth a warning, never a
    /// refusal: the division may have been abolished or lie outside the table.
    #[must_use]
    pub fn region_is_known(&self, divisions: &Divisions) -> bool {
        divisions.get(self.region()).is_some()
    }

    /// Full years of age on a day; 0 before the first birthday and before birth.
    #[must_use]
    pub fn age_on(&self, day: Date) -> u16 {
        let birth = self.birth_date;
        let before_birthday = (day.month(), day.day()) < (birth.month(), birth.day());
        let years = day.year() - birth.year() - i16::from(before_birthday);
        u16::try_from(years).unwrap_or(0)
    }
}

fn check_character(body: &[u8]) -> u8 {
    let sum: u32 = body
        .iter()
        .zip(WEIGHTS)
        .map(|(byte, weight)| u32::from(byte - b'0') * weight)
        .sum();
    CHECK[(sum % 11) as usize]
}

impl FromStr for ResidentNumber {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl fmt::Display for ResidentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ResidentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResidentNumber({})", Masked(self.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn fault(text: &str) -> Fault {
        ResidentNumber::parse(text).unwrap_err().fault()
    }

    #[test]
    fn the_computed_vectors_are_valid() {
        for (text, sex, born) in [
            ("150302196603159977", Sex::Male, date(1966, 3, 15)),
            ("15010520190715996X", Sex::Female, date(2019, 7, 15)),
            ("152525198802299995", Sex::Male, date(1988, 2, 29)),
        ] {
            let number = ResidentNumber::parse(text).unwrap();
            assert_eq!((number.sex(), number.birth_date()), (sex, born));
            assert_eq!(number.to_string(), text);
            let composed =
                ResidentNumber::compose(number.region(), born, number.sequence()).unwrap();
            assert_eq!(composed, number);
            assert!(number.region_is_known(Divisions::standard()));
        }
    }

    #[test]
    fn a_lower_case_x_is_normalised() {
        let number = ResidentNumber::parse("15010520190715996x").unwrap();
        assert_eq!(number.as_str(), "15010520190715996X");
    }

    #[test]
    fn every_single_wrong_digit_is_found() {
        let valid = "150302196603159977";
        for position in 0..18 {
            for digit in '0'..='9' {
                let mut text: Vec<char> = valid.chars().collect();
                if text[position] == digit {
                    continue;
                }
                text[position] = digit;
                let text: String = text.into_iter().collect();
                assert!(ResidentNumber::parse(&text).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn faults_have_their_codes() {
        assert_eq!(fault(""), Fault::Length);
        assert_eq!(fault("1503021966031599770"), Fault::Length);
        assert_eq!(fault("１50302196603159977"), Fault::Length);
        assert_eq!(fault("15030219660315997A"), Fault::Character);
        assert_eq!(fault("X50302196603159977"), Fault::Character);
        assert_eq!(fault("150302196602309977"), Fault::Date);
        assert_eq!(fault("152525198702299995"), Fault::Date);
        assert_eq!(fault("150302196603159978"), Fault::CheckDigit);
        assert!(ResidentNumber::compose("15030", date(2026, 1, 1), 1).is_err());
        assert!(ResidentNumber::compose("150302", date(2026, 1, 1), 0).is_err());
        assert!(ResidentNumber::compose("150302", date(2026, 1, 1), 1000).is_err());
    }

    #[test]
    fn an_unknown_region_is_valid_and_known_to_be_unknown() {
        let number = ResidentNumber::compose("159901", date(2026, 1, 1), 2).unwrap();
        assert!(!number.region_is_known(Divisions::standard()));
        assert_eq!(number.sex(), Sex::Female);
    }

    #[test]
    fn debug_hides_the_birth_date() {
        let number = ResidentNumber::parse("150302196603159977").unwrap();
        assert_eq!(format!("{number:?}"), "ResidentNumber(150302**********77)");
    }

    #[test]
    fn age_turns_on_the_birthday() {
        let number = ResidentNumber::compose("159901", date(2000, 2, 29), 1).unwrap();
        assert_eq!(number.age_on(date(2026, 2, 28)), 25);
        assert_eq!(number.age_on(date(2026, 3, 1)), 26);
        assert_eq!(number.age_on(date(1999, 1, 1)), 0);
    }
}
