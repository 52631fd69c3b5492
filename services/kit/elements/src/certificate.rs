//! Numbers of certificates that have a national or regional shape: birth, marriage, real-estate
//! title, student record. Owns the shapes; knows nothing of who issued one.

use std::fmt;

use crate::invalid::{Fault, Invalid};
use crate::mask::Masked;
use crate::resident_number::ResidentNumber;

/// The number of a birth certificate (出生医学证明): a letter and nine digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BirthCertificate(String);

/// The number of a marriage certificate (结婚证): `J`, division, year and six digits, for example
/// `J150302-2026-000001`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MarriageCertificate(String);

/// The number of a real-estate title (不动产权证书) of Inner Mongolia, for example
/// 蒙(2023)呼和浩特市不动产权第0012345号. Full-width brackets are normalised.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RealEstateTitle(String);

/// The national student record number (学籍号): `G` and the pupil's resident number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StudentNumber(String);

/// Gives each number its text and a masked `Debug`.
macro_rules! text {
    ($($name:ident),+) => {$(
        impl $name {
            /// The number as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), Masked(&self.0))
            }
        }
    )+};
}

text!(
    BirthCertificate,
    MarriageCertificate,
    RealEstateTitle,
    StudentNumber
);

impl BirthCertificate {
    /// Reads a number; a lower-case letter is accepted.
    ///
    /// # Errors
    /// [`Invalid`] with `PATTERN`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.to_ascii_uppercase();
        match text.as_bytes() {
            [b'A'..=b'Z', digits @ ..] if is_digits(digits, 9) => Ok(Self(text)),
            _ => Err(Invalid::new(
                Fault::Pattern,
                "a birth certificate number is a letter and nine digits",
            )),
        }
    }

    /// The number of the `serial`-th certificate of a series letter.
    ///
    /// # Errors
    /// [`Invalid`] with `PATTERN` when `series` is not A–Z or `serial` has more than nine digits.
    pub fn compose(series: char, serial: u32) -> Result<Self, Invalid> {
        Self::parse(&format!("{series}{serial:09}"))
    }
}

impl MarriageCertificate {
    /// Reads a number; a lower-case letter is accepted.
    ///
    /// # Errors
    /// [`Invalid`] with `PATTERN`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.to_ascii_uppercase();
        let mut parts = text.split('-').map(str::as_bytes);
        let shape = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some([b'J', division @ ..]), Some(year), Some(serial), None) => {
                is_digits(division, 6) && is_digits(year, 4) && is_digits(serial, 6)
            }
            _ => false,
        };
        if !shape {
            return Err(Invalid::new(
                Fault::Pattern,
                "a marriage certificate number is J, six digits, a year and six digits",
            ));
        }
        Ok(Self(text))
    }

    /// The number of the `serial`-th marriage of a year at a division's registrar.
    ///
    /// # Errors
    /// [`Invalid`] with `PATTERN` when a part does not fit its digits.
    pub fn compose(division: &str, year: i16, serial: u32) -> Result<Self, Invalid> {
        Self::parse(&format!("J{division}-{year:04}-{serial:06}"))
    }

    /// The division of the registrar.
    #[must_use]
    pub fn division(&self) -> &str {
        &self.0[1..7]
    }
}

impl RealEstateTitle {
    /// Reads a number.
    ///
    /// # Errors
    /// [`Invalid`] with `PATTERN`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.replace('（', "(").replace('）', ")");
        let parts = text
            .strip_prefix("蒙(")
            .and_then(|rest| rest.split_once(')'))
            .and_then(|(year, rest)| Some((year, rest.split_once("不动产权第")?)))
            .and_then(|(year, (place, rest))| Some((year, place, rest.strip_suffix('号')?)));
        match parts {
            Some((year, place, serial))
                if is_digits(year.as_bytes(), 4)
                    && !place.is_empty()
                    && is_digits(serial.as_bytes(), 7) =>
            {
                Ok(Self(text))
            }
            _ => Err(Invalid::new(
                Fault::Pattern,
                "a real-estate title is 蒙(year)place不动产权第 seven digits 号",
            )),
        }
    }
}

impl StudentNumber {
    /// Reads a number.
    ///
    /// # Errors
    /// [`Invalid`] with `PATTERN` without the `G`, else what [`ResidentNumber::parse`] says.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let number = text.strip_prefix(['G', 'g']).ok_or_else(|| {
            Invalid::new(
                Fault::Pattern,
                "a student record number is G and a resident number",
            )
        })?;
        ResidentNumber::parse(number).map(|number| Self(format!("G{number}")))
    }
}

fn is_digits(bytes: &[u8], count: usize) -> bool {
    bytes.len() == count && bytes.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birth_certificates() {
        assert_eq!(
            BirthCertificate::parse("u150000001").unwrap().as_str(),
            "U150000001"
        );
        assert_eq!(
            BirthCertificate::compose('U', 7).unwrap().as_str(),
            "U000000007"
        );
        for text in [
            "U15000000",
            "U1500000011",
            "1150000001",
            "U15000000X",
            "",
            "蒙150000001",
        ] {
            assert_eq!(
                BirthCertificate::parse(text).unwrap_err().fault(),
                Fault::Pattern
            );
        }
        assert!(BirthCertificate::compose('U', 1_000_000_000).is_err());
    }

    #[test]
    fn marriage_certificates() {
        let number = MarriageCertificate::compose("150302", 2026, 1).unwrap();
        assert_eq!(number.as_str(), "J150302-2026-000001");
        assert_eq!(number.division(), "150302");
        for text in [
            "L150302-2026-000001",
            "J15030-2026-000001",
            "J150302-26-000001",
            "J150302-2026-0001",
            "J150302-2026-000001-1",
            "J150302",
        ] {
            assert_eq!(
                MarriageCertificate::parse(text).unwrap_err().fault(),
                Fault::Pattern
            );
        }
        assert!(MarriageCertificate::compose("1503", 2026, 1).is_err());
    }

    #[test]
    fn real_estate_titles_accept_full_width_brackets() {
        let text = "蒙(2023)呼和浩特市不动产权第0012345号";
        assert_eq!(RealEstateTitle::parse(text).unwrap().as_str(), text);
        let wide = "蒙（2023）呼和浩特市不动产权第0012345号";
        assert_eq!(RealEstateTitle::parse(wide).unwrap().as_str(), text);
        for text in [
            "京(2023)呼和浩特市不动产权第0012345号",
            "蒙(23)呼和浩特市不动产权第0012345号",
            "蒙(2023)不动产权第0012345号",
            "蒙(2023)呼和浩特市不动产权第012345号",
            "蒙(2023)呼和浩特市不动产权第0012345",
        ] {
            assert_eq!(
                RealEstateTitle::parse(text).unwrap_err().fault(),
                Fault::Pattern,
                "{text}"
            );
        }
    }

    #[test]
    fn student_numbers_carry_a_resident_number() {
        let number = StudentNumber::parse("g15010520190715996x").unwrap();
        assert_eq!(number.as_str(), "G15010520190715996X");
        let fault = |text| StudentNumber::parse(text).unwrap_err().fault();
        assert_eq!(fault("G150302196603159978"), Fault::CheckDigit);
        assert_eq!(fault("15010520190715996X"), Fault::Pattern);
    }

    #[test]
    fn debug_is_masked() {
        let number = StudentNumber::parse("G15010520190715996X").unwrap();
        assert_eq!(format!("{number:?}"), "StudentNumber(G15010***********6X)");
    }
}
