//! The people of a case: the applicant, whoever sends messages, and the operators; what they do while it
//! storms, and that each does what is theirs once it is calm.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use onething_saga::{
    Awaits, Kind, OnExpiry, Operator, OwnerAct, SagaState, SegmentState, State, StepIndex,
    StepState, WaitingFor,
};

use super::applicant::APPLICATION;
use super::case::Case;
use super::clock::EPOCH;
use super::fault::Fault;
use super::story::{Act, Temper};
use super::wish::{Asking, Settling, Wish, attest, retry};

/// After so many reminders even the silent write: what can only go forward is ended by no time limit.
const PATIENCE: u32 = 7;
/// More often than this nobody has to act upon one step: then what they are told does not help.
const MOST_TRIES: u32 = 60;

impl Case {
    /// People and surroundings do what is due.
    pub(super) fn act(&mut self) {
        let races = self.acknowledged.load(Ordering::Relaxed)
            && std::mem::take(&mut self.world.lock().races);
        if races {
            self.world.fault(Fault::WithdrawnAtDecision);
            self.withdraw();
        }
        while let Some((_, act)) = self
            .acts
            .pop_front_if(|(at, _)| *at <= self.world.elapsed())
        {
            if !self.acknowledged.load(Ordering::Relaxed) {
                // Nobody has a case to act upon yet; the same moment comes a little later.
                if !self.world.calm() {
                    let later = self.world.elapsed() + Duration::from_millis(50);
                    self.acts.push_front((later, act));
                    return;
                }
                continue;
            }
            self.world.note(format_args!("{act:?}"));
            self.act_now(act);
        }
    }

    fn act_now(&mut self, act: Act) {
        match act {
            Act::Withdraw => self.withdraw(),
            Act::SubmitAgain => {
                self.world.fault(Fault::SubmittedAgain);
                self.submit_as(APPLICATION, Some(Fault::SubmittedAgain));
            }
            Act::SubmitOther => {
                self.world.fault(Fault::SubmittedOther);
                let other = Bytes::from_static(b"something else");
                self.submit_as(other, Some(Fault::SubmittedOther));
            }
            Act::Message => {
                let steps = &self.world.story.definition.steps;
                let names = steps.iter().filter_map(|step| match &step.awaits {
                    Some(Awaits::Signal { name }) => Some(name.clone()),
                    _ => None,
                });
                let names: Vec<String> = names.collect();
                if !names.is_empty() {
                    let name = names[self.dice.place(names.len())].clone();
                    self.message(name);
                }
            }
            Act::MessageAgain | Act::MessageOther => self.known_message(act),
            Act::Correct => {
                let returned = self.journal(|state| steps(state, returned).next());
                if let Some(step) = returned.flatten() {
                    self.correct(step);
                }
            }
            Act::Meddle => {
                let step = StepIndex::from(self.dice.place(self.world.plan.steps.len()));
                let (by, reason) = ("operator".to_owned(), "a guess".to_owned());
                let request = match self.dice.below(4) {
                    0 => Wish::Operate(Operator::Retry { step, by, reason }),
                    1 => Wish::Operate(Operator::RetryUndo { step, by, reason }),
                    2 => Wish::Settle(step, attest(&reason), Settling::Approved),
                    _ => Wish::Settle(step, OwnerAct::Skip, Settling::Approved),
                };
                self.world.fault(Fault::OperatorMeddles);
                self.wish(request);
            }
            Act::Rival => {
                self.world.fault(Fault::Rival);
                self.crew.start();
            }
            Act::Restart => {
                self.world.fault(Fault::Restart);
                self.crew.restart();
            }
            Act::ClockAhead | Act::ClockBack => {
                let ahead = act == Act::ClockAhead;
                self.world.fault(if ahead {
                    Fault::ClockAhead
                } else {
                    Fault::ClockBack
                });
                let hour = 3_600_000_000;
                if let Some(member) = self.crew.current() {
                    member.clock.jump(if ahead { hour } else { -hour });
                }
            }
        }
    }

    fn journal<A>(&self, read: impl FnOnce(&State) -> A) -> Option<A> {
        self.world.lock().chronicle.state.as_ref().map(read)
    }

    fn withdraw(&mut self) {
        self.world.fault(Fault::Withdrawn);
        self.world.lock().chronicle.asked.withdrawal = true;
        self.wish(Wish::Withdraw);
    }

    fn message(&mut self, name: String) {
        self.sent += 1;
        let id = format!("message {}", self.sent);
        let payload = Bytes::from(format!("{name} {}", self.sent));
        self.world.fault(Fault::MessageSent);
        self.world
            .lock()
            .chronicle
            .asked
            .messages
            .insert(id.clone(), (name.clone(), payload.clone()));
        self.wish(Wish::Message { id, name, payload });
    }

    /// A message comes again, or another one under its identity.
    fn known_message(&mut self, act: Act) {
        let known = {
            let messages = &self.world.lock().chronicle.asked.messages;
            messages
                .iter()
                .next_back()
                .map(|(id, (name, payload))| (id.clone(), name.clone(), payload.clone()))
        };
        let Some((id, name, payload)) = known else {
            return;
        };
        if act == Act::MessageAgain {
            self.world.fault(Fault::MessageAgain);
            self.wish(Wish::Message { id, name, payload });
        } else {
            self.world.fault(Fault::MessageOther);
            self.world.lock().chronicle.asked.forgeries = true;
            self.wish(Wish::Forged { id, name });
        }
    }

    /// The applicant corrects what was returned. The fields that change feed some of the steps.
    fn correct(&mut self, step: StepIndex) {
        self.sent += 1;
        let tries = self.tries.entry(step).or_default();
        *tries += 1;
        // Where a change touches what stays, the applicant changes less.
        let affected = if *tries > 2 {
            Vec::new()
        } else {
            let steps = self.journal(|state| state.plan().step_indices().collect::<Vec<_>>());
            let mut steps = steps.unwrap_or_default();
            steps.retain(|_| self.dice.one_in(3));
            steps
        };
        let input = Bytes::from(format!("correction {}", self.sent));
        self.world.fault(Fault::Corrected);
        self.world
            .lock()
            .chronicle
            .asked
            .corrections
            .insert(input.clone(), (step, affected.clone()));
        self.wish(Wish::Correct {
            step,
            input,
            affected,
        });
    }

    /// In calm weather everybody does what the case waits for.
    pub(super) fn attend(&mut self) {
        if self.asking.load(Ordering::Relaxed) {
            return;
        }
        let tries = |step: &StepIndex| self.tries.get(step).copied().unwrap_or(0);
        let next = |want: fn(&State, StepIndex) -> bool| {
            self.journal(|state| steps(state, want).min_by_key(tries))
                .flatten()
        };
        let now = EPOCH.plus(self.world.elapsed());
        let pondering = |step: StepIndex| {
            let ponders = self
                .temper(step)
                .map_or(Duration::ZERO, |temper| temper.ponders);
            let since = self.journal(|state| state.step(step).stopped_at).flatten();
            since.is_some_and(|since| now < since.plus(ponders))
        };
        if let Some(step) = next(returned).filter(|step| !pondering(*step)) {
            let silent = self.temper_is_silent(step);
            let withdrawn = self.world.lock().chronicle.asked.withdrawal;
            if silent && !withdrawn {
                self.world.fault(Fault::Silent);
                self.withdraw();
            } else {
                self.correct(step);
            }
            return;
        }
        if let Some(step) = next(expects_message)
            && let Some(Some(Awaits::Signal { name })) =
                self.journal(|state| state.plan().step(step).awaits.clone())
            && !(self.temper_is_silent(step) && self.reminders(step) < PATIENCE)
        {
            self.message(name);
            return;
        }
        let held = self
            .journal(|state| matches!(state.status(), SagaState::Halted | SagaState::Escalated));
        match next(needs_owner) {
            Some(step) => self.operate(step),
            None if held == Some(true) => self
                .world
                .violation("the case waits for an owner without a step".to_owned()),
            None => {}
        }
    }

    /// How the surroundings of a step behave; the items of a repeated step behave alike.
    fn temper(&self, step: StepIndex) -> Option<&Temper> {
        let named = self.journal(|state| state.plan().item_of(step).unwrap_or(step))?;
        self.world.story.tempers.get(named.at())
    }

    /// How often somebody was reminded of a step.
    fn reminders(&self, step: StepIndex) -> u32 {
        self.journal(|state| state.step(step).reminders)
            .unwrap_or_default()
    }

    fn temper_is_silent(&self, step: StepIndex) -> bool {
        self.temper(step).is_some_and(|temper| temper.silent)
    }

    /// An operator does something about a step that waits for an owner: tries it again a few times, then
    /// settles it by hand.
    fn operate(&mut self, step: StepIndex) {
        let reason = "looked into it".to_owned();
        let tries = self.tries.entry(step).or_default();
        *tries += 1;
        let tries = *tries;
        if tries > MOST_TRIES {
            let what = format!("{step:?} waits for an owner, and nothing that owners do helps");
            self.world.violation(what);
            return;
        }
        let found = self.journal(|state| {
            let record = state.step(step);
            let undo = record.state == StepState::UndoFailed;
            let again = undo || record.halted || record.state == StepState::Refused;
            let nothing = record.state == StepState::Refused && !record.halted
                || record.waiting_for == Some(WaitingFor::Signal);
            (again, nothing)
        });
        let (again, nothing) = found.unwrap_or_default();
        if again && tries <= 3 {
            self.world.fault(Fault::OperatorRetries);
            let wish = if self.dice.one_in(3) {
                Wish::Settle(step, attest(&reason), Settling::Overtaken)
            } else {
                Wish::Operate(retry(&self.world, step))
            };
            self.wish(wish);
            return;
        }
        let settling = if self.dice.one_in(4) {
            self.world.fault(Fault::OperatorDeclines);
            Settling::Declined
        } else {
            Settling::Approved
        };
        let act = if nothing && self.dice.one_in(2) || !nothing && self.dice.one_in(8) {
            self.world.fault(Fault::OperatorSkips);
            OwnerAct::Skip
        } else {
            self.world.fault(Fault::OperatorAttests);
            attest(&reason)
        };
        self.wish(Wish::Settle(step, act, settling));
    }

    fn wish(&mut self, wish: Wish) {
        if matches!(wish, Wish::Operate(_) | Wish::Settle(..)) {
            self.world.lock().chronicle.asked.operator = true;
        }
        let (world, saga) = (self.world.clone(), self.saga);
        let asking = Asking::new(&self.asking);
        let Some(member) = self.crew.current() else {
            return;
        };
        let engine = member.engine.clone();
        member.along(async move {
            let _asking = asking;
            wish.fulfil(&world, &engine, saga).await;
        });
    }
}

/// The steps of a case of which something holds.
fn steps(
    state: &State,
    holds: impl Fn(&State, StepIndex) -> bool,
) -> impl Iterator<Item = StepIndex> {
    state
        .plan()
        .step_indices()
        .filter(move |step| holds(state, *step))
}

fn returned(state: &State, step: StepIndex) -> bool {
    let record = state.step(step);
    record.state == StepState::Waiting && record.waiting_for == Some(WaitingFor::Correction)
}

fn expects_message(state: &State, step: StepIndex) -> bool {
    let record = state.step(step);
    record.state == StepState::Waiting && record.waiting_for == Some(WaitingFor::Signal)
}

/// Whether a step waits for an owner, by what the definition promises and not by what the engine says.
fn needs_owner(state: &State, step: StepIndex) -> bool {
    use SegmentState::{Committed, Compensated, Compensating, Completed, Dropped};
    let (named, record) = (state.plan().step(step), state.step(step));
    let segment = state.segment(named.segment).state;
    let forward = named.kind == Kind::Forward
        || (named.kind == Kind::Query && matches!(segment, Committed | Completed));
    let expiry = named.deadline.map(|limit| limit.on_expiry);
    match record.state {
        StepState::UndoFailed => true,
        _ if record.halted => true,
        StepState::Refused => {
            forward && !named.optional && !matches!(segment, Compensating | Compensated | Dropped)
        }
        StepState::Waiting => {
            let calls = match expiry {
                Some(OnExpiry::Escalate) => true,
                Some(OnExpiry::Compensate) => forward,
                _ => false,
            };
            record.overdue || (record.expired && calls)
        }
        _ => false,
    }
}
