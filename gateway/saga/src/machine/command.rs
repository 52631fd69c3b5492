//! What the core wants the shell to do next.

use super::key::Timestamp;
use crate::definition::StepIndex;

/// When a command is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// At once.
    Now,
    /// After the next delay of the retry schedule, but not after `until` if that is still ahead.
    Backoff {
        /// A moment at which the answer changes the direction (the step's end of time).
        until: Option<Timestamp>,
    },
    /// After the polling interval for something that others decide.
    Poll,
}

/// One thing for the shell to do. Commands follow from journaled events: they run after the commit,
/// except the two that prepare requests, which are pure and run before it, and the calls in
/// [`Decision::early`](super::Decision::early).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Build the step's request and hand it back as [`Input::Prepared`](super::Input::Prepared).
    Prepare {
        /// The step.
        step: StepIndex,
        /// When.
        wait: Wait,
    },
    /// Build the step's request while steps before it are under way, if nothing of it depends on their answers
    /// or on the time, and hand it back as [`Input::PreparedAhead`](super::Input::PreparedAhead).
    PrepareAhead {
        /// The step.
        step: StepIndex,
    },
    /// Call the action, or repeat the call with the same key and bytes.
    Act {
        /// The step.
        step: StepIndex,
        /// Its round.
        round: u32,
        /// When.
        wait: Wait,
    },
    /// Ask what became of the call.
    Ask {
        /// The step.
        step: StepIndex,
        /// Its round.
        round: u32,
        /// When.
        wait: Wait,
    },
    /// Undo the step, or repeat the undo.
    Undo {
        /// The step.
        step: StepIndex,
        /// Its round.
        round: u32,
        /// When.
        wait: Wait,
    },
    /// The saga ended: forget it.
    Retire,
    /// Another engine owns the saga: forget it and write nothing.
    Abandon,
}

impl Command {
    /// Whether something is repeated after a while, because it was not answered definitely.
    #[must_use]
    pub fn repeats(&self) -> bool {
        match self {
            Self::Prepare { wait, .. }
            | Self::Act { wait, .. }
            | Self::Ask { wait, .. }
            | Self::Undo { wait, .. } => *wait != Wait::Now,
            Self::PrepareAhead { .. } | Self::Retire | Self::Abandon => false,
        }
    }
}
