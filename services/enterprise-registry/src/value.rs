//! Request fields as their data elements accept them. What the values mean for a move is judged
//! elsewhere.

use jiff::civil::Date;
use onething_elements::{Dictionary, date as day};
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

/// Reads a field that is a day, YYYY-MM-DD.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn date(field: &str, text: &str) -> Result<Date, Refusal> {
    day(text.trim()).map_err(|invalid| Refusal::invalid(field, invalid.reason()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_named_by_its_field_and_not_repeated() {
        let refusal = value("enterprise.premises_right", "premises_right", "stolen").unwrap_err();
        assert_eq!(refusal.field, "premises_right");
        assert!(!refusal.message.contains("stolen"));
        let accepted = value("enterprise.premises_right", "premises_right", " leased ").unwrap();
        assert_eq!(accepted, "leased");
    }
}
