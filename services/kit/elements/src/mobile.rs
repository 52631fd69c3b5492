//! Mainland mobile numbers. Owns their shape; knows no operator.

use crate::invalid::{Fault, Invalid};

/// Reads a mobile number: eleven digits that begin with 13 to 19. Spaces, hyphens and the country
/// prefix +86 are dropped.
///
/// # Errors
/// [`Invalid`] with `CHARACTER`, `LENGTH` or `PATTERN`.
pub fn mobile(text: &str) -> Result<String, Invalid> {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let digits = compact.strip_prefix("+86").unwrap_or(&compact);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Invalid::new(
            Fault::Character,
            "a mobile number has digits only",
        ));
    }
    match digits.as_bytes() {
        [b'1', b'3'..=b'9', ..] if digits.len() == 11 => Ok(digits.to_owned()),
        _ if digits.len() != 11 => Err(Invalid::new(
            Fault::Length,
            "a mobile number has eleven digits",
        )),
        _ => Err(Invalid::new(
            Fault::Pattern,
            "a mobile number begins with 13 to 19",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compacted() {
        for text in ["15400000001", "154 0000 0001", "+86 154-0000-0001"] {
            assert_eq!(mobile(text).unwrap(), "15400000001");
        }
    }

    #[test]
    fn faults_have_their_codes() {
        let fault = |text| mobile(text).unwrap_err().fault();
        assert_eq!(fault("12400000001"), Fault::Pattern);
        assert_eq!(fault("1540000000"), Fault::Length);
        assert_eq!(fault(""), Fault::Length);
        assert_eq!(fault("1540000000a"), Fault::Character);
        assert_eq!(fault("１5400000001"), Fault::Character);
    }
}
