//! What the laws remember of the journal by themselves, so that a broken rule shows as well when it is
//! broken where events are applied: messages, times, proposals.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use jiff::civil::Date;
use onething_calendar::{Calendar, end_of_day, local_date};
use onething_saga::{
    Awaits, Event, Kind, MoveReason, OmitReason, OnExpiry, SegmentState, State, StepIndex,
    StepState, Timestamp, WaitingFor,
};

/// So long after the end of a statutory time somebody must have noticed, whatever clocks do.
const NOTICED: Duration = Duration::from_hours(12);

/// A proposal, and what it rests on.
#[derive(Debug)]
struct Proposed {
    step: StepIndex,
    by: String,
    phase: (StepState, u32, bool),
    declined: bool,
}

/// What the laws remember.
#[derive(Debug, Default)]
pub(in crate::simulation) struct Memory {
    messages: Vec<(String, String, Bytes)>,
    taken: BTreeMap<StepIndex, String>,
    until: BTreeMap<StepIndex, Timestamp>,
    due: BTreeMap<StepIndex, Timestamp>,
    stopped: BTreeMap<StepIndex, Timestamp>,
    expired: BTreeSet<StepIndex>,
    proposals: BTreeMap<u32, Proposed>,
    approved: Option<StepIndex>,
    accepted_at: Timestamp,
    time_up: bool,
    wrong: Vec<String>,
}

impl Memory {
    /// What is wrong with an event that is committed in this state.
    pub(in crate::simulation) fn before_event(
        &mut self,
        state: &State,
        event: &Event,
        at: Timestamp,
    ) -> Vec<String> {
        match event {
            Event::Accepted { .. } => self.accepted_at = at,
            // What an earlier owner may have called is not started, but counts as called to be undone.
            Event::Begun { step, .. } if state.step(*step).state == StepState::Blocked => {
                let segment = state.segment(state.plan().step(*step).segment).state;
                self.check(segment == SegmentState::Compensating, || {
                    format!("{step:?} begins in a {segment:?} segment although it is not its turn")
                });
            }
            Event::Intended { step, .. } | Event::Begun { step, .. } => {
                self.resumed(*step, at);
                self.starts(state, *step, at);
                self.expired.remove(step);
            }
            Event::Awaited { step, until, .. } => self.awaited(state, *step, *until, at),
            Event::Succeeded { step, response, .. } => self.arrived(state, *step, response, at),
            Event::SignalReceived { id, name, payload } => {
                let known = self.messages.iter().any(|(known, _, _)| known == id);
                self.check(!known, || format!("{id} was kept twice"));
                self.messages
                    .push((id.clone(), name.clone(), payload.clone()));
            }
            Event::Reopened { step } => {
                self.forget(*step);
                self.taken.remove(step);
                self.stopped.remove(step);
            }
            Event::RetryRequested { step, .. } if !state.step(*step).halted => self.forget(*step),
            Event::DeadlineSet { step, due, .. } => {
                let limit = state.plan().step(*step).deadline;
                let right = limit.map(|limit| counted(day(at), limit.working_days));
                self.check(right == Some(*due), || {
                    format!("{step:?} is due at {due:?}, not at {right:?}")
                });
                self.due.insert(*step, *due);
            }
            Event::Returned { step, .. } => {
                self.stopped.insert(*step, at);
                self.expired.remove(step);
            }
            Event::Corrected { step, .. } => {
                let returned = self.stopped.contains_key(step);
                self.check(returned, || {
                    format!("{step:?} was corrected without a return")
                });
            }
            Event::DeadlineMoved { step, due, why, .. } => {
                let right = self.resumed(*step, at);
                let right = *why != MoveReason::Correction || right == Some(*due);
                self.check(right, || format!("{step:?} is due at {due:?} by mistake"));
                self.due.insert(*step, *due);
            }
            Event::Expired { step, action, .. } => self.expired(state, *step, *action, at),
            Event::TimeLimitReached => self.time_limit(state, at),
            Event::Proposed {
                proposal, step, by, ..
            } => {
                let known = Proposed {
                    step: *step,
                    by: by.clone(),
                    phase: phase(state, *step),
                    declined: false,
                };
                self.proposals.insert(*proposal, known);
            }
            Event::Declined { proposal, .. } => {
                if let Some(known) = self.proposals.get_mut(proposal) {
                    known.declined = true;
                }
            }
            Event::Approved { proposal, by } => self.approved(state, *proposal, by),
            Event::Attested { step, .. } => {
                let approved = self.approved.take() == Some(*step);
                self.check(approved, || {
                    format!("{step:?} was attested by one operator")
                });
            }
            Event::Omitted { step, why } => self.omitted(state, *step, *why),
            _ => {}
        }
        std::mem::take(&mut self.wrong)
    }

    /// What is wrong with the state after a commit at this time.
    pub(in crate::simulation) fn after_commit(
        &mut self,
        state: &State,
        at: Timestamp,
    ) -> Vec<String> {
        for step in state.plan().step_indices() {
            let record = state.step(step);
            let due = self.due.get(&step).copied();
            let shown = record.deadline.as_ref().map(|deadline| deadline.due);
            self.check(shown == due, || {
                format!("{step:?} is due at {due:?}, the journal says {shown:?}")
            });
            let waits = record.state == StepState::Waiting;
            let late = due.is_some_and(|due| due.plus(NOTICED) < at);
            let decides = waits && record.waiting_for != Some(WaitingFor::Correction);
            let ended = state.ended().is_some();
            let missed = decides && late && !self.expired.contains(&step) && !ended;
            self.check(!missed, || {
                format!("nobody noticed that the time of {step:?} was over at {due:?}")
            });
            let named = state.plan().step(step);
            let compensates = named
                .deadline
                .is_some_and(|limit| limit.on_expiry == OnExpiry::Compensate);
            let running = state.segment(named.segment).state == SegmentState::Running;
            let idle = compensates && waits && running && self.expired.contains(&step);
            self.check(!idle, || {
                format!("{step:?} goes on waiting although its time is over")
            });
        }
        std::mem::take(&mut self.wrong)
    }

    fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(what());
        }
    }

    fn forget(&mut self, step: StepIndex) {
        self.until.remove(&step);
        self.due.remove(&step);
        self.expired.remove(&step);
    }

    /// Once a case is stopped it goes on only where it can no longer go back; and a pivot builds on
    /// answers that are fresh enough, or were asked for often enough.
    fn starts(&mut self, state: &State, step: StepIndex, at: Timestamp) {
        let plan = state.plan();
        let stopping = state.cancel().is_some() || self.time_up;
        let segment = state.segment(plan.step(step).segment).state;
        self.check(!stopping || segment == SegmentState::Committed, || {
            format!("{step:?} starts in a {segment:?} segment although the case is stopped")
        });
        for query in plan.queries(step) {
            let (named, record) = (plan.step(*query), state.step(*query));
            let own = named.segment == plan.step(step).segment;
            let fresh = record
                .ended_at
                .zip(named.fresh_for)
                .is_none_or(|(ended, fresh_for)| at <= ended.plus(fresh_for));
            let answered = record.state == StepState::Succeeded;
            self.check(!own || !answered || fresh || record.refreshed >= 3, || {
                format!("{step:?} starts on the old answer of {query:?}")
            });
        }
    }

    fn awaited(&mut self, state: &State, step: StepIndex, until: Option<Timestamp>, at: Timestamp) {
        let awaits = state.plan().step(step).awaits.clone();
        let right = match awaits {
            Some(Awaits::Timer { after }) => Some(at.plus(after)),
            _ => None,
        };
        self.check(until == right, || {
            format!("{step:?} waits until {until:?}, not {right:?}")
        });
        self.until.extend(right.map(|right| (step, right)));
        self.expired.remove(&step);
        self.starts(state, step, at);
    }

    fn arrived(&mut self, state: &State, step: StepIndex, response: &Bytes, at: Timestamp) {
        match state.plan().step(step).awaits.clone() {
            Some(Awaits::Timer { .. }) => {
                let until = self.until.get(&step).copied();
                self.check(until.is_some_and(|until| until <= at), || {
                    format!("the time of {step:?} was over before {until:?}")
                });
            }
            Some(Awaits::Signal { name }) => {
                let free = |known: &&(String, String, Bytes)| {
                    known.1 == name && !self.taken.values().any(|taken| *taken == known.0)
                };
                let first = self.messages.iter().find(free).cloned();
                let right = first
                    .as_ref()
                    .is_some_and(|(_, _, payload)| payload == response);
                self.check(right, || {
                    format!("{step:?} took {response:?}, which was not its message")
                });
                self.taken.extend(first.map(|(id, _, _)| (step, id)));
            }
            None => {}
        }
    }

    /// The department has the step again: until now the clock stood still.
    fn resumed(&mut self, step: StepIndex, at: Timestamp) -> Option<Timestamp> {
        let stopped = self.stopped.remove(&step)?;
        let days = Calendar::standard().working_days_between(day(stopped), day(at));
        let days = u32::try_from(days).unwrap_or(0);
        let due = self.due.get_mut(&step)?;
        if days > 0 || *due <= at {
            // The day on which the clock runs again is never over at once.
            *due = counted(day(Timestamp(due.0 - 1)), days).max(counted(day(at), 0));
        }
        Some(*due)
    }

    fn expired(&mut self, state: &State, step: StepIndex, action: OnExpiry, at: Timestamp) {
        let due = self.due.get(&step).copied();
        self.check(due.is_some_and(|due| due <= at), || {
            format!("{step:?} expired before {due:?}")
        });
        let limit = state.plan().step(step).deadline;
        self.check(limit.is_some_and(|limit| limit.on_expiry == action), || {
            format!("{step:?} expired into {action:?}")
        });
        let waits =
            state.step(step).state == StepState::Waiting && !self.stopped.contains_key(&step);
        self.check(waits, || {
            format!("{step:?} expired although nobody decides")
        });
        let twice = !self.expired.insert(step);
        self.check(!twice, || format!("{step:?} expired twice"));
    }

    fn time_limit(&mut self, state: &State, at: Timestamp) {
        let end = state
            .plan()
            .time_limit
            .map(|limit| self.accepted_at.plus(limit));
        self.check(end.is_some_and(|end| end <= at), || {
            format!("the case's time was over before {end:?}")
        });
        let again = std::mem::replace(&mut self.time_up, true);
        self.check(!again, || "the case's time was over twice".to_owned());
    }

    fn approved(&mut self, state: &State, proposal: u32, by: &str) {
        let Some(known) = self.proposals.get(&proposal) else {
            self.wrong
                .push(format!("proposal {proposal} was never made"));
            return;
        };
        let step = known.step;
        let (same, declined) = (known.by == by, known.declined);
        let moved = known.phase != phase(state, step);
        self.check(!same, || format!("{by} approved an own proposal"));
        self.check(!declined, || {
            format!("declined proposal {proposal} was approved")
        });
        self.check(!moved, || {
            format!("proposal {proposal} rests on what {step:?} was before")
        });
        self.approved = Some(step);
    }

    fn omitted(&mut self, state: &State, step: StepIndex, why: OmitReason) {
        let (plan, record) = (state.plan(), state.step(step));
        let named = plan.step(step);
        match why {
            OmitReason::Skipped => {
                let approved = self.approved.take() == Some(step);
                self.check(approved, || format!("{step:?} was skipped by one operator"));
                let nothing = record.state == StepState::Refused
                    || named.kind == Kind::Query
                    || record.waiting_for == Some(WaitingFor::Correction);
                self.check(nothing, || {
                    format!("{step:?} was skipped in {:?}", record.state)
                });
            }
            OmitReason::Optional => {
                self.check(named.optional, || format!("{step:?} is not optional"));
            }
            OmitReason::NotApplicable => {
                let may_be = named.conditional || named.for_each || plan.item(step) > 0;
                self.check(may_be, || format!("{step:?} always applies"));
            }
        }
    }
}

fn phase(state: &State, step: StepIndex) -> (StepState, u32, bool) {
    let record = state.step(step);
    (record.state, record.round, record.halted)
}

fn day(at: Timestamp) -> Date {
    local_date(jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::MAX))
}

/// The first moment after so many working days.
fn counted(from: Date, working_days: u32) -> Timestamp {
    let counted = Calendar::standard().add_working_days(from, working_days);
    Timestamp(end_of_day(counted.date).as_microsecond())
}
