//! The departments behind the engine's `Participants`: builds requests out of bundles and sends
//! them where discovery finds the department.

use std::cell::Cell;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use onething_bundle::{Bundle, Form, Prepared as BundlePrepared};
use onething_runtime::{Peer, Peers};
use onething_saga::{
    Answer, Call, Definition, Facts, OutcomeAnswer, Participants, Prepared, PreparedCall,
    StepIndex, UndoAnswer,
};
use prost::Message;
use prost_reflect::DynamicMessage;

use super::{BundlePlans, answer, client};
use crate::trace;

/// Calls departments for the engine.
#[derive(Debug)]
pub(crate) struct Departments {
    plans: Arc<BundlePlans>,
    peers: Peers,
}

impl Departments {
    pub(crate) fn new(plans: Arc<BundlePlans>, peers: Peers) -> Self {
        Self { plans, peers }
    }

    /// A success that cannot be read is doubt: what builds on it would silently be left out.
    fn readable(&self, call: &Call, answer: Answer) -> Answer {
        let Answer::Succeeded { response: bytes } = &answer else {
            return answer;
        };
        let bundle = self.plans.version(&call.plan.name, call.plan.version);
        match bundle.and_then(|bundle| response(&bundle, place(call), Some(bytes))) {
            Some(_) => answer,
            None => Answer::Doubt {
                why: "the answer cannot be decoded".to_owned(),
            },
        }
    }

    /// Builds a step's request out of the form and of the answers to earlier steps, or says why it cannot.
    fn build<'a>(
        &self,
        definition: &Definition,
        facts: &Facts<'a>,
        step: StepIndex,
        bytes: &dyn Fn(StepIndex) -> Option<&'a Bytes>,
    ) -> Result<BundlePrepared, Prepared> {
        let Some(bundle) = self.plans.version(&definition.name, definition.version) else {
            let (name, version) = (&definition.name, definition.version);
            let why = format!("bundle {name} {version} is not loaded");
            return Err(Prepared::Later { why });
        };
        let Ok(form) = serde_json::from_slice::<Form>(facts.input()) else {
            let why = "the form cannot be read".to_owned();
            return Err(Prepared::Impossible { why });
        };
        let responses = |index: usize| response(&bundle, index, bytes(index.into()));
        let built = bundle.request(step.at(), &form, &responses);
        built.map_err(|error| Prepared::Impossible {
            why: error.to_string(),
        })
    }

    fn peer(&self, call: &Call) -> Option<Peer> {
        let bundle = self.plans.version(&call.plan.name, call.plan.version)?;
        let step = bundle.steps.get(place(call))?;
        Some(self.peers.peer(&step.department.served_by))
    }
}

#[async_trait]
impl Participants for Departments {
    fn prepare(&self, definition: &Definition, facts: &Facts<'_>, step: StepIndex) -> Prepared {
        let bytes = |step: StepIndex| facts.response(step);
        match self.build(definition, facts, step, &bytes) {
            Ok(BundlePrepared::Call(message)) => {
                let PreparedCall { request, target } = prepared(&message);
                Prepared::Call { request, target }
            }
            Ok(BundlePrepared::Each(messages)) => Prepared::Each {
                calls: messages.iter().map(prepared).collect(),
            },
            Ok(BundlePrepared::Omit { .. }) => Prepared::Omit,
            Err(not) => not,
        }
    }

    fn prepare_ahead(
        &self,
        definition: &Definition,
        facts: &Facts<'_>,
        step: StepIndex,
    ) -> Option<PreparedCall> {
        let asked_too_soon = Cell::new(false);
        let bytes = |step: StepIndex| {
            let response = facts.response(step);
            asked_too_soon.set(asked_too_soon.get() || response.is_none());
            response
        };
        match self.build(definition, facts, step, &bytes) {
            Ok(BundlePrepared::Call(message)) if !asked_too_soon.get() => Some(prepared(&message)),
            _ => None,
        }
    }

    async fn act(&self, call: &Call) -> Answer {
        match self.peer(call) {
            Some(peer) => self.readable(call, answer::acted(client::act(peer, call).await)),
            None => Answer::Doubt {
                why: NOT_LOADED.to_owned(),
            },
        }
    }

    async fn outcome(&self, call: &Call) -> OutcomeAnswer {
        match self.peer(call) {
            Some(peer) => match answer::asked(client::outcome(peer, call).await) {
                OutcomeAnswer::Known(answer) => OutcomeAnswer::Known(self.readable(call, answer)),
                OutcomeAnswer::NotSeen => OutcomeAnswer::NotSeen,
            },
            None => OutcomeAnswer::Known(Answer::Doubt {
                why: NOT_LOADED.to_owned(),
            }),
        }
    }

    async fn undo(&self, call: &Call) -> UndoAnswer {
        match self.peer(call) {
            Some(peer) => answer::undone(client::undo(peer, call).await),
            None => UndoAnswer::Doubt {
                why: NOT_LOADED.to_owned(),
            },
        }
    }

    fn adopt(&self, span: &tracing::Span, traceparent: Option<&str>) {
        trace::adopt(span, traceparent);
    }
}

/// The step's position in its bundle; an item of a repeated step has that of the step.
fn place(call: &Call) -> usize {
    call.plan.item_of(call.index).unwrap_or(call.index).at()
}

fn prepared(message: &DynamicMessage) -> PreparedCall {
    PreparedCall {
        request: message.encode_to_vec().into(),
        target: None,
    }
}

const NOT_LOADED: &str = "the bundle of this case is not loaded";

/// A step's answer, decoded by the method that gave it.
pub(crate) fn response(
    bundle: &Bundle,
    step: usize,
    bytes: Option<&Bytes>,
) -> Option<DynamicMessage> {
    let answer = bundle.steps.get(step)?.answer()?;
    DynamicMessage::decode(answer, bytes?.clone()).ok()
}
