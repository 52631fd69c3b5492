//! Request fields as their data elements accept them.

use onething_elements::{CreditCode, Dictionary, Divisions, Level, ResidentNumber};
use onething_participant::Refusal;

/// The holder's resident number.
///
/// # Errors
/// `NUMBER_INVALID`, which the calls about a person declare.
pub(crate) fn id_number(text: &str) -> Result<String, Refusal> {
    match ResidentNumber::parse(text) {
        Ok(number) => Ok(number.as_str().to_owned()),
        Err(invalid) => Err(Refusal::new("NUMBER_INVALID", invalid.reason()).about("id_number")),
    }
}

/// The resident number in a call that declares no reason for a malformed one.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn plain_id_number(text: &str) -> Result<String, Refusal> {
    id_number(text).map_err(|refusal| Refusal::invalid("id_number", refusal.message))
}

/// The enterprise's credit code.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn credit_code(text: &str) -> Result<String, Refusal> {
    CreditCode::parse(text)
        .map(|code| code.as_str().to_owned())
        .map_err(|invalid| Refusal::invalid("credit_code", invalid.reason()))
}

/// Whether a division is one of the region's counties, each of which has an office.
pub(crate) fn is_county(code: &str) -> bool {
    let division = Divisions::standard().get(code);
    division.is_some_and(|division| division.level == Level::County)
}

/// A field that carries a data element.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn element(id: &str, field: &str, text: &str) -> Result<String, Refusal> {
    let element = Dictionary::standard()
        .get(id)
        .ok_or_else(|| Refusal::invalid(field, "is of no known data element"))?;
    match element.validate(text) {
        Ok(value) => Ok(value.into_string()),
        Err(invalid) => Err(Refusal::invalid(field, invalid.reason())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_number_is_refused_with_the_declared_reason_and_not_repeated() {
        let refusal = id_number("150302196603159978").unwrap_err();
        assert_eq!((refusal.reason.as_str(), refusal.field.as_str()), ("NUMBER_INVALID", "id_number"));
        assert!(!refusal.message.contains("150302"));
        assert_eq!(id_number("15010520190715996x").unwrap(), "15010520190715996X");
    }

    #[test]
    fn only_counties_of_the_region_have_an_office() {
        assert!(is_county("150105"));
        assert!(!is_county("150100") && !is_county("110101") && !is_county(""));
    }
}
