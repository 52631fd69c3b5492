//! The numbers of the documents that a registrar issues, for example `QS150302-2026-000001`: the
//! letters of the kind, the registrar's division, the year, a serial.
//!
//! Each registrar counts each kind from 1 every year (UTC+8). Serials have six digits, and more
//! once a million is reached. A number is never given out twice; what is annulled keeps its own.

use onething_db::Tx;
use onething_participant::Fault;

use crate::{day::day, store::sequence};

/// A kind of document. The letters are those of its Chinese name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Lock at the origin (迁移锁定).
    Lock,
    /// Acceptance at the destination (准予迁入).
    Acceptance,
    /// Release by the origin (准予迁出).
    Release,
    /// Registration archive (登记档案).
    Archive,
    /// Business licence (营业执照).
    Licence,
    /// Reservation of a name (名称保留).
    Reservation,
    /// Notice of a change (准予变更登记通知书).
    Notice,
    /// Note of a conversion (转型备注).
    Conversion,
    /// Permit (许可证).
    Permit,
    /// Decision to repair a record (信用修复决定).
    Repair,
    /// Entry in the publicity system (公示).
    Publicity,
}

impl Kind {
    const fn letters(self) -> &'static str {
        match self {
            Self::Lock => "QS",
            Self::Acceptance => "QR",
            Self::Release => "QC",
            Self::Archive => "DA",
            Self::Licence => "YZ",
            Self::Reservation => "MC",
            Self::Notice => "BG",
            Self::Conversion => "ZX",
            Self::Permit => "XK",
            Self::Repair => "XF",
            Self::Publicity => "GS",
        }
    }
}

/// Issues the next number of a kind at a registrar, in the transaction of the document itself.
///
/// # Errors
/// When the database or the clock fails.
pub(crate) async fn issue(
    tx: &mut Tx,
    kind: Kind,
    registrar: &str,
    at: i64,
) -> Result<String, Fault> {
    let year = day(at)?.year();
    let letters = kind.letters();
    let serial = sequence::next(tx, letters, registrar, year.into()).await?;
    Ok(format!("{letters}{registrar}-{year}-{serial:06}"))
}
