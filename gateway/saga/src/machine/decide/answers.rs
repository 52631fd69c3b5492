//! What a built request and a department's answer to a call mean.

use bytes::Bytes;

use super::Draft;
use crate::definition::{Kind, StepIndex};
use crate::machine::answer::{Answer, Refusal};
use crate::machine::cause::{GiveUp, OmitReason};
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::input::{Prepared, Rejection};
use crate::machine::status::{SegmentState, StepState};
use crate::mutant::{self, Mutant};

impl Draft {
    pub(super) fn prepared(&mut self, step: StepIndex, prepared: Prepared) {
        self.preparing.retain(|other| *other != step);
        let asked_for = self.asked_for(step);
        if asked_for.is_empty() || asked_for.iter().any(|step| self.awaits_refresh(*step)) {
            return;
        }
        match prepared {
            Prepared::Call { request, target } => {
                for step in asked_for {
                    self.intend(step, request.clone(), target.clone());
                }
            }
            Prepared::Each { calls } => self.each(step, calls),
            Prepared::Omit => {
                for step in asked_for {
                    let why = OmitReason::NotApplicable;
                    self.emit(Event::Omitted { step, why });
                }
            }
            Prepared::Impossible { why } => self.unpreparable(step, &why),
            Prepared::Later { .. } => {
                self.preparing.push(step);
                self.command(Command::Prepare {
                    step,
                    wait: Wait::Poll,
                });
            }
        }
    }

    /// The step's next round begins: its call is journaled before it is sent. One that calls nobody
    /// begins to wait.
    pub(super) fn intend(&mut self, step: StepIndex, request: Bytes, target: Option<String>) {
        if self.state.plan.step(step).awaits.is_some() {
            self.await_outside(step);
            return;
        }
        self.set_deadline(step);
        let same = mutant::active(Mutant::RoundNotOpened) && self.state.step(step).round > 0;
        let round = self.state.step(step).round + u32::from(!same);
        self.emit(Event::Intended {
            step,
            round,
            target,
            request,
        });
        self.command(Command::Act {
            step,
            round,
            wait: Wait::Now,
        });
        self.look_ahead(step);
    }

    pub(super) fn acted(
        &mut self,
        step: StepIndex,
        round: u32,
        answer: Answer,
    ) -> Result<(), Rejection> {
        if answer == Answer::StaleEpoch {
            self.command(Command::Abandon);
            return Ok(());
        }
        let record = self.state.step(step);
        if round > record.round {
            let id = &self.state.plan.step(step).id;
            return Err(Rejection::Illegal(format!(
                "an answer for round {round} of step `{id}`"
            )));
        }
        let expected = record.in_flight()
            || record.deciding()
            || (record.state == StepState::Undone && mutant::active(Mutant::LateSuccessAccepted));
        if !expected || record.halted || round != record.round {
            self.late(step, round, &answer);
            return Ok(());
        }
        if record.effective {
            match answer {
                Answer::Refused(_) | Answer::Returned(_) | Answer::Closed => {
                    self.contradicted(step, round);
                    return Ok(());
                }
                Answer::Pending => {
                    self.command(Command::Ask {
                        step,
                        round,
                        wait: Wait::Poll,
                    });
                    return Ok(());
                }
                _ => {}
            }
        }
        match answer {
            Answer::Succeeded { response } => self.emit(Event::Succeeded {
                step,
                round,
                response,
            }),
            Answer::Refused(refusal) => self.emit(Event::Refused {
                step,
                round,
                refusal,
            }),
            Answer::Returned(refusal) => self.returned(step, round, refusal),
            Answer::Pending => {
                if self.state.step(step).state != StepState::Waiting {
                    self.emit(Event::Waiting { step, round });
                }
                self.poll(Command::Ask {
                    step,
                    round,
                    wait: Wait::Poll,
                });
            }
            Answer::Doubt { why } if mutant::active(Mutant::DoubtIsRefusal) => {
                let refusal = Refusal::new("DOUBT", &why);
                self.emit(Event::Refused {
                    step,
                    round,
                    refusal,
                });
            }
            Answer::Doubt { why } => self.doubt(step, why),
            Answer::Closed => self.closed(step, round),
            Answer::Mismatch => {
                let why = "the department knows this key with another request".to_owned();
                self.emit(Event::StepHalted { step, round, why });
            }
            Answer::StaleEpoch => {}
        }
        Ok(())
    }

    /// The applicant may correct what was returned, unless nothing is to be done any more anyway.
    fn returned(&mut self, step: StepIndex, round: u32, refusal: Refusal) {
        let named = self.state.plan.step(step);
        let going = matches!(
            self.state.segment(named.segment).state,
            SegmentState::Running | SegmentState::Committed
        );
        let wanted = going && self.state.stopping().is_none() && !self.state.step(step).rerun;
        if named.correctable && wanted && !mutant::active(Mutant::ReturnIsRefusal) {
            self.emit(Event::Returned {
                step,
                round,
                refusal,
            });
        } else {
            self.emit(Event::Refused {
                step,
                round,
                refusal,
            });
        }
    }

    /// The department called the pivot effective before, so only its success is believed now.
    fn contradicted(&mut self, step: StepIndex, round: u32) {
        let why = "the department no longer knows a pivot it called effective".to_owned();
        self.emit(Event::StepHalted { step, round, why });
    }

    pub(super) fn not_seen(&mut self, step: StepIndex, round: u32) {
        let record = self.state.step(step);
        let expected = record.in_flight() || record.deciding();
        if !expected || record.halted || round != record.round {
            return;
        }
        let named = self.state.plan.step(step);
        let kind = named.kind;
        let segment = self.state.segment(named.segment).state;
        let backward = segment == SegmentState::Compensating
            || (self.state.stopping().is_some() && segment == SegmentState::Running);
        if mutant::active(Mutant::NotSeenIsRefusal) {
            let refusal = Refusal::new("NOT_SEEN", "never seen");
            self.emit(Event::Refused {
                step,
                round,
                refusal,
            });
        } else if record.effective {
            self.contradicted(step, round);
        } else if kind != Kind::Forward && backward {
            self.emit(Event::GivenUp {
                step,
                round,
                why: GiveUp::NotSeen,
            });
        } else if record.in_flight() && self.time_up(step) && !self.keeps_asking(step) {
            self.emit(Event::GivenUp {
                step,
                round,
                why: GiveUp::TimeUp,
            });
        } else {
            self.command(Command::Act {
                step,
                round,
                wait: Wait::Now,
            });
        }
    }

    fn doubt(&mut self, step: StepIndex, why: String) {
        let record = self.state.step(step);
        let (round, state, overdue) = (record.round, record.state, record.overdue);
        if state == StepState::Waiting {
            // Only the question failed: the department has the step and decides in its own time.
            self.poll(Command::Ask {
                step,
                round,
                wait: Wait::Poll,
            });
            return;
        }
        if state == StepState::Intended {
            self.emit(Event::InDoubt { step, round, why });
        }
        if self.time_up(step) {
            if !self.keeps_asking(step) {
                self.emit(Event::GivenUp {
                    step,
                    round,
                    why: GiveUp::TimeUp,
                });
                return;
            }
            if !overdue {
                self.emit(Event::Overdue { step, round });
            }
        }
        let named = self.state.plan.step(step);
        let until = Some(self.state.step(step).intended_at.plus(named.max_elapsed));
        let wait = Wait::Backoff { until };
        // A query leaves nothing behind to ask for: it is simply repeated.
        if named.kind == Kind::Query {
            self.command(Command::Act { step, round, wait });
        } else {
            self.command(Command::Ask { step, round, wait });
        }
    }

    /// A closed key can take no effect any more. Nobody but this saga closes its keys, so it is an
    /// incident, and the undo that follows makes the department say definitely that nothing stands.
    fn closed(&mut self, step: StepIndex, round: u32) {
        if self.state.only_forward(step) {
            let why = "the department closed the key of a step that must succeed".to_owned();
            self.emit(Event::StepHalted { step, round, why });
            return;
        }
        if !self.state.step(step).incident {
            let what = "the department answered CLOSED before any undo was sent".to_owned();
            self.emit(Event::Incident { step, what });
        }
        self.emit(Event::GivenUp {
            step,
            round,
            why: GiveUp::Closed,
        });
    }

    /// An answer nobody waits for never changes the outcome. One that contradicts it is an incident.
    fn late(&mut self, step: StepIndex, round: u32, answer: &Answer) {
        let record = self.state.step(step);
        let without_effect = matches!(
            record.state,
            StepState::Undone | StepState::NothingToUndo | StepState::Omitted | StepState::Attested
        ) || record.returned();
        let contradicts = matches!(answer, Answer::Succeeded { .. })
            && (without_effect || round < record.round)
            && self.state.plan.step(step).kind != Kind::Query;
        if contradicts && !record.incident && self.state.ended().is_none() {
            let what = format!("a late success of round {round} was rejected");
            self.emit(Event::Incident { step, what });
        }
    }
}
