//! Request fields as their data elements accept them. What the values mean is judged elsewhere.

use onething_elements::{Dictionary, Division, Divisions, Level, ResidentNumber};
use onething_participant::Refusal;

/// Checks a request field against the data element that it carries, and gives its one spelling.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn value(element: &str, field: &str, text: &str) -> Result<String, Refusal> {
    let element = Dictionary::standard()
        .get(element)
        .ok_or_else(|| Refusal::invalid(field, "is of no known data element"))?;
    match element.validate(text) {
        Ok(value) => Ok(value.into_string()),
        Err(invalid) => Err(Refusal::invalid(field, invalid.reason())),
    }
}

/// Reads a resident number.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn resident_number(field: &str, text: &str) -> Result<String, Refusal> {
    match ResidentNumber::parse(text.trim()) {
        Ok(number) => Ok(number.to_string()),
        Err(invalid) => Err(Refusal::invalid(field, invalid.reason())),
    }
}

/// Reads a resident number that may be left out.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn optional_number(field: &str, text: Option<&str>) -> Result<Option<String>, Refusal> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => resident_number(field, text).map(Some),
    }
}

/// Reads the field `region`.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn county(code: &str) -> Result<&'static Division, Refusal> {
    Divisions::standard()
        .get(code)
        .filter(|division| division.level == Level::County)
        .ok_or_else(|| Refusal::invalid("region", "is not the code of a county-level division"))
}
