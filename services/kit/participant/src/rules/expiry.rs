//! Expiry: what follows when the statutory time for deciding passes.

use super::{Decision, Found, Recorded};

/// What follows when the time for deciding passes undecided. The names are those of the metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Expiry {
    /// The coordinator calls on an owner; nothing changes here.
    #[default]
    Escalate,
    /// The coordinator undoes; nothing changes here until it does.
    Compensate,
    /// The law deems it approved.
    DeemedGranted,
    /// The law deems it refused.
    DeemedRefused,
}

impl Expiry {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Escalate,
        Self::Compensate,
        Self::DeemedGranted,
        Self::DeemedRefused,
    ];

    /// The name in the metadata.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Escalate => "escalate",
            Self::Compensate => "compensate",
            Self::DeemedGranted => "deemed_granted",
            Self::DeemedRefused => "deemed_refused",
        }
    }

    /// The kind with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|expiry| expiry.name() == name)
    }
}

/// What is to be done about a review at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiryVerdict {
    /// Nothing before the row's due time.
    NotYet,
    /// Nothing, ever: it is decided or withdrawn, or the department deems nothing.
    Never,
    /// Record this decision, as deemed.
    Deem(Decision),
}

/// What the law deems decided when the time passes; `None` when that is the coordinator's business.
pub fn deemed(expiry: Expiry) -> Option<Decision> {
    match expiry {
        Expiry::Escalate | Expiry::Compensate => None,
        Expiry::DeemedGranted => Some(Decision::Approve),
        Expiry::DeemedRefused => Some(Decision::Refuse),
    }
}

/// When the time for deciding ends after a repeat of the call that says so: a repeat may move it
/// later (a holiday was inserted, the clock stood still), never earlier, since a repeat may be an
/// old one that was under way for long.
pub fn due(recorded: Option<i64>, repeated: Option<i64>) -> Option<i64> {
    match (recorded, repeated) {
        (Some(recorded), Some(repeated)) => Some(recorded.max(repeated)),
        (recorded, _) => recorded,
    }
}

/// Judges a review at a time: one winner against an officer's decision, since both need the round
/// to be pending.
pub fn expire(found: Found<'_>, round: u32, now: i64) -> ExpiryVerdict {
    let Found::Row(row) = found else {
        return ExpiryVerdict::Never;
    };
    if round != row.round || row.recorded != Recorded::Pending {
        return ExpiryVerdict::Never;
    }
    let (Some(decision), Some(due)) = (deemed(row.expiry), row.due) else {
        return ExpiryVerdict::Never;
    };
    if now < due {
        ExpiryVerdict::NotYet
    } else {
        ExpiryVerdict::Deem(decision)
    }
}
