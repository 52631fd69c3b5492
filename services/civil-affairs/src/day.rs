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
