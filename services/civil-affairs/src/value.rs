//! Request fields as their data elements accept them. What the values mean is judged elsewhere.

use onething_elements::{Dictionary, ResidentNumber};
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
pub(crate) fn resident_number(field: &str, text: &str) -> Result<ResidentNumber, Refusal> {
    ResidentNumber::parse(text.trim()).map_err(|invalid| Refusal::invalid(field, invalid.reason()))
}
