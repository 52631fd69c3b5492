//! How long ago a birth may be that is registered online. Older ones are for the office itself.

use jiff::{ToSpan, civil::Date};
use onething_participant::Refusal;

const FIELD: &str = "born_on";

/// Judges the day of birth on a day, both in UTC+8. Online registration ends twelve months after
/// the birth; the day of the twelfth month is still in time.
///
/// # Errors
/// `BORN_IN_FUTURE` and `CHILD_TOO_OLD`.
pub(crate) fn check(born_on: Date, today: Date) -> Result<(), Refusal> {
    if born_on > today {
        let message = "The day of birth lies in the future.";
        return Err(Refusal::new("BORN_IN_FUTURE", message).about(FIELD));
    }
    if born_on.saturating_add(12.months()) < today {
        let message = "The child is older than twelve months: the office of public security \
                       registers it upon inspection of the papers.";
        return Err(Refusal::new("CHILD_TOO_OLD", message).about(FIELD));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn reason(born_on: Date, today: Date) -> Option<String> {
        check(born_on, today).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn twelve_months_are_in_time_and_a_day_more_is_not() {
        let today = date(2026, 11, 23);
        assert_eq!(reason(today, today), None);
        assert_eq!(reason(date(2025, 11, 23), today), None);
        let late = Some("CHILD_TOO_OLD".to_owned());
        assert_eq!(reason(date(2025, 11, 22), today), late);
        // A child of a leap day is twelve months old on the last day of February.
        assert_eq!(reason(date(2024, 2, 29), date(2025, 2, 28)), None);
        assert_eq!(reason(date(2024, 2, 29), date(2025, 3, 1)), late);
    }

    #[test]
    fn tomorrow_has_not_been() {
        let today = date(2026, 12, 31);
        let refused = reason(date(2027, 1, 1), today);
        assert_eq!(refused, Some("BORN_IN_FUTURE".to_owned()));
        assert_eq!(reason(Date::MAX, Date::MAX), None);
    }
}
