//! Number plates of Inner Mongolia (GA 36). Owns their three shapes and which place a letter means.

use std::fmt;

use crate::invalid::{Fault, Invalid};

/// The letters of the leagues and cities, with their division codes.
const LETTERS: [(char, &str); 12] = [
    ('A', "150100"),
    ('B', "150200"),
    ('C', "150300"),
    ('D', "150400"),
    ('E', "150700"),
    ('F', "152200"),
    ('G', "150500"),
    ('H', "152500"),
    ('J', "150900"),
    ('K', "150600"),
    ('L', "150800"),
    ('M', "152900"),
];

/// What kind of vehicle a plate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlateKind {
    /// A vehicle with a combustion engine.
    Fuel,
    /// A small new-energy vehicle: the kind letter stands first.
    NewEnergySmall,
    /// A large new-energy vehicle: the kind letter stands last.
    NewEnergyLarge,
}

/// A well-formed number plate, for example 蒙A12345.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Plate {
    text: String,
    kind: PlateKind,
    division: &'static str,
}

impl Plate {
    /// Reads a plate; lower-case letters, spaces and a `·` after the letter are accepted.
    ///
    /// # Errors
    /// [`Invalid`] with `PATTERN`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let pattern = || Invalid::new(Fault::Pattern, "not a number plate of Inner Mongolia");
        let text: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '·'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let rest = text.strip_prefix('蒙').ok_or_else(pattern)?;
        let (_, division) = LETTERS
            .into_iter()
            .find(|(letter, _)| rest.starts_with(*letter))
            .ok_or_else(pattern)?;
        let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
        let kind = match &rest.as_bytes()[1..] {
            serial @ [_, _, _, _, _] if serial.iter().all(is_serial) => PlateKind::Fuel,
            [b'A'..=b'H' | b'J' | b'K', second, tail @ ..]
                if tail.len() == 4 && is_serial(second) && digits(tail) =>
            {
                PlateKind::NewEnergySmall
            }
            [head @ .., b'D' | b'F'] if head.len() == 5 && digits(head) => {
                PlateKind::NewEnergyLarge
            }
            _ => return Err(pattern()),
        };
        Ok(Self {
            text,
            kind,
            division,
        })
    }

    /// The letter of the league or city to which a division belongs.
    #[must_use]
    pub fn letter(division: &str) -> Option<char> {
        let city = division.get(..4)?;
        let mut letters = LETTERS.into_iter();
        letters
            .find(|(_, code)| code.starts_with(city))
            .map(|(letter, _)| letter)
    }

    /// The plate as text, without separators.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What kind of vehicle it is for.
    #[must_use]
    pub const fn kind(&self) -> PlateKind {
        self.kind
    }

    /// The division code of the league or city that its letter stands for.
    #[must_use]
    pub const fn division(&self) -> &'static str {
        self.division
    }
}

/// Digits and letters without I and O.
fn is_serial(byte: &u8) -> bool {
    byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'O'))
}

impl fmt::Debug for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plate({}, {:?})", self.division, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::division::Divisions;

    #[test]
    fn the_three_shapes() {
        for (text, kind, division) in [
            ("蒙A12345", PlateKind::Fuel, "150100"),
            ("蒙k·9X9y9", PlateKind::Fuel, "150600"),
            ("蒙CD12345", PlateKind::NewEnergySmall, "150300"),
            ("蒙CFA2345", PlateKind::NewEnergySmall, "150300"),
            ("蒙E12345D", PlateKind::NewEnergyLarge, "150700"),
        ] {
            let plate = Plate::parse(text).unwrap();
            assert_eq!((plate.kind(), plate.division()), (kind, division), "{text}");
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            "京A12345",
            "蒙I12345",
            "蒙N12345",
            "蒙AI2345",
            "蒙AO2345",
            "蒙A1234",
            "蒙AL12345",
            "蒙A12345A",
            "蒙A123456",
            "蒙ADO2345",
            "蒙",
            "",
        ] {
            assert_eq!(
                Plate::parse(text).unwrap_err().fault(),
                Fault::Pattern,
                "{text}"
            );
        }
    }

    #[test]
    fn a_division_has_the_letter_of_its_league_or_city() {
        assert_eq!(Plate::letter("150302"), Some('C'));
        assert_eq!(Plate::letter("152900"), Some('M'));
        assert_eq!(Plate::letter("150000"), None);
        assert_eq!(Plate::letter("蒙C"), None);
    }

    #[test]
    fn every_letter_stands_for_a_league_or_city() {
        for (_, code) in LETTERS {
            assert!(Divisions::standard().get(code).is_some(), "{code}");
        }
    }
}
