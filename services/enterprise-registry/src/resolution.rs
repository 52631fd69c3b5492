//! How old the owners' resolution may be to move or to change what is registered (公司法, article 34:
//! apply within 30 days).

use jiff::{ToSpan, civil::Date};
use onething_participant::Refusal;

/// How many days after the resolution an enterprise may apply.
const LONGEST_AGE_DAYS: i64 = 30;
const FIELD: &str = "resolution_date";

/// Checks the day of a resolution against today, both in UTC+8.
///
/// # Errors
/// `RESOLUTION_IN_FUTURE` or `RESOLUTION_TOO_OLD`.
pub(crate) fn check(resolved: Date, today: Date) -> Result<(), Refusal> {
    if resolved > today {
        let message = "The resolution is dated in the future.";
        return Err(Refusal::new("RESOLUTION_IN_FUTURE", message).about(FIELD));
    }
    if resolved < today.saturating_sub(LONGEST_AGE_DAYS.days()) {
        let message = "The resolution is more than 30 days old.";
        return Err(Refusal::new("RESOLUTION_TOO_OLD", message).about(FIELD));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn thirty_days_are_allowed_and_no_day_ahead() {
        let today = date(2026, 3, 31);
        assert_eq!(check(today, today), Ok(()));
        assert_eq!(check(date(2026, 3, 1), today), Ok(()));
        let old = check(date(2026, 2, 28), today).unwrap_err();
        assert_eq!(
            (old.reason.as_str(), old.field.as_str()),
            ("RESOLUTION_TOO_OLD", FIELD)
        );
        let ahead = check(date(2026, 4, 1), today).unwrap_err();
        assert_eq!(ahead.reason, "RESOLUTION_IN_FUTURE");
    }
}
