//! Amounts of money in fen (分, one hundredth of a yuan). Owns reading and showing; rounds nothing.

use std::fmt;

use crate::invalid::{Fault, Invalid};

/// A non-negative amount in fen. `Display` gives the number of fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fen(i64);

impl Fen {
    /// An amount.
    ///
    /// # Errors
    /// [`Invalid`] with `RANGE` when it is negative.
    pub fn new(fen: i64) -> Result<Self, Invalid> {
        if fen < 0 {
            return Err(Invalid::new(
                Fault::Range,
                "an amount of money is not negative",
            ));
        }
        Ok(Self(fen))
    }

    /// Reads a whole number of fen.
    ///
    /// # Errors
    /// [`Invalid`] with `CHARACTER` or `RANGE`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::new(crate::scalar::integer(text)?)
    }

    /// Reads yuan with at most two decimals, as people write them: `400`, `400.5`, `1,234.56`.
    ///
    /// # Errors
    /// [`Invalid`] with `CHARACTER`, `PATTERN` (more than two decimals) or `RANGE`.
    pub fn parse_yuan(text: &str) -> Result<Self, Invalid> {
        let compact: String = text.trim().chars().filter(|c| *c != ',').collect();
        let (yuan, decimals) = compact.split_once('.').unwrap_or((&compact, ""));
        if decimals.len() > 2 {
            return Err(Invalid::new(
                Fault::Pattern,
                "yuan have at most two decimals",
            ));
        }
        if yuan.is_empty()
            || !yuan
                .bytes()
                .chain(decimals.bytes())
                .all(|b| b.is_ascii_digit())
        {
            return Err(Invalid::new(Fault::Character, "an amount has digits only"));
        }
        Self::parse(&format!("{yuan}{decimals:0<2}"))
    }

    /// The amount in fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The amount in yuan with two decimals, for example `400.00`.
    #[must_use]
    pub fn to_yuan(self) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_and_fen_agree() {
        for (yuan, fen, shown) in [
            ("400", 40_000, "400.00"),
            ("0.5", 50, "0.50"),
            ("1,234.56", 123_456, "1234.56"),
        ] {
            let amount = Fen::parse_yuan(yuan).unwrap();
            assert_eq!((amount.get(), amount.to_yuan().as_str()), (fen, shown));
            assert_eq!(Fen::parse(&fen.to_string()).unwrap(), amount);
        }
    }

    #[test]
    fn faults_have_their_codes() {
        assert_eq!(Fen::parse("-1").unwrap_err().fault(), Fault::Range);
        assert_eq!(Fen::parse("1.5").unwrap_err().fault(), Fault::Character);
        assert_eq!(
            Fen::parse("99999999999999999999").unwrap_err().fault(),
            Fault::Range
        );
        assert_eq!(
            Fen::parse_yuan("0.005").unwrap_err().fault(),
            Fault::Pattern
        );
        assert_eq!(Fen::parse_yuan(".5").unwrap_err().fault(), Fault::Character);
        assert_eq!(Fen::parse_yuan("-5").unwrap_err().fault(), Fault::Character);
    }
}
