//! The department's day at an instant. Legal days are those of UTC+8, wherever the process runs.

use jiff::{Timestamp, civil::Date};
use onething_calendar::local_date;
use onething_participant::Fault;

/// The day in UTC+8 at `at`, in microseconds since the epoch.
///
/// # Errors
/// When the clock is set to no year that the calendar knows.
pub(crate) fn day(at: i64) -> Result<Date, Fault> {
    let instant = Timestamp::from_microsecond(at).map_err(|error| Fault::Corrupt {
        what: "the time".to_owned(),
        source: error.into(),
    })?;
    Ok(local_date(instant))
}

/// The year of the September for which children are registered now: from September on, the next.
pub(crate) fn intake(today: Date) -> i16 {
    today.year() + i16::from(today.month() >= 9)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn from_september_on_children_are_registered_for_the_next_year() {
        assert_eq!(intake(date(2026, 8, 31)), 2026);
        assert_eq!(intake(date(2026, 9, 1)), 2027);
        assert_eq!(intake(date(2027, 1, 1)), 2027);
    }
}
