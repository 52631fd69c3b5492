//! Which plate numbers a vehicle may have (GA 36): the letter of the office's league or city, then
//! five characters, or six with a kind letter for a small new-energy vehicle: D where electricity
//! alone drives it, F otherwise.

use onething_elements::{Plate, PlateKind};
use onething_participant::Refusal;

/// Digits and letters without I and O.
const SERIAL: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// What a number must fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fitting<'a> {
    /// Division of the vehicle office.
    pub(crate) office: &'a str,
    pub(crate) new_energy: bool,
    /// The element `vehicle.energy`.
    pub(crate) energy: &'a str,
}

impl Fitting<'_> {
    /// Judges a number that an owner made up, and gives its one spelling.
    ///
    /// # Errors
    /// `PLATE_NOT_ALLOWED`, or a refusal of what is no plate number at all.
    pub(crate) fn admit(self, wanted: &str) -> Result<String, Refusal> {
        let plate = Plate::parse(wanted.trim())
            .map_err(|invalid| Refusal::invalid("wanted", invalid.reason()))?;
        let text = plate.as_str();
        let letter = self.letter()?;
        let kind = if self.new_energy {
            PlateKind::NewEnergySmall
        } else {
            PlateKind::Fuel
        };
        let serial: String = text.chars().skip(2).collect();
        let fits = text.chars().nth(1) == Some(letter)
            && plate.kind() == kind
            && (!self.new_energy || serial.starts_with(self.kind_letter()));
        if fits {
            Ok(text.to_owned())
        } else {
            let message = "This number is not one of the vehicle's office and kind.";
            Err(Refusal::new("PLATE_NOT_ALLOWED", message).about("wanted"))
        }
    }

    /// One of many numbers, which another attempt follows when it is taken. It follows from the
    /// vehicle alone, so that a call that is repeated asks for the same one.
    ///
    /// # Errors
    /// When the office is in no league or city of the region.
    pub(crate) fn pick(self, vin: &str, attempt: u64) -> Result<String, Refusal> {
        let letter = self.letter()?;
        let mut drawn = mixed(vin, attempt);
        let mut draw = |of: u64| {
            let index = drawn % of;
            drawn /= of;
            usize::try_from(index).unwrap_or_default()
        };
        let first = char::from(SERIAL[10 + draw(24)]);
        let mut digits =
            |count: usize| -> String { (0..count).map(|_| char::from(SERIAL[draw(10)])).collect() };
        Ok(if self.new_energy {
            format!("蒙{letter}{}{first}{}", self.kind_letter(), digits(4))
        } else {
            format!("蒙{letter}{first}{}", digits(4))
        })
    }

    fn kind_letter(self) -> char {
        if self.energy == "electric" { 'D' } else { 'F' }
    }

    fn letter(self) -> Result<char, Refusal> {
        Plate::letter(self.office).ok_or_else(|| {
            Refusal::invalid(
                "office",
                "no vehicle office of the region is competent there",
            )
        })
    }
}

/// A number that looks random (FNV-1a, then the finish of SplitMix64).
fn mixed(vin: &str, attempt: u64) -> u64 {
    let bytes = vin.bytes().chain(attempt.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const FUEL: Fitting<'_> = Fitting {
        office: "150302",
        new_energy: false,
        energy: "gasoline",
    };
    const ELECTRIC: Fitting<'_> = Fitting {
        new_energy: true,
        energy: "electric",
        ..FUEL
    };
    const HYBRID: Fitting<'_> = Fitting {
        energy: "plug_in_hybrid",
        ..ELECTRIC
    };

    #[test]
    fn a_number_fits_office_and_kind() {
        for (fitting, wanted, admitted) in [
            (FUEL, "蒙C12345", true),
            (FUEL, "蒙c·9x9y9", true),
            (FUEL, "蒙A12345", false),
            (FUEL, "蒙CD12345", false),
            (ELECTRIC, "蒙CD12345", true),
            (ELECTRIC, "蒙CF12345", false),
            (ELECTRIC, "蒙C12345", false),
            (HYBRID, "蒙CF1234", false),
            (HYBRID, "蒙CF12345", true),
            (HYBRID, "蒙CD12345", false),
        ] {
            assert_eq!(fitting.admit(wanted).is_ok(), admitted, "{wanted}");
        }
        let refusal = FUEL.admit("蒙A12345").unwrap_err();
        assert_eq!(refusal.reason, "PLATE_NOT_ALLOWED");
        assert!(!refusal.message.contains("12345"));
        assert_eq!(FUEL.admit("京A12345").unwrap_err().reason, "INVALID_INPUT");
    }

    #[test]
    fn picked_numbers_fit_and_differ() {
        for fitting in [FUEL, ELECTRIC, HYBRID] {
            let picked: BTreeSet<String> = (0..50)
                .map(|attempt| fitting.pick("L0ZZZ00A8TA000001", attempt).unwrap())
                .collect();
            assert_eq!(picked.len(), 50);
            for plate in &picked {
                assert_eq!(fitting.admit(plate).unwrap(), *plate);
            }
        }
        assert_eq!(
            FUEL.pick("L0ZZZ00A8TA000001", 0).unwrap(),
            FUEL.pick("L0ZZZ00A8TA000001", 0).unwrap()
        );
    }
}
