//! Rules that can be broken one at a time, so that the simulation can show that it would notice. Without
//! the feature `mutants` nothing of this is left in the program.

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutant {
    /// Only a step that succeeded is undone; one in doubt is taken as without effect.
    UndoOnlySucceeded,
    /// A pivot in doubt does not keep its segment from turning backward.
    PivotInDoubtTurnsBack,
    /// A step is undone before what builds on it.
    UndoInForwardOrder,
    /// Undoing begins while a sibling is in flight.
    SiblingNotAwaited,
    /// A waiting sibling is left to its officer.
    WaitingNotClosed,
    /// An optional step that failed is left out without closing its key.
    OptionalNotClosed,
    /// A partial end names another outcome.
    WrongOutcome,
    /// A withdrawal undoes what is complete although something irrevocable stands.
    WithdrawalUndoesAll,
    /// One operator proposes and approves.
    OnePersonRule,
    /// A doubt counts as a refusal.
    DoubtIsRefusal,
    /// A key never seen counts as refused.
    NotSeenIsRefusal,
    /// A success is accepted after the undo.
    LateSuccessAccepted,
    /// A forward step's refusal turns its segment backward.
    ForwardTurnsBack,
    /// A segment starts while one it stands on may still fail.
    SegmentsNotAwaited,
    /// A step starts without what it comes after.
    OrderIgnored,
    /// A pivot that took effect counts as undone.
    EffectivePivotIsUndone,
    /// An undo that is impossible counts as done.
    ImpossibleUndoIsDone,
    /// An undo in doubt counts as done.
    DoubtfulUndoIsDone,
    /// A step that is tried again does not open a round.
    RoundNotOpened,
    /// What follows from a result is done before the result is committed.
    ActsBeforeCommit,
    /// The journal does not look at the writer's epoch.
    JournalIgnoresEpoch,
    /// A stream's position is stored before what was read from it.
    PositionBeforeInbox,
    /// A commit of unknown outcome counts as done.
    UnknownCommitTrusted,
    /// The same submission is accepted again.
    SubmissionDoubled,
    /// A message that comes before its step waits is not kept.
    EarlyMessageForgotten,
    /// The same message is kept twice.
    MessageDoubled,
    /// Two steps take the same message.
    MessageTakenTwice,
    /// A timer is over as soon as it is looked at.
    TimerFiresEarly,
    /// A correction changes what an effect that stays was built on.
    CorrectionIgnoresEffects,
    /// What a correction concerns does not run again.
    CorrectionRerunsNothing,
    /// What runs again is not undone first.
    RerunWithoutUndo,
    /// The clock runs on while the applicant corrects.
    ClockNotStopped,
    /// A return counts as a refusal.
    ReturnIsRefusal,
    /// The end of a statutory time is missed.
    ExpiryMissed,
    /// The end of a statutory time undoes nothing.
    ExpiryUndoesNothing,
    /// The engine itself deems decided what only a department can.
    EngineDeems,
    /// The end of the case's time stops nothing.
    TimeLimitIgnored,
    /// A pivot starts on answers that are too old.
    StaleAnswersUsed,
    /// All items of a list share a key.
    ItemsShareKey,
    /// Something in effect is skipped.
    SkipsEffect,
    /// A proposal can be approved after it was declined.
    DeclinedIsOpen,
    /// A case forgets which one it annuls.
    AnnulmentUnlinked,
    /// What is delivered while a saga leaves memory is told to nobody.
    LetterLost,
    /// What an earlier owner may have called ahead of the journal counts as not called.
    AheadForgotten,
}

impl Mutant {
    /// Every one.
    pub const ALL: [Self; 44] = [
        Self::UndoOnlySucceeded,
        Self::PivotInDoubtTurnsBack,
        Self::UndoInForwardOrder,
        Self::SiblingNotAwaited,
        Self::WaitingNotClosed,
        Self::OptionalNotClosed,
        Self::WrongOutcome,
        Self::WithdrawalUndoesAll,
        Self::OnePersonRule,
        Self::DoubtIsRefusal,
        Self::NotSeenIsRefusal,
        Self::LateSuccessAccepted,
        Self::ForwardTurnsBack,
        Self::SegmentsNotAwaited,
        Self::OrderIgnored,
        Self::EffectivePivotIsUndone,
        Self::ImpossibleUndoIsDone,
        Self::DoubtfulUndoIsDone,
        Self::RoundNotOpened,
        Self::ActsBeforeCommit,
        Self::JournalIgnoresEpoch,
        Self::PositionBeforeInbox,
        Self::UnknownCommitTrusted,
        Self::SubmissionDoubled,
        Self::EarlyMessageForgotten,
        Self::MessageDoubled,
        Self::MessageTakenTwice,
        Self::TimerFiresEarly,
        Self::CorrectionIgnoresEffects,
        Self::CorrectionRerunsNothing,
        Self::RerunWithoutUndo,
        Self::ClockNotStopped,
        Self::ReturnIsRefusal,
        Self::ExpiryMissed,
        Self::ExpiryUndoesNothing,
        Self::EngineDeems,
        Self::TimeLimitIgnored,
        Self::StaleAnswersUsed,
        Self::ItemsShareKey,
        Self::SkipsEffect,
        Self::DeclinedIsOpen,
        Self::AnnulmentUnlinked,
        Self::LetterLost,
        Self::AheadForgotten,
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
