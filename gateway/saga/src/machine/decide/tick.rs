//! What time alone brings about: steps and undos whose time is up, statutory times that end, the end of
//! the whole case's time, and reminders.

use super::Draft;
use crate::definition::{Kind, OnExpiry, StepIndex};
use crate::machine::cause::GiveUp;
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::status::StepState;
use crate::mutant::{self, Mutant};

impl Draft {
    /// Does what is due at the draft's time, and nothing when nothing is.
    pub(super) fn tick(&mut self) {
        if self.state.ended().is_some() {
            return;
        }
        if self.state.time_limit().is_some_and(|end| end <= self.at) {
            self.emit(Event::TimeLimitReached);
            for step in self.state.plan.step_indices() {
                self.call_owner(step);
            }
        }
        for step in self.state.plan.step_indices() {
            self.tick_step(step);
        }
    }

    /// What is under way when the case's time is over and can only go forward gets an owner.
    fn call_owner(&mut self, step: StepIndex) {
        let record = self.state.step(step);
        let open = record.in_flight() || record.state == StepState::Waiting;
        let round = record.round;
        if open && !record.overdue && !record.halted && self.state.only_forward(step) {
            self.emit(Event::Overdue { step, round });
        }
    }

    fn tick_step(&mut self, step: StepIndex) {
        use StepState::{InDoubt, Intended, UndoInDoubt, UndoIntended, UndoWaiting, Waiting};
        let record = self.state.step(step);
        let (round, state) = (record.round, record.state);
        if self.state.held(step) {
            self.remind(step);
            return;
        }
        match state {
            Intended | InDoubt => self.tick_call(step),
            Waiting => self.tick_wait(step),
            UndoIntended | UndoInDoubt => {
                let limit = self.state.plan.step(step).undo_max_elapsed;
                if self.at >= record.undo_at.plus(limit) {
                    self.undo_failed(step, round, "UNDO_TIME_SPENT".to_owned());
                }
            }
            UndoWaiting => {
                if self.remind(step) {
                    let wait = Wait::Now;
                    self.command(Command::Undo { step, round, wait });
                }
            }
            _ => {
                self.remind(step);
            }
        }
    }

    /// Whoever has the saga in memory repeats the call; here only its time ends.
    fn tick_call(&mut self, step: StepIndex) {
        if !self.time_up(step) {
            return;
        }
        let record = self.state.step(step);
        let round = record.round;
        if !record.effective && !self.keeps_asking(step) {
            let why = GiveUp::TimeUp;
            self.emit(Event::GivenUp { step, round, why });
        } else if record.overdue {
            self.remind(step);
        } else {
            self.emit(Event::Overdue { step, round });
        }
    }

    fn tick_wait(&mut self, step: StepIndex) {
        self.recount(step);
        let record = self.state.step(step);
        let due = record.deadline.as_ref().map(|deadline| deadline.due);
        let expired = due.is_some_and(|due| due <= self.at);
        if expired && !record.expired && !record.returned() && !mutant::active(Mutant::ExpiryMissed)
        {
            self.expire(step);
        } else if self.remind(step) {
            self.ask_decision(step);
        }
    }

    /// The statutory time is over. Only the department can say that it counts as decided.
    fn expire(&mut self, step: StepIndex) {
        let Some(limit) = self.state.plan.step(step).deadline else {
            return;
        };
        let (round, action) = (self.state.step(step).round, limit.on_expiry);
        self.emit(Event::Expired {
            step,
            round,
            action,
        });
        match action {
            OnExpiry::DeemedGranted if mutant::active(Mutant::EngineDeems) => {
                let response = bytes::Bytes::new();
                self.emit(Event::Succeeded {
                    step,
                    round,
                    response,
                });
            }
            OnExpiry::Compensate if mutant::active(Mutant::ExpiryUndoesNothing) => {}
            OnExpiry::Compensate if !self.state.only_forward(step) => {
                let why = GiveUp::Expired;
                self.emit(Event::GivenUp { step, round, why });
            }
            OnExpiry::DeemedGranted | OnExpiry::DeemedRefused => self.ask_decision(step),
            OnExpiry::Compensate | OnExpiry::Escalate => {}
        }
    }

    /// Asks for a decision that may have been missed.
    fn ask_decision(&mut self, step: StepIndex) {
        let record = self.state.step(step);
        if record.deciding() {
            let (round, wait) = (record.round, Wait::Now);
            self.command(Command::Ask { step, round, wait });
        }
    }

    /// Journals that somebody is reminded of the step, if that is due.
    fn remind(&mut self, step: StepIndex) -> bool {
        let due = self.state.reminder(step).is_some_and(|at| at <= self.at);
        if due {
            self.emit(Event::Reminded { step });
        }
        due
    }

    pub(super) fn time_up(&self, step: StepIndex) -> bool {
        let limit = self.state.plan.step(step).max_elapsed;
        self.at >= self.state.step(step).intended_at.plus(limit)
    }

    /// A pivot in doubt and a step that can only go forward are asked until it is known.
    pub(super) fn keeps_asking(&self, step: StepIndex) -> bool {
        let named = self.state.plan.step(step);
        match named.kind {
            Kind::Pivot | Kind::Forward => true,
            Kind::Query => self.state.only_forward(step) && !named.optional,
            Kind::Compensable => false,
        }
    }
}
