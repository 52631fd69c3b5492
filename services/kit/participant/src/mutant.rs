//! Rules that can be broken one at a time, so that the simulation can show that it would notice. Without
//! the feature `mutants` nothing of this is left in the program.

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// A call under an epoch that was overtaken is served.
    EpochIgnored,
    /// Closing a key that was never seen leaves no trace.
    TombstoneForgotten,
    /// Another request under a known key gets the recorded answer.
    DigestIgnored,
    /// A round opens while the one before is in force.
    RoundReopened,
    /// A call whose key is closed is carried out.
    ClosedKeyServed,
    /// A repeated call is carried out again.
    RepeatPerforms,
    /// A refusal is recorded as a success.
    RefusalRecordedAsSuccess,
    /// An undo leaves an open review to its officer.
    ReviewNotWithdrawn,
    /// A pivot is annulled.
    PivotAnnulled,
    /// A decision counts although the review is closed.
    LateDecisionCounts,
    /// A call of an earlier round is carried out.
    PastRoundServed,
    /// An effect that is still in force counts as annulled while the undo is under way.
    PendingUndoIsDone,
}

impl Mutant {
    /// Every one.
    pub const ALL: [Self; 12] = [
        Self::EpochIgnored,
        Self::TombstoneForgotten,
        Self::DigestIgnored,
        Self::RoundReopened,
        Self::ClosedKeyServed,
        Self::RepeatPerforms,
        Self::RefusalRecordedAsSuccess,
        Self::ReviewNotWithdrawn,
        Self::PivotAnnulled,
        Self::LateDecisionCounts,
        Self::PastRoundServed,
        Self::PendingUndoIsDone,
    ];
}

#[cfg(feature = "mutants")]
mod switch {
    use std::cell::Cell;

    use super::Mutant;

    thread_local! {
        static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Breaks a rule on this thread from now on, in place of any other.
    pub fn switch_on(mutant: Option<Mutant>) {
        ACTIVE.set(mutant);
    }

    /// Whether a rule is broken on this thread.
    pub(crate) fn active(mutant: Mutant) -> bool {
        ACTIVE.get() == Some(mutant)
    }
}

#[cfg(feature = "mutants")]
pub(crate) use switch::active;
#[cfg(feature = "mutants")]
pub use switch::switch_on;

/// No rule is ever broken.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn active(_: Mutant) -> bool {
    false
}
