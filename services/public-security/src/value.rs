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
pub(crate) fn resident_number(field: &str, text: &str) -> Result<String, Refusal> {
    match ResidentNumber::parse(text.trim()) {
        Ok(number) => Ok(number.to_string()),
        Err(invalid) => Err(Refusal::invalid(field, invalid.reason())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_named_by_its_field_and_not_repeated() {
        let refusal = value("household.follows", "follows", "grandmother").unwrap_err();
        assert_eq!(refusal.field, "follows");
        assert!(!refusal.message.contains("grandmother"));
        assert_eq!(
            value("household.follows", "follows", "mother").unwrap(),
            "mother"
        );
    }

    #[test]
    fn a_resident_number_has_one_spelling() {
        let number = resident_number("id_number", " 15010520190715996x").unwrap();
        assert_eq!(number, "15010520190715996X");
        let refusal = resident_number("id_number", "150105201907159961").unwrap_err();
        assert_eq!(refusal.field, "id_number");
        assert!(!refusal.message.contains("1501"));
    }
}
