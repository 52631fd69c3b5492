//! Decisions taken later: which one counts.

use crate::mutant::{self, Mutant};

use super::{ExpiryVerdict, Found, Recorded, expire};

/// What an officer decides, or the law deems decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The effect takes place now.
    Approve,
    /// It is refused, with no effect.
    Refuse,
    /// It goes back to the applicant, with no effect.
    Return,
}

impl Decision {
    /// How the round stands afterwards.
    pub const fn recorded(self) -> Recorded {
        match self {
            Self::Approve => Recorded::Succeeded,
            Self::Refuse => Recorded::Refused,
            Self::Return => Recorded::Returned,
        }
    }
}

/// What is to be done with a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionVerdict {
    /// It counts: record [`Decision::recorded`], the effect of an approval, and an entry in the
    /// decision log.
    Take,
    /// The time for deciding has passed and the law deems this decided: record that in place of
    /// what the officer decided, who is told of the conflict.
    DeemInstead(Decision),
    /// Change nothing: the round is decided or withdrawn, as told, or another round is open.
    Conflict(Recorded),
    /// Change nothing: there is no such review.
    NotSeen,
}

/// Judges an officer's decision at a time (rules 6, 7 and 8). The first one committed counts.
pub fn decide(found: Found<'_>, round: u32, now: i64) -> DecisionVerdict {
    let Found::Row(row) = found else {
        return DecisionVerdict::NotSeen;
    };
    if round > row.round {
        return DecisionVerdict::NotSeen;
    }
    let closed = row.recorded != Recorded::Pending;
    if closed && round == row.round && mutant::active(Mutant::LateDecisionCounts) {
        return DecisionVerdict::Take;
    }
    if round < row.round || closed {
        return DecisionVerdict::Conflict(row.recorded);
    }
    match expire(found, round, now) {
        // The pace of whoever looks for expired reviews must not decide what the law has decided.
        ExpiryVerdict::Deem(decision) => DecisionVerdict::DeemInstead(decision),
        ExpiryVerdict::NotYet | ExpiryVerdict::Never => DecisionVerdict::Take,
    }
}
