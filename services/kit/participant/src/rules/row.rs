//! What is recorded for a key, as the rules see it.

use super::Expiry;

/// How the round in a row stands. The names are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// The call took effect.
    Succeeded,
    /// The call was refused, with no effect.
    Refused,
    /// An officer returned the application to the applicant, with no effect.
    Returned,
    /// The call is under review: nothing took effect yet.
    Pending,
    /// The call went on to another system, and what became of it is not known yet.
    InFlight,
    /// The effect was annulled.
    Undone,
    /// The key was closed without effect: before any call with it arrived, or while under review.
    Closed,
}

impl Recorded {
    /// Every way in which a round can stand.
    pub const ALL: [Self; 7] = [
        Self::Succeeded,
        Self::Refused,
        Self::Returned,
        Self::Pending,
        Self::InFlight,
        Self::Undone,
        Self::Closed,
    ];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Returned => "returned",
            Self::Pending => "pending",
            Self::InFlight => "in_flight",
            Self::Undone => "undone",
            Self::Closed => "closed",
        }
    }

    /// The one with a stored name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|recorded| recorded.name() == name)
    }

    /// Whether it is settled that no effect is in force, so that a later round may open (rule 1).
    pub const fn is_without_effect(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::Returned | Self::Undone | Self::Closed
        )
    }
}

/// What may be undone in law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Its effect can be annulled.
    Compensable,
    /// The point of legal effect.
    Pivot,
    /// It must succeed in the end.
    Forward,
}

/// The row of (coordinator, saga, step, item): the round that is the last, and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The round, from 1.
    pub round: u32,
    /// The highest epoch seen.
    pub epoch: u64,
    /// The method's full name; empty for a key that was closed before a call arrived.
    pub method: &'a str,
    /// SHA-256 of the request's bytes.
    pub digest: &'a [u8],
    /// How the round stands.
    pub recorded: Recorded,
    /// When the time for deciding ends, in microseconds since the epoch.
    pub due: Option<i64>,
    /// What follows when it passes undecided.
    pub expiry: Expiry,
}

/// What was found for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// Nothing: the key was never seen.
    Nothing,
    /// Nothing, but the saga lies below its coordinator's low-water mark ([`super::is_forgotten`]):
    /// what was recorded may have been deleted, and nothing may be opened again.
    Forgotten,
    /// A row.
    Row(Row<'a>),
}

/// The highest epoch seen after a call or question with `epoch` was let through (rule 9).
pub fn raised(seen: u64, epoch: u64) -> u64 {
    seen.max(epoch)
}
