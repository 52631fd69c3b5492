//! Undo: what is annulled, withdrawn, closed or left as it is.

use super::{Found, Kind, Recorded};
use crate::Rejection;
use crate::mutant::{self, Mutant};

/// What is to be done with an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoVerdict {
    /// The key was never seen: record it as closed, and answer that there is nothing to undo.
    Close,
    /// The round was never seen: the row's round moves to the past and this one is recorded as
    /// closed. Answer that there is nothing to undo.
    CloseNextRound,
    /// The round is under review: withdraw the review and record it as closed. Answer that there is
    /// nothing to undo.
    Withdraw,
    /// The round has an effect that can be annulled: annul it from what was recorded and record
    /// what [`annulled`] says.
    Annul,
    /// The call went on to another system: record that it is to be undone. Answer that it is under
    /// way, never that there is nothing to undo, until it is known what became of it.
    Wish,
    /// Answer that there is nothing to undo; change nothing.
    Nothing,
    /// Answer that it is undone; change nothing.
    Undone,
    /// Answer that it took effect and stays; change nothing.
    AlreadyEffective,
    /// Change nothing.
    Rejected(Rejection),
}

/// Judges an undo (rules 1, 4, 7, 8 and 9). `kind` is that of the row's method and matters only when
/// the row has an effect.
pub fn undo(found: Found<'_>, kind: Kind, round: u32, epoch: u64) -> UndoVerdict {
    let row = match found {
        Found::Nothing if mutant::active(Mutant::TombstoneForgotten) => {
            return UndoVerdict::Nothing;
        }
        Found::Nothing => return UndoVerdict::Close,
        Found::Forgotten => return UndoVerdict::Rejected(Rejection::Closed),
        Found::Row(row) => row,
    };
    if epoch < row.epoch && !mutant::active(Mutant::EpochIgnored) {
        return UndoVerdict::Rejected(Rejection::StaleEpoch);
    }
    if round < row.round {
        // A later round opens only once this one has no effect.
        return UndoVerdict::Nothing;
    }
    if round > row.round {
        return if row.recorded.is_without_effect() {
            UndoVerdict::CloseNextRound
        } else {
            UndoVerdict::Rejected(Rejection::RoundNotOpen)
        };
    }
    match (row.recorded, kind) {
        (Recorded::Refused | Recorded::Returned | Recorded::Closed, _) => UndoVerdict::Nothing,
        (Recorded::Undone, _) => UndoVerdict::Undone,
        (Recorded::InFlight, _) => UndoVerdict::Wish,
        (Recorded::Pending, _) if mutant::active(Mutant::ReviewNotWithdrawn) => {
            UndoVerdict::Nothing
        }
        (Recorded::Pending, _) => UndoVerdict::Withdraw,
        (Recorded::Succeeded, Kind::Compensable) => UndoVerdict::Annul,
        (Recorded::Succeeded, Kind::Pivot) if mutant::active(Mutant::PivotAnnulled) => {
            UndoVerdict::Annul
        }
        (Recorded::Succeeded, Kind::Pivot | Kind::Forward) => UndoVerdict::AlreadyEffective,
    }
}

/// How annulling ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Annulment {
    /// The effect is annulled.
    Done,
    /// It is under way; the caller asks again.
    Pending,
    /// It cannot be annulled; what was written for it is taken back.
    Impossible,
}

/// What is recorded after annulling (rule 5: until it is done, the effect stands).
pub fn annulled(annulment: Annulment) -> Recorded {
    match annulment {
        Annulment::Pending if mutant::active(Mutant::PendingUndoIsDone) => Recorded::Undone,
        Annulment::Done => Recorded::Undone,
        Annulment::Pending | Annulment::Impossible => Recorded::Succeeded,
    }
}
