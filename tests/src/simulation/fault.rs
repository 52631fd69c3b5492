//! Everything that a simulated world does to an engine and its departments, by name.

/// One kind of fault or disturbance. Each must be met by some case of a full run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The engine dies before a write is committed.
    CrashBeforeCommit,
    /// The engine dies after a commit it never hears of.
    CrashAfterCommit,
    /// The engine dies with a call prepared.
    CrashBeforeCall,
    /// The engine dies with an answer under way.
    CrashAfterCall,
    /// The engine is frozen before a write, overtaken, and wakes.
    FrozenBeforeCommit,
    /// The engine is frozen with a commit pending, overtaken, and wakes.
    FrozenAfterCommit,
    /// The engine is frozen with a call prepared, overtaken, and wakes.
    FrozenBeforeCall,
    /// The engine is frozen with an answer pending, overtaken, and wakes.
    FrozenAfterCall,
    /// A second engine takes everything over while the first one lives.
    Rival,
    /// The engine is stopped in good order and started again.
    Restart,
    /// A call is made before the answers it comes after are in the journal.
    AheadOfJournal,
    /// A request is lost.
    RequestLost,
    /// A reply is lost.
    ReplyLost,
    /// A request arrives twice.
    RequestDoubled,
    /// A request is late enough to be overtaken by later ones.
    RequestLate,
    /// A reply is late enough that nobody waits for it any more.
    ReplyLate,
    /// A reply is too large to be read, although the effect stands.
    ReplyUnreadable,
    /// A department is down.
    DepartmentDown,
    /// A store says it is unavailable.
    StoreUnavailable,
    /// A store does not say whether it committed, and did.
    StoreCommittedUnknown,
    /// A store does not say whether it committed, and did not.
    StoreLostUnknown,
    /// A store is slow to commit.
    StoreSlow,
    /// A store is slow to say that it committed.
    StoreAnswersLate,
    /// The engine's clock jumps an hour ahead.
    ClockAhead,
    /// The engine's clock jumps an hour back.
    ClockBack,
    /// A department refuses.
    Refused,
    /// An officer refuses.
    OfficerRefused,
    /// An officer returns the application to the applicant.
    OfficerReturned,
    /// The law deems decided what no officer decided.
    Deemed,
    /// A decision is told again.
    DecisionDoubled,
    /// An officer decides what was withdrawn meanwhile.
    DecidedTooLate,
    /// A request cannot be built at first.
    PreparedLater,
    /// A request can never be built.
    PreparedNever,
    /// A step does not apply.
    NotApplicable,
    /// A list is too long to be carried out.
    ListTooLong,
    /// A message from outside is sent.
    MessageSent,
    /// A message from outside is sent again.
    MessageAgain,
    /// Another message is sent under the identity of an earlier one.
    MessageOther,
    /// The applicant corrects what was returned.
    Corrected,
    /// Whoever a step waits for does nothing.
    Silent,
    /// An undo fails for a while.
    UndoFails,
    /// An undo takes time.
    UndoPending,
    /// An undo is impossible.
    UndoImpossible,
    /// Somebody sends another request under a known key.
    OtherRequest,
    /// Somebody opens a round that is not due.
    EarlyRound,
    /// Somebody uses a step's key before the engine does.
    Squatted,
    /// The applicant withdraws.
    Withdrawn,
    /// The applicant withdraws at the moment of an officer's decision.
    WithdrawnAtDecision,
    /// The applicant submits again.
    SubmittedAgain,
    /// The applicant submits something else under the same key.
    SubmittedOther,
    /// An operator asks for something at a random moment.
    OperatorMeddles,
    /// An operator has a step tried again.
    OperatorRetries,
    /// An operator attests what became of an effect.
    OperatorAttests,
    /// An operator has a step left out.
    OperatorSkips,
    /// An operator declines what another proposed, and it is approved nevertheless.
    OperatorDeclines,
    /// An operator approves what the same operator proposed.
    ApprovedByProposer,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 56] = [
        Self::CrashBeforeCommit,
        Self::CrashAfterCommit,
        Self::CrashBeforeCall,
        Self::CrashAfterCall,
        Self::FrozenBeforeCommit,
        Self::FrozenAfterCommit,
        Self::FrozenBeforeCall,
        Self::FrozenAfterCall,
        Self::Rival,
        Self::Restart,
        Self::AheadOfJournal,
        Self::RequestLost,
        Self::ReplyLost,
        Self::RequestDoubled,
        Self::RequestLate,
        Self::ReplyLate,
        Self::ReplyUnreadable,
        Self::DepartmentDown,
        Self::StoreUnavailable,
        Self::StoreCommittedUnknown,
        Self::StoreLostUnknown,
        Self::StoreSlow,
        Self::StoreAnswersLate,
        Self::ClockAhead,
        Self::ClockBack,
        Self::Refused,
        Self::OfficerRefused,
        Self::OfficerReturned,
        Self::Deemed,
        Self::DecisionDoubled,
        Self::DecidedTooLate,
        Self::PreparedLater,
        Self::PreparedNever,
        Self::NotApplicable,
        Self::ListTooLong,
        Self::MessageSent,
        Self::MessageAgain,
        Self::MessageOther,
        Self::Corrected,
        Self::Silent,
        Self::UndoFails,
        Self::UndoPending,
        Self::UndoImpossible,
        Self::OtherRequest,
        Self::EarlyRound,
        Self::Squatted,
        Self::Withdrawn,
        Self::WithdrawnAtDecision,
        Self::SubmittedAgain,
        Self::SubmittedOther,
        Self::OperatorMeddles,
        Self::OperatorRetries,
        Self::OperatorAttests,
        Self::OperatorSkips,
        Self::OperatorDeclines,
        Self::ApprovedByProposer,
    ];
}
