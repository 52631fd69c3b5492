//! The decisions: what an input means in a saga's state. Answers, undo answers, wishes and what
//! follows from them have a file each.

mod answers;
mod ending;
mod settle;
mod undo;
mod wishes;

use bytes::Bytes;
use thiserror::Error;

use super::answer::{Answer, OutcomeAnswer, UndoAnswer};
use super::command::{Command, Wait};
use super::event::Event;
use super::key::Timestamp;
use super::state::State;
use super::status::StepState;
use crate::definition::{Kind, StepIndex};

/// What building a step's request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// Call with these bytes.
    Call {
        /// The request's wire bytes.
        request: Bytes,
        /// Where to call, when that depends on the case.
        target: Option<String>,
    },
    /// The step does not apply to this case.
    Omit,
    /// The request cannot be built, now or later: as good as a refusal without effect.
    Impossible {
        /// Why, for the applicant or the owner.
        why: String,
    },
    /// The request cannot be built at present; try again.
    Later {
        /// Why, for operators.
        why: String,
    },
}

/// What an operator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Try a refused or halted step again.
    Retry {
        /// The step.
        step: StepIndex,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Try a failed undo again.
    RetryUndo {
        /// The step.
        step: StepIndex,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// State what became of a step's effect.
    Attest {
        /// The step.
        step: StepIndex,
        /// Who.
        by: String,
        /// What became of it.
        disposition: String,
    },
}

/// Something that happened to a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The saga starts, or starts again after its owner changed: what was under way is repeated.
    Resume,
    /// Answer to [`Command::Prepare`].
    Prepared {
        /// The step.
        step: StepIndex,
        /// What it came to.
        prepared: Prepared,
    },
    /// Answer to [`Command::Act`].
    Acted {
        /// The step.
        step: StepIndex,
        /// The round that was called.
        round: u32,
        /// The answer.
        answer: Answer,
    },
    /// Answer to [`Command::Ask`].
    Asked {
        /// The step.
        step: StepIndex,
        /// The round that was asked for.
        round: u32,
        /// The answer.
        answer: OutcomeAnswer,
    },
    /// Answer to [`Command::Undo`].
    UndoAnswered {
        /// The step.
        step: StepIndex,
        /// The round that was undone.
        round: u32,
        /// The answer.
        answer: UndoAnswer,
    },
    /// The case is to be withdrawn.
    Cancel {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// An operator's request.
    Operator(Operator),
}

/// Why an input changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The saga's state does not allow it; whoever asked is told, and the saga goes on.
    #[error("{0}")]
    Conflict(String),
    /// The input contradicts the journal: the saga must be set aside.
    #[error("{0}")]
    Illegal(String),
}

/// Events to journal, and what to do once they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// The events, in order.
    pub events: Vec<Event>,
    /// The commands, in order.
    pub commands: Vec<Command>,
}

/// What an input means for a saga in this state.
///
/// # Errors
/// [`Rejection`] when it means nothing there; the state is then as before.
pub fn decide(state: &State, input: Input, at: Timestamp) -> Result<Decision, Rejection> {
    let mut draft = Draft::new(state.clone(), at);
    draft.feed(input)?;
    Ok(draft.into_parts().1)
}

/// A state under change: the inputs of one batch and what they cause, before it is committed.
#[derive(Debug)]
pub struct Draft {
    pub(super) state: State,
    pub(super) at: Timestamp,
    decision: Decision,
    preparing: Vec<StepIndex>,
}

impl Draft {
    /// Starts from a committed state.
    #[must_use]
    pub fn new(state: State, at: Timestamp) -> Self {
        Self {
            state,
            at,
            decision: Decision::default(),
            preparing: Vec::new(),
        }
    }

    /// Adds an input.
    ///
    /// # Errors
    /// [`Rejection`] when it means nothing here; the draft is then as before.
    pub fn feed(&mut self, input: Input) -> Result<(), Rejection> {
        match input {
            Input::Resume => self.resume(),
            Input::Prepared { step, prepared } => {
                self.known(step)?;
                self.prepared(step, prepared);
            }
            Input::Acted {
                step,
                round,
                answer,
            } => {
                self.known(step)?;
                self.acted(step, round, answer)?;
            }
            Input::Asked {
                step,
                round,
                answer,
            } => {
                self.known(step)?;
                match answer {
                    OutcomeAnswer::Known(answer) => self.acted(step, round, answer)?,
                    OutcomeAnswer::NotSeen => self.not_seen(step, round),
                }
            }
            Input::UndoAnswered {
                step,
                round,
                answer,
            } => {
                self.known(step)?;
                self.undo_answered(step, round, answer);
            }
            Input::Cancel { by, reason } => self.cancel(by, reason)?,
            Input::Operator(operator) => self.operator(operator)?,
        }
        self.settle();
        Ok(())
    }

    /// Records an event from outside the decisions (the acceptance).
    pub fn record(&mut self, event: Event) {
        self.emit(event);
    }

    /// The state with everything fed so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The time of this batch.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The pure commands so far: requests to build before the batch is committed.
    pub fn take_prepares(&mut self) -> Vec<(StepIndex, Wait)> {
        let mut prepares = Vec::new();
        self.decision.commands.retain(|command| match command {
            Command::Prepare {
                step,
                wait: Wait::Now,
            } => {
                prepares.push((*step, Wait::Now));
                false
            }
            _ => true,
        });
        prepares
    }

    /// The new state, and what led to it and follows from it.
    #[must_use]
    pub fn into_parts(self) -> (State, Decision) {
        (self.state, self.decision)
    }

    fn emit(&mut self, event: Event) {
        self.state.apply(&event, self.at);
        self.decision.events.push(event);
    }

    fn command(&mut self, command: Command) {
        self.decision.commands.push(command);
    }

    fn known(&self, step: StepIndex) -> Result<(), Rejection> {
        if step.at() < self.state.steps.len() {
            Ok(())
        } else {
            Err(Rejection::Illegal(format!(
                "there is no step number {}",
                step.0
            )))
        }
    }

    /// Repeats whatever was under way when the last owner stopped.
    fn resume(&mut self) {
        if self.state.ended.is_some() {
            self.command(Command::Retire);
            return;
        }
        for step in self.state.plan.step_indices() {
            let record = self.state.step(step);
            if record.halted {
                continue;
            }
            let (round, wait) = (record.round, Wait::Now);
            let query = self.state.plan.step(step).kind == Kind::Query;
            match record.state {
                StepState::Intended => self.command(Command::Act { step, round, wait }),
                StepState::InDoubt if query => self.command(Command::Act { step, round, wait }),
                StepState::InDoubt | StepState::Waiting => {
                    self.command(Command::Ask { step, round, wait });
                }
                StepState::UndoIntended | StepState::UndoWaiting | StepState::UndoInDoubt => {
                    self.command(Command::Undo { step, round, wait });
                }
                _ => {}
            }
        }
    }
}
