//! How much maternity benefit is: a table by the day of the decision.

use jiff::civil::Date;
use serde::Deserialize;

use crate::table::{self, TableError};

const STANDARD: &str = include_str!("../data/maternity.toml");
const TABLE: &str = "maternity benefits";

/// The rules by which maternity benefit is reckoned.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BenefitRules {
    #[serde(rename = "rule")]
    rules: Vec<BenefitRule>,
}

/// A rule, for decisions from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BenefitRule {
    pub(crate) from: Date,
    monthly_base_fen: i64,
    leave_days: i64,
    medical_fen: i64,
}

impl BenefitRules {
    /// The embedded table.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, TableError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, TableError> {
        let table: Self = table::read(TABLE, text)?;
        let mut last = Date::MIN;
        for rule in &table.rules {
            let sums = [rule.monthly_base_fen, rule.medical_fen];
            let problem = if rule.from <= last {
                "stands after a later day, or twice"
            } else if sums.iter().any(|fen| !(0..=1_000_000_000).contains(fen)) {
                "a sum is 0 to 1000000000 fen"
            } else if !(1..=1_000).contains(&rule.leave_days) {
                "a leave is 1 to 1000 days"
            } else {
                last = rule.from;
                continue;
            };
            return Err(TableError::Entry {
                table: TABLE,
                entry: rule.from.to_string(),
                problem,
            });
        }
        Ok(table)
    }

    /// The rule of a day; `None` before the table begins.
    pub(crate) fn on(&self, day: Date) -> Option<BenefitRule> {
        let mut latest_first = self.rules.iter().rev();
        latest_first.find(|rule| rule.from <= day).copied()
    }
}

impl BenefitRule {
    /// The benefit for one birth, in fen: the allowance (a thirtieth of the monthly base for each
    /// day of leave, rounded half up) and the lump sum for medical costs.
    pub(crate) fn amount_fen(self) -> i64 {
        (self.monthly_base_fen * self.leave_days + 15) / 30 + self.medical_fen
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_rule_is_that_of_the_day() {
        let rules = BenefitRules::standard().unwrap();
        let amount = |day| rules.on(day).map(BenefitRule::amount_fen);
        assert_eq!(amount(date(2024, 12, 31)), None);
        assert_eq!(amount(date(2025, 12, 31)), Some(260 * 100 * 158 + 300_000));
        assert_eq!(amount(date(2026, 1, 1)), Some(270 * 100 * 158 + 300_000));
        assert_eq!(amount(date(2026, 11, 23)), amount(date(2026, 1, 1)));
    }

    #[test]
    fn half_a_fen_is_rounded_up() {
        let rule = |monthly_base_fen| BenefitRule {
            from: date(2026, 1, 1),
            monthly_base_fen,
            leave_days: 1,
            medical_fen: 0,
        };
        let amounts = [14, 15, 44, 45].map(|base| rule(base).amount_fen());
        assert_eq!(amounts, [0, 1, 1, 2]);
    }

    #[test]
    fn a_defective_table_is_refused_with_the_entry() {
        let whole = "[[rule]]\nfrom = \"2026-01-01\"\nmonthly_base_fen = 1\nleave_days = 1\n\
                     medical_fen = 0\n";
        assert!(BenefitRules::parse(whole).is_ok());
        for (text, problem) in [
            (whole.repeat(2), "2026-01-01: stands after"),
            (
                whole.replace("leave_days = 1", "leave_days = 0"),
                "a leave is",
            ),
            (
                whole.replace("medical_fen = 0", "medical_fen = -1"),
                "a sum is",
            ),
            (whole.replace("-01-01", "-13-01"), "the table of"),
        ] {
            let error = BenefitRules::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
