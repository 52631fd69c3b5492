//! The numbers that social security gives out, for example `YB150105-2026-000001`: the letters of
//! the kind, the place, the year (UTC+8), a serial that counts from 1 each year. A number is never
//! given out twice; what is cancelled keeps its own.

use jiff::{Timestamp, civil::Date};
use onething_calendar::local_date;
use onething_db::Tx;
use onething_participant::Fault;

use crate::store::serial;

/// The region as a whole, for what is not counted by county.
pub(crate) const REGION: &str = "150000";

/// A kind of number. The letters are those of its Chinese name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Enrolment in resident medical insurance (医保).
    Enrolment,
    /// Social security card (社保卡).
    Card,
    /// Maternity benefit (生育).
    Benefit,
    /// Social insurance unit (社保单位).
    SocialUnit,
    /// Medical insurance unit (医保单位).
    MedicalUnit,
}

impl Kind {
    const fn letters(self) -> &'static str {
        match self {
            Self::Enrolment => "YB",
            Self::Card => "SK",
            Self::Benefit => "SY",
            Self::SocialUnit => "SD",
            Self::MedicalUnit => "YD",
        }
    }
}

/// Issues the next number of a kind at a place, in the transaction of what it numbers.
///
/// # Errors
/// When the database or the clock fails.
pub(crate) async fn issue(tx: &mut Tx, kind: Kind, place: &str, at: i64) -> Result<String, Fault> {
    let year = day(at)?.year();
    let letters = kind.letters();
    let serial = serial::next(tx, letters, place, year.into()).await?;
    Ok(format!("{letters}{place}-{year}-{serial:06}"))
}

/// The day of a moment in UTC+8.
///
/// # Errors
/// When the moment is out of the calendar's range.
pub(crate) fn day(at: i64) -> Result<Date, Fault> {
    let at = Timestamp::from_microsecond(at).map_err(|error| Fault::Corrupt {
        what: "the clock".to_owned(),
        source: error.into(),
    })?;
    Ok(local_date(at))
}
