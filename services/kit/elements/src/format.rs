//! The formats that an element may name, each with its validator. Owns the mapping from a format's
//! name to the module that knows it.

use serde::Deserialize;

use crate::certificate::{BirthCertificate, MarriageCertificate, RealEstateTitle, StudentNumber};
use crate::credit_code::CreditCode;
use crate::division::Divisions;
use crate::element::ValueType;
use crate::ethnicity::ethnicity;
use crate::invalid::{Fault, Invalid};
use crate::mobile::mobile;
use crate::money::Fen;
use crate::name::personal_name;
use crate::normalized::{Normalized, Warning};
use crate::plate::Plate;
use crate::resident_number::ResidentNumber;
use crate::scalar;
use crate::vin::Vin;

/// How a value is written. In the dictionary the names are in kebab case: `resident-number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// One line of 1 to 200 characters.
    Text,
    /// A personal name, see [`personal_name`].
    PersonalName,
    /// A number that its issuer shapes: 2 to 64 letters, digits and `-_/.:()`, or Chinese.
    DocumentNumber,
    /// [`ResidentNumber`].
    ResidentNumber,
    /// [`CreditCode`].
    CreditCode,
    /// [`mobile`].
    Mobile,
    /// A division in the embedded table, see [`Divisions`].
    Division,
    /// GB/T 3304, see [`crate::ethnicity()`].
    Ethnicity,
    /// One of the element's own choices.
    Choice,
    /// `true` or `false`.
    Boolean,
    /// A whole number from 0.
    Integer,
    /// A year, 1900 to 2999.
    Year,
    /// `yyyy-mm-dd`.
    Date,
    /// A whole number of [`Fen`].
    MoneyFen,
    /// [`BirthCertificate`].
    BirthCertificate,
    /// [`MarriageCertificate`].
    MarriageCertificate,
    /// [`RealEstateTitle`].
    RealEstateTitle,
    /// [`StudentNumber`].
    StudentNumber,
    /// [`Plate`].
    Plate,
    /// [`Vin`].
    Vin,
    /// 64 hexadecimal digits, normalised to lower case.
    Sha256,
    /// The id of an uploaded file: as [`Format::DocumentNumber`].
    File,
}

impl Format {
    /// The type of value that this format writes.
    #[must_use]
    pub const fn value_type(self) -> ValueType {
        match self {
            Self::Boolean => ValueType::Boolean,
            Self::Integer | Self::Year => ValueType::Integer,
            Self::Date => ValueType::Date,
            Self::MoneyFen => ValueType::MoneyFen,
            _ => ValueType::String,
        }
    }

    /// Checks a value without knowing an element's choices.
    ///
    /// # Errors
    /// [`Invalid`], as the format's own parser says.
    pub fn validate(self, text: &str) -> Result<Normalized, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::new(Fault::Empty, "there is no value"));
        }
        match self {
            Self::Text => line(text).map(Normalized::new),
            Self::PersonalName => personal_name(text).map(Normalized::new),
            Self::DocumentNumber | Self::File => document_number(text).map(Normalized::new),
            Self::ResidentNumber => ResidentNumber::parse(text).map(|number| {
                let known = number.region_is_known(Divisions::standard());
                let warning = (!known).then_some(Warning::UnknownDivision);
                Normalized::with_warning(number.as_str(), warning)
            }),
            Self::CreditCode => CreditCode::parse(text).map(|code| Normalized::new(code.as_str())),
            Self::Mobile => mobile(text).map(Normalized::new),
            Self::Division => Divisions::standard()
                .check(text)
                .map(|()| Normalized::new(text)),
            Self::Ethnicity => ethnicity(text)
                .map(|group| Normalized::new(group.code))
                .ok_or_else(|| Invalid::new(Fault::Choice, "no such ethnic group in GB/T 3304")),
            // The element checks its choices.
            Self::Choice => Ok(Normalized::new(text)),
            Self::Boolean => scalar::boolean(text).map(|value| Normalized::new(value.to_string())),
            Self::Integer => whole(text, 0, i64::MAX),
            Self::Year => whole(text, 1900, 2999),
            Self::Date => scalar::date(text).map(|date| Normalized::new(date.to_string())),
            Self::MoneyFen => Fen::parse(text).map(|fen| Normalized::new(fen.to_string())),
            Self::BirthCertificate => {
                BirthCertificate::parse(text).map(|number| Normalized::new(number.as_str()))
            }
            Self::MarriageCertificate => {
                MarriageCertificate::parse(text).map(|number| Normalized::new(number.as_str()))
            }
            Self::RealEstateTitle => {
                RealEstateTitle::parse(text).map(|number| Normalized::new(number.as_str()))
            }
            Self::StudentNumber => {
                StudentNumber::parse(text).map(|number| Normalized::new(number.as_str()))
            }
            Self::Plate => Plate::parse(text).map(|plate| Normalized::new(plate.as_str())),
            Self::Vin => Vin::parse(text).map(|vin| Normalized::new(vin.as_str())),
            Self::Sha256 => sha256(text).map(Normalized::new),
        }
    }
}

fn line(text: &str) -> Result<String, Invalid> {
    if text.chars().count() > 200 {
        return Err(Invalid::new(Fault::Length, "at most 200 characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::new(
            Fault::Character,
            "one line without control characters",
        ));
    }
    Ok(text.to_owned())
}

fn document_number(text: &str) -> Result<String, Invalid> {
    if !(2..=64).contains(&text.chars().count()) {
        return Err(Invalid::new(
            Fault::Length,
            "a document number has 2 to 64 characters",
        ));
    }
    if !text
        .chars()
        .all(|c| c.is_alphanumeric() || "-_/.:()〔〕".contains(c))
    {
        return Err(Invalid::new(
            Fault::Character,
            "a document number has letters, digits and -_/.:()〔〕",
        ));
    }
    Ok(text.to_owned())
}

fn whole(text: &str, least: i64, most: i64) -> Result<Normalized, Invalid> {
    let value = scalar::integer(text)?;
    if !(least..=most).contains(&value) {
        return Err(Invalid::new(
            Fault::Range,
            "the number is outside what is allowed",
        ));
    }
    Ok(Normalized::new(value.to_string()))
}

fn sha256(text: &str) -> Result<String, Invalid> {
    if text.len() != 64 {
        return Err(Invalid::new(
            Fault::Length,
            "a SHA-256 digest has 64 hexadecimal digits",
        ));
    }
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Invalid::new(
            Fault::Character,
            "a digest has hexadecimal digits only",
        ));
    }
    Ok(text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_normalises() {
        let year = "2024";
        let digest = "A".repeat(64);
        for (format, text, expected) in [
            (Format::Text, " 新华西街18号 ", "新华西街18号"),
            (Format::PersonalName, "买买提•艾山", "买买提·艾山"),
            (
                Format::DocumentNumber,
                "内政发〔2024〕15号",
                "内政发〔2024〕15号",
            ),
            (
                Format::ResidentNumber,
                "15010520190715996x",
                "15010520190715996X",
            ),
            (
                Format::CreditCode,
                "91150105yyyy00012d",
                "91150105YYYY00012D",
            ),
            (Format::Mobile, "+86 154 0000 0001", "15400000001"),
            (Format::Division, "150302", "150302"),
            (Format::Ethnicity, "02", "02"),
            (Format::Boolean, "true", "true"),
            (Format::Integer, "007", "7"),
            (Format::Year, year, year),
            (Format::Date, "2024-02-29", "2024-02-29"),
            (Format::MoneyFen, "40000", "40000"),
            (Format::BirthCertificate, "u150000001", "U150000001"),
            (
                Format::MarriageCertificate,
                "j150302-2026-000001",
                "J150302-2026-000001",
            ),
            (
                Format::RealEstateTitle,
                "蒙（2023）乌海市不动产权第0012345号",
                "蒙(2023)乌海市不动产权第0012345号",
            ),
            (
                Format::StudentNumber,
                "g15010520190715996x",
                "G15010520190715996X",
            ),
            (Format::Plate, "蒙a·12345", "蒙A12345"),
            (Format::Vin, "l0zzz00a8ta000001", "L0ZZZ00A8TA000001"),
            (Format::Sha256, &digest, &"a".repeat(64)),
            (Format::File, "m-0001", "m-0001"),
        ] {
            assert_eq!(
                format.validate(text).unwrap().as_str(),
                expected,
                "{format:?}"
            );
            assert_eq!(
                format.validate("  ").unwrap_err().fault(),
                Fault::Empty,
                "{format:?}"
            );
        }
    }

    #[test]
    fn faults_have_their_codes() {
        let fault = |format: Format, text: &str| format.validate(text).unwrap_err().fault();
        assert_eq!(fault(Format::Division, "159901"), Fault::Division);
        assert_eq!(fault(Format::Division, "1503"), Fault::Pattern);
        assert_eq!(fault(Format::Ethnicity, "99"), Fault::Choice);
        assert_eq!(fault(Format::Integer, "-1"), Fault::Range);
        assert_eq!(fault(Format::Year, "24"), Fault::Range);
        assert_eq!(fault(Format::Text, "a\nb"), Fault::Character);
        assert_eq!(fault(Format::Text, &"x".repeat(201)), Fault::Length);
        assert_eq!(fault(Format::DocumentNumber, "a b"), Fault::Character);
        assert_eq!(fault(Format::DocumentNumber, "x"), Fault::Length);
        assert_eq!(fault(Format::Sha256, "ff"), Fault::Length);
        assert_eq!(fault(Format::Sha256, &"g".repeat(64)), Fault::Character);
    }

    #[test]
    fn an_unknown_division_in_a_resident_number_only_warns() {
        let synthetic =
            ResidentNumber::compose("159901", jiff::civil::date(2000, 1, 1), 1).unwrap();
        let value = Format::ResidentNumber.validate(synthetic.as_str()).unwrap();
        assert_eq!(value.warning(), Some(Warning::UnknownDivision));
        let known = Format::ResidentNumber
            .validate("150302196603159977")
            .unwrap();
        assert_eq!(known.warning(), None);
    }
}
