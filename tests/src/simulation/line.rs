//! An engine's line to the departments, through its gate.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use onething_saga::{
    Answer, Call, Definition, Facts, OutcomeAnswer, Participants, Prepared, PreparedCall, Step,
    StepIndex, UndoAnswer,
};

use super::department::{Reply, What};
use super::fault::Fault;
use super::gate::{Gate, Place};
use super::story::Request;
use super::world::World;

pub(super) struct Line {
    pub(super) world: Arc<World>,
    pub(super) gate: Arc<Gate>,
}

impl Line {
    /// The calls of a repeated step; a correction may make its list longer or shorter.
    fn list(&self, facts: &Facts<'_>, step: StepIndex) -> Prepared {
        let corrected = usize::from(facts.input() != &super::applicant::APPLICATION);
        let many = self.world.story.tempers[step.at()].items[corrected];
        if many > 256 {
            self.world.fault(Fault::ListTooLong);
        }
        let now = facts.now();
        let calls = (1..=many).map(|item| PreparedCall {
            request: Bytes::from(format!("{step:?} item {item} {now:?}")),
            target: None,
        });
        Prepared::Each {
            calls: calls.collect(),
        }
    }

    async fn cross(&self, place: Place) {
        if let Some(fault) = self.gate.strikes(place) {
            self.world.fault(fault);
            self.world.news.notify_one();
        }
        self.gate.open().await;
    }

    async fn call(&self, call: &Call, what: What) -> Option<Reply> {
        self.check_intent(call, what);
        self.cross(Place::BeforeCall).await;
        let reply = self.world.carry(call, what).await;
        self.cross(Place::AfterCall).await;
        reply
    }

    /// Intent is journaled before the call, with the bytes that are sent.
    fn check_intent(&self, call: &Call, what: What) {
        let mut inner = self.world.lock();
        let (step, round) = (call.index, call.key.round);
        let chronicle = &mut inner.chronicle;
        if call.plan.index_of_item(&call.key.step, call.key.item) != Some(step) {
            chronicle.violation(format!("{what:?} with {:?} is not of {step:?}", call.key));
        }
        let known = match what {
            What::Act | What::Ask => chronicle.intended(step, round, &call.request),
            What::Undo => chronicle.undo_intended(step, round),
        };
        if !known {
            let id = &call.key.step;
            chronicle.violation(format!(
                "{what:?} of `{id}` round {round} before its intent"
            ));
        }
        let early = what == What::Act && !chronicle.begun(step, round);
        if chronicle.wrong() {
            self.world.news.notify_one();
        }
        drop(inner);
        if early {
            self.world.fault(Fault::AheadOfJournal);
        }
    }
}

/// A request that needs nothing but the submission.
fn alone(step: &Step, facts: &Facts<'_>) -> Bytes {
    Bytes::from(format!("{} {:?}", step.id, facts.input()))
}

fn no_answer() -> String {
    "no answer".to_owned()
}

#[async_trait]
impl Participants for Line {
    fn prepare(&self, definition: &Definition, facts: &Facts<'_>, step: StepIndex) -> Prepared {
        let named = definition.step(step);
        match self.world.story.tempers[step.at()].request {
            Request::NotApplicable => {
                self.world.fault(Fault::NotApplicable);
                return Prepared::Omit;
            }
            Request::Never => {
                self.world.fault(Fault::PreparedNever);
                let why = "a field is missing".to_owned();
                return Prepared::Impossible { why };
            }
            Request::Later(times) => {
                let mut inner = self.world.lock();
                let tries = inner.prepared.entry(step).or_default();
                *tries += 1;
                if *tries <= times {
                    drop(inner);
                    self.world.fault(Fault::PreparedLater);
                    let why = "a shared item is not there yet".to_owned();
                    return Prepared::Later { why };
                }
            }
            Request::Ready => {}
        }
        if named.for_each {
            return self.list(facts, step);
        }
        if self.world.story.tempers[step.at()].ahead {
            return Prepared::Call {
                request: alone(named, facts),
                target: None,
            };
        }
        // The time makes a request that is built again another one.
        let before: Vec<_> = named
            .after
            .iter()
            .map(|step| facts.response(*step))
            .collect();
        let request = format!("{} {:?} {before:?}", named.id, facts.now());
        Prepared::Call {
            request: Bytes::from(request),
            target: None,
        }
    }

    fn prepare_ahead(
        &self,
        definition: &Definition,
        facts: &Facts<'_>,
        step: StepIndex,
    ) -> Option<PreparedCall> {
        let temper = &self.world.story.tempers[step.at()];
        let known = temper.ahead && temper.request == Request::Ready;
        known.then(|| PreparedCall {
            request: alone(definition.step(step), facts),
            target: None,
        })
    }

    async fn act(&self, call: &Call) -> Answer {
        match self.call(call, What::Act).await {
            Some(Reply::Acted(answer)) => answer,
            _ => Answer::Doubt { why: no_answer() },
        }
    }

    async fn outcome(&self, call: &Call) -> OutcomeAnswer {
        match self.call(call, What::Ask).await {
            Some(Reply::Asked(answer)) => answer,
            _ => OutcomeAnswer::Known(Answer::Doubt { why: no_answer() }),
        }
    }

    async fn undo(&self, call: &Call) -> UndoAnswer {
        match self.call(call, What::Undo).await {
            Some(Reply::Undone(answer)) => answer,
            _ => UndoAnswer::Doubt { why: no_answer() },
        }
    }
}
