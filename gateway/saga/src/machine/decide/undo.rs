//! What a department's answer to an undo means.

use super::Draft;
use crate::definition::{Kind, StepIndex};
use crate::machine::answer::UndoAnswer;
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::status::StepState;
use crate::mutant::{self, Mutant};

impl Draft {
    pub(super) fn undo_answered(&mut self, step: StepIndex, round: u32, answer: UndoAnswer) {
        if answer == UndoAnswer::StaleEpoch {
            self.command(Command::Abandon);
            return;
        }
        let record = self.state.step(step);
        let definite = matches!(answer, UndoAnswer::Undone | UndoAnswer::NothingToUndo);
        let late = record.state == StepState::UndoFailed && definite;
        if !(record.undoing() || late) || round != record.round {
            return;
        }
        let (state, undo_at) = (record.state, record.undo_at);
        let named = self.state.plan.step(step);
        let (pivot, limit) = (named.kind == Kind::Pivot, named.undo_max_elapsed);
        match answer {
            UndoAnswer::Undone => self.emit(Event::Undone { step, round }),
            UndoAnswer::NothingToUndo => self.emit(Event::NothingToUndo { step, round }),
            UndoAnswer::AlreadyEffective if mutant::active(Mutant::EffectivePivotIsUndone) => {
                self.emit(Event::NothingToUndo { step, round });
            }
            UndoAnswer::Impossible { .. } if mutant::active(Mutant::ImpossibleUndoIsDone) => {
                self.emit(Event::Undone { step, round });
            }
            UndoAnswer::Doubt { .. } if mutant::active(Mutant::DoubtfulUndoIsDone) => {
                self.emit(Event::Undone { step, round });
            }
            UndoAnswer::AlreadyEffective if pivot => {
                self.emit(Event::AlreadyEffective { step, round });
                self.command(Command::Ask {
                    step,
                    round,
                    wait: Wait::Now,
                });
            }
            UndoAnswer::AlreadyEffective => {
                self.undo_failed(step, round, "ALREADY_EFFECTIVE".to_owned());
            }
            UndoAnswer::Impossible { reason } => self.undo_failed(step, round, reason),
            UndoAnswer::Unknown { kind } => {
                self.undo_failed(step, round, format!("UNKNOWN_ANSWER: {kind}"));
            }
            UndoAnswer::Pending => {
                if state != StepState::UndoWaiting {
                    self.emit(Event::UndoWaiting { step, round });
                }
                self.poll(Command::Undo {
                    step,
                    round,
                    wait: Wait::Poll,
                });
            }
            UndoAnswer::Doubt { .. } if state == StepState::UndoWaiting => {
                self.poll(Command::Undo {
                    step,
                    round,
                    wait: Wait::Poll,
                });
            }
            UndoAnswer::Doubt { why } => {
                if state == StepState::UndoIntended {
                    self.emit(Event::UndoInDoubt { step, round, why });
                }
                let until = undo_at.plus(limit);
                if self.at >= until {
                    self.undo_failed(step, round, "UNDO_TIME_SPENT".to_owned());
                } else {
                    let wait = Wait::Backoff { until: Some(until) };
                    self.command(Command::Undo { step, round, wait });
                }
            }
            UndoAnswer::StaleEpoch => {}
        }
    }

    pub(super) fn undo_failed(&mut self, step: StepIndex, round: u32, reason: String) {
        self.emit(Event::UndoFailed {
            step,
            round,
            reason,
        });
    }
}
