//! Civil dates in UTC+8, the one legal time of the whole country. Owns no calendar rule.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

const BEIJING: Offset = Offset::constant(8);

/// The civil date in UTC+8 at an instant: "today" for a citizen and for an officer.
#[must_use]
pub fn local_date(instant: Timestamp) -> Date {
    BEIJING.to_datetime(instant).date()
}

/// The first instant of a civil date in UTC+8.
///
/// Dates at the very edge of the supported range (year 9999) saturate.
#[must_use]
pub fn start_of_day(date: Date) -> Timestamp {
    BEIJING
        .to_timestamp(date.to_datetime(Time::midnight()))
        .unwrap_or(Timestamp::MAX)
}

/// The first instant after a civil date in UTC+8: a deadline on that date has passed from here on.
#[must_use]
pub fn end_of_day(date: Date) -> Timestamp {
    start_of_day(date)
        .checked_add(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_day_changes_at_sixteen_hundred_utc() {
        assert_eq!(local_date(at("2026-02-13T15:59:59Z")), date(2026, 2, 13));
        assert_eq!(local_date(at("2026-02-13T16:00:00Z")), date(2026, 2, 14));
    }

    #[test]
    fn a_day_is_bounded_by_its_own_instants() {
        let day = date(2026, 2, 14);
        assert_eq!(start_of_day(day), at("2026-02-13T16:00:00Z"));
        assert_eq!(end_of_day(day), at("2026-02-14T16:00:00Z"));
        assert_eq!(local_date(start_of_day(day)), day);
        assert_eq!(end_of_day(Date::MAX), Timestamp::MAX);
    }
}
