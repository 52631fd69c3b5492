//! What insurance costs and pays, by year. The figures are data.

use jiff::civil::Date;
use serde::Deserialize;

/// The figures of every year, and the default bank of cards.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rates {
    /// Bank of a card when the applicant names none.
    pub(crate) default_bank: String,
    #[serde(rename = "rate")]
    years: Vec<Rate>,
}

/// The figures of one year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    year: i16,
    /// Yearly premium of a resident, in fen.
    pub(crate) resident_premium_fen: i64,
    /// Flat maternity benefit for one birth, in fen.
    pub(crate) maternity_benefit_fen: i64,
}

/// A table of rates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RatesError {
    /// The table is malformed.
    #[error("the table of rates is malformed")]
    Malformed(#[from] toml::de::Error),
    /// The table has no year, or years out of order.
    #[error("the table of rates has no year, or not in ascending order")]
    Years,
}

impl Rates {
    /// The built-in table.
    ///
    /// # Errors
    /// When it is malformed, which the tests rule out.
    pub(crate) fn standard() -> Result<Self, RatesError> {
        Self::parse(include_str!("../data/rates.toml"))
    }

    fn parse(text: &str) -> Result<Self, RatesError> {
        let rates: Self = toml::from_str(text)?;
        if rates.years.is_empty() || !rates.years.is_sorted_by(|a, b| a.year < b.year) {
            return Err(RatesError::Years);
        }
        Ok(rates)
    }

    /// The figures that apply on a day: those of the latest year that has begun, or of the first
    /// one in the table.
    pub(crate) fn on(&self, day: Date) -> &Rate {
        let begun = self.years.iter().rev().find(|rate| rate.year <= day.year());
        // A table without a year does not load.
        begun.unwrap_or(&self.years[0])
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_years_figures_apply_until_the_next_ones_begin() {
        let rates = Rates::standard().unwrap();
        assert_eq!(rates.on(date(2024, 12, 31)).resident_premium_fen, 38_000);
        assert_eq!(rates.on(date(2025, 1, 1)).resident_premium_fen, 40_000);
        assert_eq!(rates.on(date(2040, 1, 1)).year, 2026);
        assert_eq!(rates.on(date(2000, 1, 1)).year, 2024);
    }

    #[test]
    fn a_table_without_years_or_out_of_order_is_refused() {
        let rate = |year| format!("[[rate]]\nyear = {year}\nresident_premium_fen = 1\nmaternity_benefit_fen = 1\n");
        let head = "default_bank = \"psbc\"\n";
        assert!(Rates::parse(&format!("{head}rate = []")).is_err());
        assert!(Rates::parse(&format!("{head}{}{}", rate(2026), rate(2025))).is_err());
        assert!(Rates::parse(&format!("{head}{}{}", rate(2025), rate(2026))).is_ok());
    }
}
