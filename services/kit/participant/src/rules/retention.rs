//! Retention: what may be deleted, and what a call finds where something may have been.

use super::Recorded;

/// Whether a saga lies below its coordinator's low-water mark: the coordinator declared that every
/// saga whose id sorts before the mark has ended and sends nothing again.
pub fn is_forgotten(saga: &str, low_water: Option<&str>) -> bool {
    low_water.is_some_and(|mark| saga < mark)
}

/// Whether a row may be deleted: its saga has ended, the row is settled, and it is old enough.
pub fn may_forget(
    saga: &str,
    low_water: Option<&str>,
    recorded: Recorded,
    changed_at: i64,
    now: i64,
    minimum_age: i64,
) -> bool {
    is_forgotten(saga, low_water)
        && !matches!(recorded, Recorded::Pending | Recorded::InFlight)
        && now.saturating_sub(changed_at) >= minimum_age
}
