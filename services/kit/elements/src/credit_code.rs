//! The unified social credit code (统一社会信用代码). Owns parsing, checking and composing after
//! GB 32100-2015, with the organisation code of GB 11714 inside it.

use std::fmt;
use std::str::FromStr;

use crate::invalid::{Fault, Invalid};

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A valid eighteen-character unified social credit code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode([u8; 18]);

impl CreditCode {
    /// Reads a code; lower-case letters are accepted.
    ///
    /// A few codes of the pilot years contradict their check digits and are legal nevertheless:
    /// only their registrar can confirm those, so they are refused here.
    ///
    /// # Errors
    /// [`Invalid`] with `LENGTH`, `CHARACTER`, `PATTERN` (authority or division) or `CHECK_DIGIT`
    /// (of the code or of the organisation code inside it).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut bytes: [u8; 18] = text
            .as_bytes()
            .try_into()
            .map_err(|_| Invalid::new(Fault::Length, "a credit code has 18 characters"))?;
        bytes.make_ascii_uppercase();
        if !bytes.iter().all(|byte| ALPHABET.contains(byte)) {
            return Err(Invalid::new(
                Fault::Character,
                "a credit code has digits and capital letters without I, O, S, V and Z",
            ));
        }
        if !bytes[2..8].iter().all(u8::is_ascii_digit) {
            return Err(Invalid::new(
                Fault::Pattern,
                "characters 3 to 8 of a credit code are a division code",
            ));
        }
        if organisation_check(&bytes[8..16]) != bytes[16] {
            return Err(Invalid::new(
                Fault::CheckDigit,
                "character 17 does not match the organisation code before it",
            ));
        }
        if check_character(&bytes[..17]) != bytes[17] {
            return Err(Invalid::new(
                Fault::CheckDigit,
                "the last character does not match the other seventeen",
            ));
        }
        Ok(Self(bytes))
    }

    /// The code of an organisation: `class` is the authority and its class (`91` enterprise, `92`
    /// individual business, `93` farmers' co-operative), `division` the six digits of the first
    /// registrar, `organisation` the eight characters of the organisation code without its check
    /// character.
    ///
    /// # Errors
    /// [`Invalid`] with `PATTERN` when a part has another length, else as [`CreditCode::parse`].
    /// An organisation code whose check character falls outside the alphabet does not exist; it
    /// does not occur, because GB 11714 checks with a digit or X.
    pub fn compose(class: &str, division: &str, organisation: &str) -> Result<Self, Invalid> {
        if class.len() != 2 || division.len() != 6 || organisation.len() != 8 {
            return Err(Invalid::new(
                Fault::Pattern,
                "a credit code is 2 characters class, 6 division and 8 organisation",
            ));
        }
        let mut body = format!("{class}{division}{organisation}")
            .to_ascii_uppercase()
            .into_bytes();
        if !body.iter().all(|byte| ALPHABET.contains(byte)) {
            return Err(Invalid::new(
                Fault::Character,
                "a credit code has digits and capital letters without I, O, S, V and Z",
            ));
        }
        body.push(organisation_check(&body[8..16]));
        body.push(check_character(&body));
        Self::parse(&String::from_utf8_lossy(&body))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes were checked to be ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The registering authority and its class, for example `91`.
    #[must_use]
    pub fn class(&self) -> &str {
        &self.as_str()[..2]
    }

    /// The division of the *first* registrar. It stays when the enterprise moves.
    #[must_use]
    pub fn division(&self) -> &str {
        &self.as_str()[2..8]
    }

    /// The nine-character organisation code of GB 11714.
    #[must_use]
    pub fn organisation_code(&self) -> &str {
        &self.as_str()[8..17]
    }
}

/// GB 32100: weights are the powers of 3 modulo 31.
fn check_character(body: &[u8]) -> u8 {
    let mut weight = 1_usize;
    let mut sum = 0;
    for byte in body {
        sum += ALPHABET
            .iter()
            .position(|letter| letter == byte)
            .unwrap_or(0)
            * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET[(31 - sum % 31) % 31]
}

/// GB 11714: weights 3 7 9 10 5 8 4 2 over 0–9 and A=10 … Z=35.
fn organisation_check(body: &[u8]) -> u8 {
    let sum: u32 = body
        .iter()
        .zip([3, 7, 9, 10, 5, 8, 4, 2])
        .map(|(byte, weight)| char::from(*byte).to_digit(36).unwrap_or(0) * weight)
        .sum();
    match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        check => b'0' + check as u8,
    }
}

impl FromStr for CreditCode {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A credit code is public: it stands on every licence and invoice.
        write!(f, "CreditCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_computed_codes_are_valid() {
        for text in [
            "91150105YYYY00012D",
            "91150603YYYY000392",
            "92150302YYYY000204",
            "914403001922038216",
            "91440300708461136T",
        ] {
            let code = CreditCode::parse(text).unwrap();
            assert_eq!(code.as_str(), text);
            let organisation = &code.organisation_code()[..8];
            let composed =
                CreditCode::compose(code.class(), code.division(), organisation).unwrap();
            assert_eq!(composed, code);
        }
    }

    #[test]
    fn an_individual_business_that_became_a_company_keeps_its_code() {
        assert_eq!(
            CreditCode::parse("92150302YYYY000204").unwrap().class(),
            "92"
        );
    }

    #[test]
    fn both_check_digits_are_checked() {
        for text in [
            "91150105YYYY00012E",
            "91150105YYYY00022D",
            "91150105YYYY00112D",
        ] {
            assert_eq!(
                CreditCode::parse(text).unwrap_err().fault(),
                Fault::CheckDigit,
                "{text}"
            );
        }
        // A right outer check over a wrong inner one.
        let mut wrong_inner = b"91150105YYYY00013".to_vec();
        wrong_inner.push(check_character(&wrong_inner));
        let text = String::from_utf8(wrong_inner).unwrap();
        assert_eq!(
            CreditCode::parse(&text).unwrap_err().fault(),
            Fault::CheckDigit
        );
    }

    #[test]
    fn faults_have_their_codes() {
        let fault = |text| CreditCode::parse(text).unwrap_err().fault();
        assert_eq!(fault("91150105YYYY00012"), Fault::Length);
        assert_eq!(fault("9115010OYYYY00012D"), Fault::Character);
        assert_eq!(fault("91A50105YYYY00012D"), Fault::Pattern);
        assert_eq!(
            CreditCode::compose("91", "150302", "YYYY")
                .unwrap_err()
                .fault(),
            Fault::Pattern
        );
        assert_eq!(
            CreditCode::compose("91", "150302", "ZZZZ0001")
                .unwrap_err()
                .fault(),
            Fault::Character
        );
    }

    #[test]
    fn lower_case_is_normalised() {
        assert_eq!(
            CreditCode::parse("91150105yyyy00012d").unwrap().as_str(),
            "91150105YYYY00012D"
        );
    }
}
