//! Vehicle identification numbers. Owns parsing and the check digit after GB 16735 and ISO 3779.

use std::fmt;

use crate::invalid::{Fault, Invalid};
use crate::mask::Masked;

const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// A valid seventeen-character vehicle identification number. `Debug` masks its middle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vin([u8; 17]);

impl Vin {
    /// Reads a number; lower-case letters are accepted.
    ///
    /// # Errors
    /// [`Invalid`] with `LENGTH`, `CHARACTER` (I, O and Q do not occur) or `CHECK_DIGIT`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut bytes: [u8; 17] = text
            .as_bytes()
            .try_into()
            .map_err(|_| Invalid::new(Fault::Length, "a VIN has 17 characters"))?;
        bytes.make_ascii_uppercase();
        let mut sum = 0;
        for (byte, weight) in bytes.iter().zip(WEIGHTS) {
            let value = value(*byte).ok_or_else(|| {
                Invalid::new(
                    Fault::Character,
                    "a VIN has digits and letters without I, O and Q",
                )
            })?;
            sum += value * weight;
        }
        let check = match sum % 11 {
            10 => b'X',
            digit => b'0' + digit as u8,
        };
        if bytes[8] != check {
            return Err(Invalid::new(
                Fault::CheckDigit,
                "the ninth character does not match the others",
            ));
        }
        Ok(Self(bytes))
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes were checked to be ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'H' => byte - b'A' + 1,
        b'J'..=b'N' => byte - b'J' + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => byte - b'S' + 2,
        _ => return None,
    };
    Some(u32::from(value))
}

impl fmt::Display for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vin({})", Masked(self.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_computed_numbers_are_valid() {
        for text in [
            "L0ZZZ00A8TA000001",
            "L0ZZZ00AXTA000002",
            "L0ZZZ00A1SA000002",
            "1M8GDM9AXKP042788",
        ] {
            assert_eq!(Vin::parse(text).unwrap().as_str(), text);
            assert_eq!(Vin::parse(&text.to_lowercase()).unwrap().as_str(), text);
        }
    }

    #[test]
    fn faults_have_their_codes() {
        let fault = |text| Vin::parse(text).unwrap_err().fault();
        assert_eq!(fault("L0ZZZ00A8TA00000"), Fault::Length);
        assert_eq!(fault("L0ZZZ00A8TA00000I"), Fault::Character);
        assert_eq!(fault("L0ZZZ00A8TA000002"), Fault::CheckDigit);
        assert_eq!(fault("L0ZZZ00A9TA000001"), Fault::CheckDigit);
    }
}
