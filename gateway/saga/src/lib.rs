//! The durable saga engine: a pure core that decides, a store that forgets nothing, and a thin shell
//! that calls departments. It knows neither gRPC nor HTTP nor anything of government.

mod definition;
mod engine;
mod machine;
pub mod mutant;
pub mod store;

pub use definition::{
    Awaits, Definition, DefinitionError, Kind, OnExpiry, Plan, Segment, SegmentIndex, Step,
    StepIndex, TimeLimit,
};
pub use engine::{
    Accepted, BreakerSettings, Call, Decided, Definitions, Engine, EngineError, EngineSettings,
    EngineThread, Environment, Facts, Participants, RetrySettings, SagaEvent, Submission,
    SystemEnvironment,
};
pub use machine::{
    Ahead, Answer, Cancel, Command, Decision, Draft, Due, Ended, Event, FailureCause, GiveUp,
    Incident, Input, Key, MigrationError, MoveReason, OmitReason, Operator, OutcomeAnswer,
    OwnerAct, Prepared, PreparedCall, Projection, Proposal, ProposalView, Refusal, Rejection,
    SagaId, SagaState, SagaView, SegmentRecord, SegmentState, SegmentView, Signal, State,
    StepRecord, StepState, StepView, Timestamp, UndecodableEvent, UndoAnswer, Wait, WaitingFor,
    decide,
};
