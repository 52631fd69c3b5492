//! Events about waiting and time: decisions to come, corrections, messages, statutory times.

use std::sync::Arc;

use crate::definition::{Awaits, StepIndex};
use crate::machine::event::Event;
use crate::machine::key::Timestamp;
use crate::machine::record::{Due, Signal, StepRecord, WaitingFor};
use crate::machine::state::State;
use crate::machine::status::StepState;
use crate::mutant::{self, Mutant};

impl State {
    pub(super) fn apply_waits(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::Waiting { step, .. } => {
                let record = self.record(*step);
                record.state = StepState::Waiting;
                record.waiting_for = Some(WaitingFor::Decision);
                record.trouble = None;
                self.look_less_far(*step);
            }
            Event::Returned { step, refusal, .. } => {
                let record = self.record(*step);
                record.state = StepState::Waiting;
                record.waiting_for = Some(WaitingFor::Correction);
                record.refusal = Some(refusal.clone());
                record.stopped_at = Some(at);
                record.expired = false;
                record.overdue = false;
                record.trouble = None;
            }
            Event::Awaited { step, round, until } => {
                let timer = matches!(self.plan.step(*step).awaits, Some(Awaits::Timer { .. }));
                let record = self.record(*step);
                record.state = StepState::Waiting;
                record.waiting_for = Some(if timer {
                    WaitingFor::Timer
                } else {
                    WaitingFor::Signal
                });
                record.round = *round;
                record.until = *until;
                record.intended_at = at;
                record.started_at.get_or_insert(at);
            }
            Event::SignalReceived { id, name, payload } => {
                self.rare_mut().signals.push(Signal {
                    id: id.clone(),
                    name: name.clone(),
                    payload: payload.clone(),
                    taken_by: None,
                });
            }
            Event::DeadlineSet {
                step,
                due,
                calendar,
                provisional,
            } => {
                let working_days = self.plan.step(*step).deadline.map_or(0, |d| d.working_days);
                self.record(*step).deadline = Some(Due {
                    from: at,
                    due: *due,
                    working_days,
                    calendar: calendar.clone(),
                    provisional: *provisional,
                });
            }
            Event::DeadlineMoved {
                step,
                due,
                calendar,
                provisional,
                days,
                ..
            } => {
                if let Some(deadline) = &mut self.record(*step).deadline {
                    deadline.due = *due;
                    deadline.calendar.clone_from(calendar);
                    deadline.provisional = *provisional;
                    deadline.working_days = deadline.working_days.saturating_add(*days);
                }
            }
            Event::Expired { step, .. } => {
                let record = self.record(*step);
                record.expired = true;
                record.since = at;
                record.reminders = 0;
            }
            Event::TimeLimitReached => self.rare_mut().time_up = true,
            Event::Reminded { step } => {
                let record = self.record(*step);
                record.since = at;
                record.reminders += 1;
            }
            Event::Corrected {
                step, rerun, input, ..
            } => {
                self.rare_mut().input = input.clone();
                for affected in rerun {
                    self.record(*affected).rerun = true;
                }
                reopen(self.record(*step));
            }
            Event::Reopened { step } => {
                let refreshed =
                    self.step(*step).state == StepState::Succeeded && !self.step(*step).rerun;
                let record = self.record(*step);
                reopen(record);
                record.refreshed += u32::from(refreshed);
                record.deadline = None;
                record.stopped_at = None;
                if !self.plan.joins(*step) {
                    self.release(*step);
                }
            }
            Event::Expanded { step, items } => {
                self.plan = Arc::new(self.plan.expanded(*step, u32::from(*items)));
                let steps = self.plan.steps.len();
                let mut fresh = StepRecord::new();
                fresh.since = at;
                self.steps.resize(steps, Arc::new(fresh));
                let record = self.record(*step);
                record.state = StepState::Blocked;
            }
            _ => {}
        }
    }

    /// A message that a step took is free again when the step runs again.
    fn release(&mut self, step: StepIndex) {
        if self.rare.signals.iter().any(|s| s.taken_by == Some(step)) {
            for signal in &mut self.rare_mut().signals {
                if signal.taken_by == Some(step) {
                    signal.taken_by = None;
                }
            }
        }
    }

    /// The step that succeeded took the first message of the name it waits for.
    pub(super) fn take_signal(&mut self, step: StepIndex) {
        let plan = self.plan.clone();
        let Some(Awaits::Signal { name }) = &plan.step(step).awaits else {
            return;
        };
        if mutant::active(Mutant::MessageTakenTwice) {
            return;
        }
        let signals = &mut self.rare_mut().signals;
        let free = |signal: &&mut Signal| signal.taken_by.is_none() && signal.name == *name;
        if let Some(signal) = signals.iter_mut().find(free) {
            signal.taken_by = Some(step);
        }
    }
}

/// The step is as it was before its first round, but keeps its number of rounds and its history.
fn reopen(record: &mut StepRecord) {
    record.state = StepState::Blocked;
    record.waiting_for = None;
    record.until = None;
    record.response = None;
    record.given_up = false;
    record.effective = false;
    record.overdue = false;
    record.expired = false;
    record.closing = false;
    record.rerun = false;
    record.trouble = None;
}
