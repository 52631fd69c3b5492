//! How long a record of misconduct is published (公示期), by its class: a dated table. It knows no
//! records.

use jiff::{ToSpan, civil::Date};
use onething_participant::Refusal;
use serde::Deserialize;

const STANDARD: &str = include_str!("../data/credit-repair.toml");

/// The periods of all classes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Periods {
    #[serde(rename = "period")]
    periods: Vec<Period>,
}

/// What holds for a class from a day on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Period {
    class: String,
    from: Date,
    shortest_months: i32,
    longest_months: i32,
    /// Who said so.
    source: String,
}

/// What is wrong with a table of periods.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeriodsError {
    /// It is no such table.
    #[error("the table of publicity periods")]
    Toml(#[from] toml::de::Error),
    /// A row means nothing.
    #[error("the publicity period of {class} from {from}: {problem}")]
    Row {
        class: String,
        from: Date,
        problem: &'static str,
    },
}

/// When a record can be repaired and when its publicity ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Publicity {
    /// The first day on which it can be repaired.
    pub(crate) repairable_from: Date,
    /// The day on which its publicity ends.
    pub(crate) until: Date,
}

impl Periods {
    /// The periods of the embedded table.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub(crate) fn standard() -> Result<Self, PeriodsError> {
        Self::parse(STANDARD)
    }

    fn parse(text: &str) -> Result<Self, PeriodsError> {
        let table: Self = toml::from_str(text)?;
        for row in &table.periods {
            let problem = if row.shortest_months < 0 || row.longest_months <= row.shortest_months {
                "the longest time is above the shortest"
            } else if row.source.is_empty() {
                "its source is missing"
            } else {
                continue;
            };
            return Err(PeriodsError::Row {
                class: row.class.clone(),
                from: row.from,
                problem,
            });
        }
        Ok(table)
    }

    /// The publicity of a record of a class that was decided on a day, by the rules of `today`. Before
    /// the first rule of a class that one counts: what was in force then is not known here. None for a
    /// class that the table lacks.
    pub(crate) fn publicity(
        &self,
        class: &str,
        decided_on: Date,
        today: Date,
    ) -> Option<Publicity> {
        let rows = || self.periods.iter().filter(|row| row.class == class);
        let in_force = rows().filter(|row| row.from <= today);
        let row = in_force
            .max_by_key(|row| row.from)
            .or_else(|| rows().min_by_key(|row| row.from))?;
        Some(Publicity {
            repairable_from: decided_on.saturating_add(row.shortest_months.months()),
            until: decided_on.saturating_add(row.longest_months.months()),
        })
    }
}

impl Publicity {
    /// Checks that a record whose duties are, or are not, fulfilled can be repaired today.
    ///
    /// # Errors
    /// `PUBLICITY_OVER`, `DUTY_NOT_FULFILLED` or `PERIOD_NOT_OVER`.
    pub(crate) fn check(&self, duty_fulfilled: bool, today: Date) -> Result<(), Refusal> {
        let refusal = |reason: &str, message: &str| {
            Err(Refusal::new(reason, message).about("decision_number"))
        };
        if today >= self.until {
            let message = "The record's publicity has ended by itself: nothing is left to repair.";
            return refusal("PUBLICITY_OVER", message);
        }
        if !duty_fulfilled {
            let message = "The misconduct is not corrected or a duty of the decision is open.";
            return refusal("DUTY_NOT_FULFILLED", message);
        }
        if today < self.repairable_from {
            let message = "The shortest time of publicity is not over.";
            return refusal("PERIOD_NOT_OVER", message);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn publicity(class: &str, decided_on: Date, today: Date) -> Publicity {
        let periods = Periods::standard().unwrap();
        periods.publicity(class, decided_on, today).unwrap()
    }

    #[test]
    fn each_class_has_its_shortest_and_longest_time() {
        let (decided, today) = (date(2026, 5, 31), date(2026, 6, 1));
        for (class, from, until) in [
            ("minor", date(2026, 5, 31), date(2026, 8, 31)),
            ("general", date(2026, 8, 31), date(2027, 5, 31)),
            ("serious", date(2027, 5, 31), date(2029, 5, 31)),
        ] {
            let found = publicity(class, decided, today);
            assert_eq!(
                (found.repairable_from, found.until),
                (from, until),
                "{class}"
            );
        }
        // The last day of a shorter month.
        let found = publicity("general", date(2026, 11, 30), today);
        assert_eq!(found.repairable_from, date(2027, 2, 28));
        let periods = Periods::standard().unwrap();
        assert_eq!(periods.publicity("grave", decided, today), None);
    }

    #[test]
    fn time_duties_and_the_end_decide() {
        let decided = date(2026, 5, 10);
        let reason = |class: &str, fulfilled: bool, today: Date| {
            let found = publicity(class, decided, today).check(fulfilled, today);
            found.err().map(|refusal| refusal.reason)
        };
        let general = |fulfilled, today| reason("general", fulfilled, today);
        assert_eq!(general(true, date(2026, 8, 9)).unwrap(), "PERIOD_NOT_OVER");
        assert_eq!(general(true, date(2026, 8, 10)), None);
        assert_eq!(
            general(false, date(2026, 8, 10)).unwrap(),
            "DUTY_NOT_FULFILLED"
        );
        assert_eq!(general(true, date(2027, 5, 9)), None);
        assert_eq!(general(true, date(2027, 5, 10)).unwrap(), "PUBLICITY_OVER");
        // A minor record waits for its duties only.
        assert_eq!(reason("minor", true, decided), None);
        assert_eq!(
            reason("minor", false, decided).unwrap(),
            "DUTY_NOT_FULFILLED"
        );
        let serious = reason("serious", true, date(2027, 5, 9));
        assert_eq!(serious.unwrap(), "PERIOD_NOT_OVER");
    }

    #[test]
    fn the_last_rule_in_force_counts() {
        let table = r#"
            [[period]]
            class = "general"
            from = "2026-04-01"
            shortest_months = 3
            longest_months = 12
            source = "first"
            [[period]]
            class = "general"
            from = "2027-01-01"
            shortest_months = 6
            longest_months = 18
            source = "second"
        "#;
        let periods = Periods::parse(table).unwrap();
        let from = |today| {
            let found = periods.publicity("general", date(2026, 12, 1), today);
            found.unwrap().repairable_from
        };
        assert_eq!(from(date(2025, 1, 1)), date(2027, 3, 1));
        assert_eq!(from(date(2026, 12, 31)), date(2027, 3, 1));
        assert_eq!(from(date(2027, 1, 1)), date(2027, 6, 1));
        for broken in [
            table.replace("longest_months = 18", "longest_months = 6"),
            table.replace("\"second\"", "\"\""),
            table.replace("class", "kind"),
        ] {
            assert!(Periods::parse(&broken).is_err());
        }
    }
}
