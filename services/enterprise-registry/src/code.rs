//! The credit code that a request names. Owns the one exception to GB 32100: a few codes of the
//! pilot years contradict their check characters and are legal once their registrar confirmed them.

use onething_elements::{CreditCode, Fault, Invalid};
use onething_participant::Refusal;

use crate::store::enterprise::Enterprise;

const FIELD: &str = "credit_code";

/// A credit code that is well formed, though its check characters may still be in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    text: String,
    doubt: Option<Invalid>,
}

impl Code {
    /// Reads the field `credit_code`.
    ///
    /// # Errors
    /// A refusal, unless at most the check characters are wrong.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        match CreditCode::parse(text) {
            Ok(code) => Ok(Self {
                text: code.to_string(),
                doubt: None,
            }),
            Err(invalid) if invalid.fault() == Fault::CheckDigit => Ok(Self {
                text: text.to_ascii_uppercase(),
                doubt: Some(invalid),
            }),
            Err(invalid) => Err(Refusal::invalid(FIELD, invalid.reason())),
        }
    }

    /// The code in its one spelling.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Passes the record that was found under this code, alone or with what is beside it.
    ///
    /// # Errors
    /// A refusal when the check characters are wrong and no registrar confirmed them, and
    /// `ENTERPRISE_NOT_FOUND`.
    pub(crate) fn found<R: AsRef<Enterprise>>(&self, record: Option<R>) -> Result<R, Refusal> {
        match (record, self.doubt) {
            (Some(record), None) => Ok(record),
            (Some(record), Some(_)) if record.as_ref().code_confirmed_by.is_some() => Ok(record),
            (_, Some(doubt)) => Err(Refusal::invalid(FIELD, doubt.reason())),
            (None, None) => Err(Refusal::new(
                "ENTERPRISE_NOT_FOUND",
                "No enterprise is registered under this credit code.",
            )
            .about(FIELD)),
        }
    }
}

#[cfg(test)]
mod tests {
    use onething_participant::INVALID_INPUT;

    use super::*;
    use crate::store::enterprise::sample;

    fn reason(code: &str, record: Option<Enterprise>) -> String {
        let code = Code::read(code).unwrap();
        code.found(record).unwrap_err().reason
    }

    #[test]
    fn malformed_codes_are_refused_before_the_register_is_asked() {
        for text in ["", "9115010", "9115010OYYYY00012D", "91A50105YYYY00012D"] {
            let refusal = Code::read(text).unwrap_err();
            assert_eq!(
                (refusal.reason.as_str(), refusal.field.as_str()),
                (INVALID_INPUT, FIELD)
            );
        }
        assert_eq!(
            Code::read(" 91150105yyyy00012d ").unwrap().as_str(),
            "91150105YYYY00012D"
        );
    }

    #[test]
    fn wrong_check_characters_pass_only_when_the_registrar_confirmed_them() {
        let pilot = "91150105YYYY00012E";
        let confirmed = Enterprise {
            code_confirmed_by: Some("150105".to_owned()),
            ..sample(pilot)
        };
        assert_eq!(reason(pilot, None), INVALID_INPUT);
        assert_eq!(reason(pilot, Some(sample(pilot))), INVALID_INPUT);
        assert!(Code::read(pilot).unwrap().found(Some(confirmed)).is_ok());
    }

    #[test]
    fn a_valid_code_of_nobody_is_not_found() {
        assert_eq!(reason("91150105YYYY00012D", None), "ENTERPRISE_NOT_FOUND");
        let code = Code::read("91150105YYYY00012D").unwrap();
        assert!(code.found(Some(sample("91150105YYYY00012D"))).is_ok());
    }
}
