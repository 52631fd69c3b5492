//! What happened to each record, in order. Entries are only ever added; the database itself
//! refuses anything else.

use onething_db::{Error, Sql, Tx, args};
use serde_json::Value;

pub(super) const ADD: Sql = Sql::both(
    "INSERT INTO enterprise_history (credit_code, position, change, document_number, cause, \
     before, after, changed_at) \
     SELECT $1, COALESCE(MAX(position), $8) + 1, $2, $3, $4, $5, $6, $7 \
     FROM enterprise_history WHERE credit_code = $1 RETURNING position",
);

/// One entry.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) credit_code: &'a str,
    pub(crate) change: Change,
    /// The document that it is about.
    pub(crate) document_number: &'a str,
    /// The key of the call that changed the record, or whose effect was annulled.
    pub(crate) cause: &'a str,
    /// The attributes that changed, as they were.
    pub(crate) before: Value,
    /// The attributes that changed, as they are.
    pub(crate) after: Value,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Locked,
    Unlocked,
    Accepted,
    AcceptanceCancelled,
    Released,
    ReleaseCancelled,
    ArchiveHandedOver,
    ArchiveReturned,
    Relocated,
    NameReserved,
    NameReleased,
    ItemsChanged,
    Converted,
    SetUp,
    RepairDecided,
    RepairWithdrawn,
    Repaired,
    PermitsReissued,
}

impl Change {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::Accepted => "accepted",
            Self::AcceptanceCancelled => "acceptance_cancelled",
            Self::Released => "released",
            Self::ReleaseCancelled => "release_cancelled",
            Self::ArchiveHandedOver => "archive_handed_over",
            Self::ArchiveReturned => "archive_returned",
            Self::Relocated => "relocated",
            Self::NameReserved => "name_reserved",
            Self::NameReleased => "name_released",
            Self::ItemsChanged => "items_changed",
            Self::Converted => "converted",
            Self::SetUp => "set_up",
            Self::RepairDecided => "repair_decided",
            Self::RepairWithdrawn => "repair_withdrawn",
            Self::Repaired => "repaired",
            Self::PermitsReissued => "permits_reissued",
        }
    }
}

/// Adds an entry to a record that the caller has locked in the database, and tells its position: that
/// of a later entry is higher.
pub(crate) async fn add(tx: &mut Tx, entry: Entry<'_>, at: i64) -> Result<i64, Error> {
    go_on(tx, entry, 0, at).await
}

/// Adds the first entry of a record that goes on where another one ended, at that one's position.
pub(crate) async fn go_on(
    tx: &mut Tx,
    entry: Entry<'_>,
    ended: i64,
    at: i64,
) -> Result<i64, Error> {
    let args = args![
        entry.credit_code,
        entry.change.as_str(),
        entry.document_number,
        entry.cause,
        entry.before,
        entry.after,
        at,
        ended,
    ];
    let (position,) = tx.fetch_one(ADD, args).await?;
    Ok(position)
}
