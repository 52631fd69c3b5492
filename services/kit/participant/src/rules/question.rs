//! GetOutcome: what a question about a key is answered from.

use super::Found;
use crate::Rejection;
use crate::mutant::{self, Mutant};

/// What a question is answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionVerdict {
    /// The key was never seen. That proves nothing (rule 4).
    NotSeen,
    /// The row's round.
    Current,
    /// The past round, if one is kept; else it was never seen.
    Past,
    /// Nothing is told.
    Rejected(Rejection),
}

/// Judges a question (rules 4 and 9).
pub fn question(found: Found<'_>, round: u32, epoch: u64) -> QuestionVerdict {
    let row = match found {
        Found::Nothing => return QuestionVerdict::NotSeen,
        Found::Forgotten => return QuestionVerdict::Rejected(Rejection::Closed),
        Found::Row(row) => row,
    };
    if epoch < row.epoch && !mutant::active(Mutant::EpochIgnored) {
        return QuestionVerdict::Rejected(Rejection::StaleEpoch);
    }
    match round.cmp(&row.round) {
        std::cmp::Ordering::Less => QuestionVerdict::Past,
        std::cmp::Ordering::Equal => QuestionVerdict::Current,
        std::cmp::Ordering::Greater => QuestionVerdict::NotSeen,
    }
}
