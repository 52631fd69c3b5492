//! Under which rule a spouse settles in a county: a table of division and year. It knows no
//! households.

use jiff::civil::Date;
use onething_elements::Divisions;
use onething_participant::Refusal;
use serde::Deserialize;

const STANDARD: &str = include_str!("../data/settlement.toml");

/// The settlement rules of the region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettlementRules {
    #[serde(rename = "rule")]
    rules: Vec<SettlementRule>,
}

/// The rule of a division from a year on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettlementRule {
    region: String,
    from_year: i16,
    /// Whether an application that meets the rule is granted without an officer.
    pub(crate) at_once: bool,
    /// Whether the spouse who is joined owns a home in the county.
    pub(crate) home_required: bool,
    /// For how many months the spouses have been married.
    pub(crate) months_married: i64,
    source: String,
}

/// What is wrong with a table of settlement rules.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettlementRulesError {
    /// It is no such table.
    #[error("the table of settlement rules")]
    Toml(#[from] toml::de::Error),
    /// A rule means nothing.
    #[error("the settlement rule of {region} from {from_year}: {problem}")]
    Rule {
        region: String,
        from_year: i16,
        problem: &'static str,
    },
}

impl SettlementRules {
    /// The rules of the embedded table.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, SettlementRulesError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, SettlementRulesError> {
        let table: Self = toml::from_str(text)?;
        for (index, rule) in table.rules.iter().enumerate() {
            let mut earlier = table.rules.iter().take(index);
            let problem = if Divisions::standard().get(&rule.region).is_none() {
                "no such division"
            } else if !(0..=600).contains(&rule.months_married) {
                "a marriage has lasted 0 to 600 months"
            } else if rule.source.is_empty() {
                "the source is missing"
            } else if earlier
                .any(|other| (&other.region, other.from_year) == (&rule.region, rule.from_year))
            {
                "stands twice"
            } else {
                continue;
            };
            return Err(SettlementRulesError::Rule {
                region: rule.region.clone(),
                from_year: rule.from_year,
                problem,
            });
        }
        Ok(table)
    }

    /// The rule of a county in a year: that of the nearest division with one.
    pub(crate) fn of(&self, county: &str, year: i16) -> Option<&SettlementRule> {
        Divisions::standard().path(county).find_map(|division| {
            let rules = self.rules.iter();
            rules
                .filter(|rule| rule.region == division.code && rule.from_year <= year)
                .max_by_key(|rule| rule.from_year)
        })
    }
}

impl SettlementRule {
    /// Judges a marriage and whether the joined spouse owns a home in the county.
    ///
    /// # Errors
    /// `HOME_REQUIRED` or `MARRIED_TOO_SHORT`.
    pub(crate) fn judge(
        &self,
        married_on: Date,
        has_home: bool,
        today: Date,
    ) -> Result<(), Refusal> {
        if self.home_required && !has_home {
            let message = "The spouse who is joined owns no home in the county.";
            return Err(Refusal::new("HOME_REQUIRED", message).about("home_title_number"));
        }
        let months = months(today) - months(married_on) - i64::from(today.day() < married_on.day());
        if months < self.months_married {
            let message = format!(
                "The spouses must have been married for {} months.",
                self.months_married
            );
            return Err(Refusal::new("MARRIED_TOO_SHORT", message).about("married_on"));
        }
        Ok(())
    }
}

fn months(day: Date) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn reason(rule: &SettlementRule, married_on: Date, home: bool) -> Option<String> {
        let judged = rule.judge(married_on, home, date(2026, 5, 20));
        judged.err().map(|refusal| refusal.reason)
    }

    #[test]
    fn the_nearest_division_decides() {
        let rules = SettlementRules::standard().unwrap();
        assert!(rules.of("150302", 2026).unwrap().at_once);
        assert!(!rules.of("150105", 2026).unwrap().at_once);
        assert!(rules.of("150105", 2019).is_none());
        assert!(rules.of("110101", 2026).is_none());
    }

    #[test]
    fn a_home_and_the_time_of_marriage_count_where_the_rule_says_so() {
        let rule = SettlementRule {
            region: "150000".to_owned(),
            from_year: 2020,
            at_once: true,
            home_required: true,
            months_married: 12,
            source: "x".to_owned(),
        };
        assert_eq!(reason(&rule, date(2025, 5, 20), true), None);
        assert_eq!(
            reason(&rule, date(2025, 5, 21), true).as_deref(),
            Some("MARRIED_TOO_SHORT")
        );
        assert_eq!(
            reason(&rule, date(2025, 5, 20), false).as_deref(),
            Some("HOME_REQUIRED")
        );
        let free = SettlementRule {
            home_required: false,
            months_married: 0,
            ..rule
        };
        assert_eq!(reason(&free, date(2026, 5, 20), false), None);
    }

    #[test]
    fn a_defective_table_is_refused_with_the_rule() {
        let defects = [
            (
                STANDARD.replace("\"150100\"", "\"159900\""),
                "no such division",
            ),
            (
                STANDARD.replace("months_married = 0", "months_married = 601"),
                "a marriage has",
            ),
            (STANDARD.replace("at_once", "now"), "the table of"),
            (STANDARD.replace("\"150100\"", "\"150000\""), "stands twice"),
        ];
        for (text, problem) in defects {
            let error = SettlementRules::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
