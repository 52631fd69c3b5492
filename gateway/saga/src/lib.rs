//! The durable saga engine: a pure core that decides, a store that forgets nothing, and a thin shell
//! that calls departments. It knows neither gRPC nor HTTP nor anything of government.

mod definition;
mod engine;
mod machine;
pub mod store;

pub use definition::{
    Definition, DefinitionError, Kind, Plan, Segment, SegmentIndex, Step, StepIndex,
};
pub use engine::{
    Accepted, Call, Definitions, Engine, EngineError, EngineSettings, Environment, Facts,
    Participants, RetrySettings, SagaEvent, Submission, SystemEnvironment,
};
pub use machine::{
    Answer, Cancel, Command, Decision, Draft, Ended, Event, FailureCause, GiveUp, Incident, Input,
    Key, OmitReason, Operator, OutcomeAnswer, Prepared, Projection, Refusal, Rejection, SagaId,
    SagaState, SagaView, SegmentRecord, SegmentState, SegmentView, State, StepRecord, StepState,
    StepView, Timestamp, UndecodableEvent, UndoAnswer, Wait, decide,
};
