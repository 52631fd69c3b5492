//! What applicants and operators may ask for, and when it is a conflict.

use super::{Draft, Operator, Rejection};
use crate::definition::StepIndex;
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::status::{SegmentState, StepState};

impl Draft {
    /// Journals the wish. What it means for each segment is settled with everything else, because a
    /// pivot in flight decides it.
    pub(super) fn cancel(&mut self, by: String, reason: String) -> Result<(), Rejection> {
        if self.state.ended.is_some() {
            return Err(conflict("the case has ended"));
        }
        if self.state.cancel.is_some() {
            return Ok(());
        }
        let any = |wanted: &[SegmentState]| {
            self.state
                .segments
                .iter()
                .any(|segment| wanted.contains(&segment.state))
        };
        let open = any(&[SegmentState::Pending, SegmentState::Running]);
        let undoable = any(&[SegmentState::Completed]) && !self.something_irrevocable();
        if !open && !undoable {
            if any(&[SegmentState::Compensating]) {
                return Ok(());
            }
            return Err(conflict("everything that could be withdrawn is done"));
        }
        self.emit(Event::CancelRequested { by, reason });
        Ok(())
    }

    /// Whether an effect stands, or will, that is never undone.
    pub(super) fn something_irrevocable(&self) -> bool {
        self.state
            .plan
            .segment_indices()
            .any(|segment| self.state.irrevocable(segment))
    }

    pub(super) fn operator(&mut self, operator: Operator) -> Result<(), Rejection> {
        if self.state.ended.is_some() {
            return Err(conflict("the case has ended"));
        }
        match operator {
            Operator::Retry { step, by, reason } => self.retry(step, by, reason),
            Operator::RetryUndo { step, by, reason } => {
                self.exists(step)?;
                if self.state.step(step).state != StepState::UndoFailed {
                    return Err(conflict("the step's undo has not failed"));
                }
                self.emit(Event::UndoRetryRequested { step, by, reason });
                Ok(())
            }
            Operator::Attest {
                step,
                by,
                disposition,
            } => {
                self.exists(step)?;
                let record = self.state.step(step);
                let held = record.state == StepState::UndoFailed || record.halted;
                if !held && !self.state.escalated_steps().any(|other| other == step) {
                    return Err(conflict("the step does not wait for an owner"));
                }
                if disposition.trim().is_empty() {
                    return Err(conflict("an attestation says what became of the effect"));
                }
                self.emit(Event::Attested {
                    step,
                    by,
                    disposition,
                });
                Ok(())
            }
        }
    }

    fn retry(&mut self, step: StepIndex, by: String, reason: String) -> Result<(), Rejection> {
        self.exists(step)?;
        let record = self.state.step(step);
        let (round, halted) = (record.round, record.halted);
        if !halted && !self.state.escalated_steps().any(|other| other == step) {
            return Err(conflict(
                "the step is neither refused for an owner nor halted",
            ));
        }
        self.emit(Event::RetryRequested { step, by, reason });
        if halted {
            // The round is still open: only the same call may be repeated.
            self.command(Command::Act {
                step,
                round,
                wait: Wait::Now,
            });
        }
        Ok(())
    }

    fn exists(&self, step: StepIndex) -> Result<(), Rejection> {
        self.known(step)
            .map_err(|_| conflict("there is no such step"))
    }
}

fn conflict(why: &str) -> Rejection {
    Rejection::Conflict(why.to_owned())
}
