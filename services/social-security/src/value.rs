//! Request fields as their data elements accept them. What the values mean is judged elsewhere.

use onething_elements::{CreditCode, Dictionary, RegistrationSerial, ResidentNumber};
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

/// Reads the field `id_number` of a question.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn resident_number(text: &str) -> Result<ResidentNumber, Refusal> {
    ResidentNumber::parse(text.trim())
        .map_err(|invalid| Refusal::invalid("id_number", invalid.reason()))
}

/// Reads the field `id_number` of a person who is to be insured or to hold a card.
///
/// # Errors
/// `NUMBER_INVALID`.
pub(crate) fn holders_number(text: &str) -> Result<ResidentNumber, Refusal> {
    ResidentNumber::parse(text.trim())
        .map_err(|invalid| Refusal::new("NUMBER_INVALID", invalid.reason()).about("id_number"))
}

/// Reads the field `credit_code`.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn credit_code(text: &str) -> Result<CreditCode, Refusal> {
    CreditCode::parse(text.trim())
        .map_err(|invalid| Refusal::invalid("credit_code", invalid.reason()))
}

/// Reads the field `registration_serial`.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn registration_serial(field: Option<i64>) -> Result<RegistrationSerial, Refusal> {
    RegistrationSerial::read(field)
        .map_err(|invalid| Refusal::invalid("registration_serial", invalid.reason()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_named_by_its_field_and_not_repeated() {
        let refusal = value("social_card.bank", "bank", "mattress").unwrap_err();
        assert_eq!(refusal.field, "bank");
        assert!(!refusal.message.contains("mattress"));
        assert_eq!(value("social_card.bank", "bank", "icbc").unwrap(), "icbc");
    }

    #[test]
    fn a_number_with_a_wrong_check_digit_is_malformed_or_cannot_be_insured() {
        let wrong = "150302196603159978";
        assert_eq!(resident_number(wrong).unwrap_err().reason, "INVALID_INPUT");
        let refusal = holders_number(wrong).unwrap_err();
        assert_eq!(
            (refusal.reason.as_str(), refusal.field.as_str()),
            ("NUMBER_INVALID", "id_number")
        );
        let number = holders_number(" 15010520190715996x").unwrap();
        assert_eq!(number.as_str(), "15010520190715996X");
    }
}
