//! What operators may ask for. Settling a step by hand takes two: one proposes, another approves.

use super::Draft;
use super::wishes::conflict;
use crate::definition::StepIndex;
use crate::machine::cause::OmitReason;
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::input::{Operator, OwnerAct, Rejection};
use crate::machine::record::{Proposal, WaitingFor};
use crate::machine::status::StepState;
use crate::mutant::{self, Mutant};

impl Draft {
    pub(super) fn operator(&mut self, operator: Operator) -> Result<(), Rejection> {
        if self.state.ended().is_some() {
            return Err(conflict("the case has ended"));
        }
        match operator {
            Operator::Retry { step, by, reason } => self.retry(step, by, reason),
            Operator::RetryUndo { step, by, reason } => {
                self.exists(step)?;
                said(&by, &reason)?;
                if self.state.step(step).state != StepState::UndoFailed {
                    return Err(conflict("the step's undo has not failed"));
                }
                self.emit(Event::UndoRetryRequested { step, by, reason });
                Ok(())
            }
            Operator::Propose {
                step,
                act,
                by,
                reason,
            } => self.propose(step, act, by, reason),
            Operator::Approve { proposal, by } => self.approve(proposal, by),
            Operator::Decline {
                proposal,
                by,
                reason,
            } => {
                said(&by, &reason)?;
                self.proposal(proposal)?;
                self.emit(Event::Declined {
                    proposal,
                    by,
                    reason,
                });
                Ok(())
            }
        }
    }

    fn propose(
        &mut self,
        step: StepIndex,
        act: OwnerAct,
        by: String,
        reason: String,
    ) -> Result<(), Rejection> {
        self.exists(step)?;
        said(&by, &reason)?;
        self.allowed(step, &act)?;
        let proposal = self.state.rare.proposed + 1;
        self.emit(Event::Proposed {
            proposal,
            step,
            act,
            by,
            reason,
        });
        Ok(())
    }

    fn approve(&mut self, proposal: u32, by: String) -> Result<(), Rejection> {
        let Proposal {
            step,
            act,
            by: proposer,
            ..
        } = self.proposal(proposal)?;
        if by.trim().is_empty() {
            return Err(conflict("an operator has a name"));
        }
        if by == proposer && !mutant::active(Mutant::OnePersonRule) {
            return Err(conflict("a proposal is approved by another operator"));
        }
        self.allowed(step, &act)?;
        self.emit(Event::Approved {
            proposal,
            by: by.clone(),
        });
        match act {
            OwnerAct::Skip => self.emit(Event::Omitted {
                step,
                why: OmitReason::Skipped,
            }),
            OwnerAct::Attest { disposition } => self.emit(Event::Attested {
                step,
                by,
                disposition,
            }),
        }
        Ok(())
    }

    fn proposal(&self, number: u32) -> Result<Proposal, Rejection> {
        let open = self.state.proposals();
        let found = open.iter().find(|proposal| proposal.number == number);
        found
            .cloned()
            .ok_or_else(|| conflict("there is no such proposal, or the step has changed since"))
    }

    /// Whether a step may be settled so. Only what has no effect is skipped.
    fn allowed(&self, step: StepIndex, act: &OwnerAct) -> Result<(), Rejection> {
        match act {
            OwnerAct::Skip => {
                let record = self.state.step(step);
                let nothing_called = matches!(
                    record.waiting_for,
                    Some(WaitingFor::Signal | WaitingFor::Timer)
                );
                let without_effect =
                    record.state == StepState::Refused || nothing_called || record.returned();
                let without_effect = without_effect || mutant::active(Mutant::SkipsEffect);
                if !self.state.attestable(step) || !without_effect {
                    return Err(conflict(
                        "only a step that waits for an owner and has no effect can be skipped",
                    ));
                }
            }
            OwnerAct::Attest { disposition } => {
                if !self.state.attestable(step) {
                    return Err(conflict("the step does not wait for an owner"));
                }
                if disposition.trim().is_empty() {
                    return Err(conflict("an attestation says what became of the effect"));
                }
            }
        }
        Ok(())
    }

    fn retry(&mut self, step: StepIndex, by: String, reason: String) -> Result<(), Rejection> {
        self.exists(step)?;
        said(&by, &reason)?;
        let record = self.state.step(step);
        let (round, halted) = (record.round, record.halted);
        let refused = record.state == StepState::Refused && self.state.escalated(step);
        if !halted && !refused {
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

    pub(super) fn exists(&self, step: StepIndex) -> Result<(), Rejection> {
        self.known(step)
            .map_err(|_| conflict("there is no such step"))
    }
}

/// Whoever asks has a name and a reason.
fn said(by: &str, reason: &str) -> Result<(), Rejection> {
    if by.trim().is_empty() {
        return Err(conflict("an operator has a name"));
    }
    if reason.trim().is_empty() {
        return Err(conflict("an operator gives a reason"));
    }
    Ok(())
}
