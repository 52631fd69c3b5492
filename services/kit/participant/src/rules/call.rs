//! Do: whether a call is carried out, answered from what is recorded, or rejected.

use sha2::{Digest, Sha256};

use super::{Found, Kind, Recorded, Row};
use crate::Rejection;
use crate::mutant::{self, Mutant};

/// An action call, as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incoming<'a> {
    /// The round, from 1.
    pub round: u32,
    /// The fencing number of the coordinator's lease.
    pub epoch: u64,
    /// The method's full name.
    pub method: &'a str,
    /// [`digest`] of the request's bytes.
    pub digest: &'a [u8],
}

/// What is to be done with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallVerdict {
    /// Carry it out and record it in a new row.
    Perform,
    /// Carry it out and record it in the row, whose round moves to the past.
    PerformNextRound,
    /// Answer what is recorded: the answer, the refusal, or that it is pending.
    Repeat,
    /// Change nothing.
    Rejected(Rejection),
}

/// The digest of a request: SHA-256 of its wire bytes, taken before decoding (rule 2).
pub fn digest(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// Judges an action call (rules 1, 2, 3, 4 and 9).
pub fn call(found: Found<'_>, incoming: Incoming<'_>) -> CallVerdict {
    let row = match found {
        // A first round that is not the lowest is let through: the rounds before it may have ended
        // without this department hearing of them.
        Found::Nothing => return CallVerdict::Perform,
        Found::Forgotten => return CallVerdict::Rejected(Rejection::Closed),
        Found::Row(row) => row,
    };
    if incoming.epoch < row.epoch && !mutant::active(Mutant::EpochIgnored) {
        return CallVerdict::Rejected(Rejection::StaleEpoch);
    }
    if incoming.round < row.round {
        if mutant::active(Mutant::PastRoundServed) {
            return CallVerdict::Perform;
        }
        return CallVerdict::Rejected(Rejection::Closed);
    }
    if incoming.round > row.round {
        let open = row.recorded.is_without_effect() || mutant::active(Mutant::RoundReopened);
        return if open {
            CallVerdict::PerformNextRound
        } else {
            CallVerdict::Rejected(Rejection::RoundNotOpen)
        };
    }
    repeat(row, incoming)
}

/// The round is the one recorded: a repeat gets what the first call got.
fn repeat(row: Row<'_>, incoming: Incoming<'_>) -> CallVerdict {
    match row.recorded {
        Recorded::Undone | Recorded::Closed if mutant::active(Mutant::ClosedKeyServed) => {
            CallVerdict::Perform
        }
        Recorded::Undone | Recorded::Closed => CallVerdict::Rejected(Rejection::Closed),
        Recorded::Succeeded
        | Recorded::Refused
        | Recorded::Returned
        | Recorded::Pending
        | Recorded::InFlight => {
            let same = row.digest == incoming.digest && row.method == incoming.method;
            if same && mutant::active(Mutant::RepeatPerforms) {
                CallVerdict::Perform
            } else if same || mutant::active(Mutant::DigestIgnored) {
                CallVerdict::Repeat
            } else {
                CallVerdict::Rejected(Rejection::DigestMismatch)
            }
        }
    }
}

/// Whether a call that is to be carried out is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Carry it out.
    Carry,
    /// Record the refusal `MATTER_SUSPENDED`.
    Refuse,
    /// Record nothing and let the caller come again.
    Wait,
}

/// Judges a call whose matter may be suspended: a forward step cannot be refused, so it waits.
pub fn admission(suspended: bool, kind: Kind) -> Admission {
    match (suspended, kind) {
        (false, _) => Admission::Carry,
        (true, Kind::Forward) => Admission::Wait,
        (true, Kind::Compensable | Kind::Pivot) => Admission::Refuse,
    }
}

/// How carrying a call out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Performed {
    /// It took effect.
    Succeeded,
    /// The department refused: what was written for the effect is taken back.
    Refused,
    /// It is decided later: only the review was written.
    Pending,
    /// It is to be carried out by another system, outside the transaction (rule 11).
    InFlight,
    /// Something failed.
    Failed,
}

/// What is recorded; `None` takes everything back, the key's row included (rule 6: only success,
/// refusal and pending are stored, never errors).
pub fn settled(performed: Performed) -> Option<Recorded> {
    match performed {
        Performed::Succeeded => Some(Recorded::Succeeded),
        Performed::Refused if mutant::active(Mutant::RefusalRecordedAsSuccess) => {
            Some(Recorded::Succeeded)
        }
        Performed::Refused => Some(Recorded::Refused),
        Performed::Pending => Some(Recorded::Pending),
        Performed::InFlight => Some(Recorded::InFlight),
        Performed::Failed => None,
    }
}
