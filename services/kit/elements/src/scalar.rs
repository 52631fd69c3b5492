//! Dates, integers and booleans as text. Owns their one accepted spelling each.

use jiff::civil::Date;

use crate::invalid::{Fault, Invalid};

/// Reads a date as `yyyy-mm-dd`.
///
/// # Errors
/// [`Invalid`] with `PATTERN` for another spelling, `DATE` for a day that does not exist.
pub fn date(text: &str) -> Result<Date, Invalid> {
    let bytes = text.as_bytes();
    let spelled = bytes.len() == 10
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !spelled {
        return Err(Invalid::new(Fault::Pattern, "a date is written yyyy-mm-dd"));
    }
    text.parse()
        .map_err(|_| Invalid::new(Fault::Date, "this date does not exist"))
}

/// Reads a whole number, with an optional minus sign.
///
/// # Errors
/// [`Invalid`] with `CHARACTER`, or `RANGE` outside 64 bits.
pub fn integer(text: &str) -> Result<i64, Invalid> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Invalid::new(
            Fault::Character,
            "a whole number has digits only",
        ));
    }
    text.parse()
        .map_err(|_| Invalid::new(Fault::Range, "the number is too large"))
}

/// Reads `true` or `false`.
///
/// # Errors
/// [`Invalid`] with `CHOICE`.
pub fn boolean(text: &str) -> Result<bool, Invalid> {
    text.parse()
        .map_err(|_| Invalid::new(Fault::Choice, "the value is true or false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_one_spelling_and_must_exist() {
        assert_eq!(date("2024-02-29").unwrap(), jiff::civil::date(2024, 2, 29));
        assert_eq!(date("2026-02-29").unwrap_err().fault(), Fault::Date);
        for text in [
            "20240229",
            "2024-2-29",
            "2024/02/29",
            "2024-02-29T00:00",
            "",
            "２024-02-29",
        ] {
            assert_eq!(date(text).unwrap_err().fault(), Fault::Pattern, "{text}");
        }
    }

    #[test]
    fn integers_and_booleans() {
        assert_eq!(integer("-12").unwrap(), -12);
        assert_eq!(integer("+1").unwrap_err().fault(), Fault::Character);
        assert_eq!(integer("").unwrap_err().fault(), Fault::Character);
        assert_eq!(
            integer("9223372036854775808").unwrap_err().fault(),
            Fault::Range
        );
        assert!(boolean("true").unwrap());
        assert_eq!(boolean("yes").unwrap_err().fault(), Fault::Choice);
    }
}
