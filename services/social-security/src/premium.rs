//! What a resident pays a year for medical insurance: a table by year.

use serde::Deserialize;

use crate::table::{self, TableError};

const STANDARD: &str = include_str!("../data/premiums.toml");
const TABLE: &str = "premiums";

/// The yearly premiums.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Premiums {
    #[serde(rename = "premium")]
    premiums: Vec<Premium>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Premium {
    from_year: i16,
    fen: i64,
}

impl Premiums {
    /// The embedded table.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, TableError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, TableError> {
        let table: Self = table::read(TABLE, text)?;
        let mut last = i16::MIN;
        for premium in &table.premiums {
            let problem = if premium.from_year <= last {
                "stands after a later year, or twice"
            } else if premium.fen <= 0 {
                "a premium is more than nothing"
            } else {
                last = premium.from_year;
                continue;
            };
            return Err(TableError::Entry {
                table: TABLE,
                entry: premium.from_year.to_string(),
                problem,
            });
        }
        Ok(table)
    }

    /// The premium of a year, in fen; `None` before the table begins.
    pub(crate) fn of(&self, year: i16) -> Option<i64> {
        let mut latest_first = self.premiums.iter().rev();
        let premium = latest_first.find(|premium| premium.from_year <= year)?;
        Some(premium.fen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_knows_this_year_and_the_last() {
        let premiums = Premiums::standard().unwrap();
        assert_eq!(premiums.of(2025), Some(40_000));
        assert_eq!(premiums.of(2026), Some(40_000));
        assert_eq!(premiums.of(2024), None);
    }

    #[test]
    fn a_premium_holds_until_a_later_one() {
        let text =
            "[[premium]]\nfrom_year = 2025\nfen = 1\n[[premium]]\nfrom_year = 2027\nfen = 2\n";
        let premiums = Premiums::parse(text).unwrap();
        let of = |year| premiums.of(year);
        assert_eq!(
            [of(2024), of(2025), of(2026), of(2027), of(2099)],
            [None, Some(1), Some(1), Some(2), Some(2)]
        );
    }

    #[test]
    fn a_defective_table_is_refused_with_the_entry() {
        let whole = "[[premium]]\nfrom_year = 2025\nfen = 1\n";
        for (text, problem) in [
            (whole.repeat(2), "2025: stands after"),
            (whole.replace("= 1", "= 0"), "2025: a premium is"),
            (whole.replace("fen", "yuan"), "the table of premiums"),
        ] {
            let error = Premiums::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
