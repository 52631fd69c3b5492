//! The pure core: which events an input causes and which commands follow. It does no I/O, reads no
//! clock and knows no department.

mod answer;
mod apply;
mod cause;
mod command;
mod decide;
mod event;
mod key;
mod projection;
mod state;
mod status;
mod view;

pub use answer::{Answer, OutcomeAnswer, Refusal, UndoAnswer};
pub use cause::{FailureCause, GiveUp, OmitReason};
pub use command::{Command, Wait};
pub use decide::{Decision, Draft, Input, Operator, Prepared, Rejection, decide};
pub use event::{Event, UndecodableEvent};
pub use key::{Key, SagaId, Timestamp};
pub use projection::Projection;
pub use state::{Cancel, Ended, Incident, SegmentRecord, State, StepRecord};
pub use status::{SagaState, SegmentState, StepState};
pub use view::{SagaView, SegmentView, StepView};
