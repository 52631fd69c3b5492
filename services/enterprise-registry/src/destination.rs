//! The registrar to which an enterprise moves, and which addresses lie in its area.

use onething_elements::{Division, Divisions, Level};
use onething_participant::Refusal;

pub(crate) const FIELD: &str = "target_registrar";

/// A county-level registrar of the region with its league or city.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination {
    county: &'static Division,
    city: &'static Division,
}

impl Destination {
    /// The registrar of a division (GB/T 2260); none when the region has no county-level division
    /// with this code.
    pub(crate) fn find(code: &str) -> Option<Self> {
        let table = Divisions::standard();
        let county = table.get(code).filter(|d| d.level == Level::County)?;
        let city = table.get(county.parent.as_deref()?)?;
        Some(Self { county, city })
    }

    /// The registrar's division.
    pub(crate) fn registrar(&self) -> &'static str {
        &self.county.code
    }

    /// The division of its league or city.
    pub(crate) fn city(&self) -> &'static str {
        &self.city.code
    }

    /// Checks that it is not the registrar where the enterprise is already.
    ///
    /// # Errors
    /// `SAME_REGISTRAR`.
    pub(crate) fn differs_from(&self, registrar: &str) -> Result<(), Refusal> {
        if registrar != self.county.code {
            return Ok(());
        }
        let message = "The enterprise is registered at the destination already.";
        Err(Refusal::new("SAME_REGISTRAR", message).about(FIELD))
    }

    /// Whether another registrar belongs to the same league or city.
    pub(crate) fn shares_city_with(&self, registrar: &str) -> bool {
        Divisions::standard().is_within(registrar, &self.city.code)
    }

    /// Whether an address lies in the registrar's area. After the region's name, which may be left
    /// out, it begins with the division's name, or with the league's or city's and no other
    /// division's of it.
    pub(crate) fn covers(&self, address: &str) -> bool {
        let table = Divisions::standard();
        let region = self.city.parent.as_deref().and_then(|code| table.get(code));
        let address = region
            .and_then(|region| address.strip_prefix(region.name.as_str()))
            .unwrap_or(address);
        if address.starts_with(&self.county.name) {
            return true;
        }
        let Some(rest) = address.strip_prefix(self.city.name.as_str()) else {
            return false;
        };
        let names_another = || {
            table
                .counties()
                .filter(|county| county.parent.as_ref() == Some(&self.city.code))
                .any(|county| rest.starts_with(&county.name))
        };
        // A development zone lies inside other divisions, and its addresses name those.
        rest.starts_with(&self.county.name) || self.is_development_zone() || !names_another()
    }

    /// Development zones have the fifth digit 7.
    fn is_development_zone(&self) -> bool {
        self.county.code.as_bytes().get(4) == Some(&b'7')
    }
}

/// The code of a target registrar in its one spelling.
///
/// # Errors
/// A refusal when it is not six digits.
pub(crate) fn code(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text);
    }
    Err(Refusal::invalid(FIELD, "a division code has six digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_county_level_divisions_of_the_region_register_enterprises() {
        let destination = Destination::find("150602").unwrap();
        assert_eq!(
            (destination.registrar(), destination.city()),
            ("150602", "150600")
        );
        for code in ["150000", "150600", "110101", "159901", ""] {
            assert!(Destination::find(code).is_none(), "{code}");
        }
        assert!(destination.shares_city_with("150603"));
        assert!(!destination.shares_city_with("150302"));
    }

    #[test]
    fn an_address_begins_with_the_division_or_its_city() {
        let destination = Destination::find("150602").unwrap();
        for inside in [
            "内蒙古自治区鄂尔多斯市东胜区团结路1号",
            "鄂尔多斯市东胜区团结路1号",
            "东胜区团结路1号",
            "鄂尔多斯市团结路1号",
        ] {
            assert!(destination.covers(inside), "{inside}");
        }
        for outside in [
            "内蒙古自治区乌海市海勃湾区新华街1号",
            "内蒙古自治区鄂尔多斯市康巴什区团结路1号",
            "团结路1号（鄂尔多斯市东胜区）",
            "内蒙古自治区",
            "",
        ] {
            assert!(!destination.covers(outside), "{outside}");
        }
    }

    #[test]
    fn a_development_zone_lies_inside_other_divisions() {
        let zone = Destination::find("150172").unwrap();
        assert!(zone.covers("内蒙古自治区呼和浩特市赛罕区世纪大街1号"));
        assert!(!zone.covers("内蒙古自治区包头市青山区世纪大街1号"));
    }

    #[test]
    fn a_code_has_six_digits() {
        assert_eq!(code(" 150602 "), Ok("150602"));
        for text in ["", "15060", "15060a", "１５０６０２"] {
            assert_eq!(code(text).unwrap_err().field, FIELD);
        }
    }
}
