//! The pure core: which events an input causes and which commands follow. It does no I/O, reads no
//! clock and knows no department.

mod answer;
mod apply;
mod cause;
mod command;
mod decide;
mod event;
mod input;
mod key;
mod migration;
mod projection;
mod record;
mod standing;
mod state;
mod status;
mod view;
mod wake;

pub use answer::{Answer, OutcomeAnswer, Refusal, UndoAnswer};
pub use cause::{FailureCause, GiveUp, MoveReason, OmitReason};
pub use command::{Command, Wait};
pub use decide::{Decision, Draft, decide};
pub use event::{Event, UndecodableEvent};
pub use input::{Input, Operator, OwnerAct, Prepared, PreparedCall, Rejection};
pub use key::{Key, SagaId, Timestamp};
pub use migration::MigrationError;
pub use projection::Projection;
pub use record::{
    Ahead, Cancel, Due, Ended, Incident, Proposal, SegmentRecord, Signal, StepRecord, WaitingFor,
};
pub use state::State;
pub use status::{SagaState, SegmentState, StepState};
pub use view::{ProposalView, SagaView, SegmentView, StepView};
