//! Departments that answer out of their contracts and keep the participant's rules: a key has one
//! outcome, an undo annuls what took effect, and a closed key stays closed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use onething_bundle::{ActionKind, Bundle, Form, Prepared as Planned};
use onething_saga::{
    Answer, Call, Definition, Facts, Key, OutcomeAnswer, Participants, Prepared, PreparedCall,
    Refusal, StepIndex, UndoAnswer,
};
use prost::Message as _;
use prost_reflect::DynamicMessage;

use super::values;

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    Pending,
    Effective,
    Refused,
    Closed,
}

/// The departments of a simulation.
pub(super) struct Scripted {
    bundle: Arc<Bundle>,
    form: Form,
    refuse: Option<String>,
    ledger: Mutex<HashMap<Key, Fact>>,
}

impl Scripted {
    pub(super) fn new(bundle: Arc<Bundle>, form: &Form, refuse: Option<String>) -> Self {
        Self {
            bundle,
            form: form.clone(),
            refuse,
            ledger: Mutex::default(),
        }
    }

    fn step(&self, call: &Call) -> (usize, &onething_bundle::Step) {
        let at = call.plan.item_of(call.index).unwrap_or(call.index).at();
        (at, &self.bundle.steps[at])
    }

    fn set(&self, key: &Key, fact: Fact) {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.insert(key.clone(), fact);
    }

    fn get(&self, key: &Key) -> Option<Fact> {
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.get(key).copied()
    }

    fn said(&self, call: &Call, fact: Fact) -> Answer {
        let (_, step) = self.step(call);
        match fact {
            Fact::Pending => Answer::Pending,
            Fact::Effective => Answer::Succeeded {
                response: step.answer().map_or_else(Bytes::new, |answer| {
                    values::answer(&answer, &step.gives).encode_to_vec().into()
                }),
            },
            Fact::Refused => {
                // Any matter may be suspended, whatever reasons it lists.
                let reason = step.refusal_reasons.first();
                let reason = reason.map_or("MATTER_SUSPENDED", String::as_str);
                Answer::Refused(Refusal::new(reason, "The script refuses this step."))
            }
            Fact::Closed => Answer::Closed,
        }
    }
}

#[async_trait]
impl Participants for Scripted {
    fn prepare(&self, _: &Definition, facts: &Facts<'_>, step: StepIndex) -> Prepared {
        let answers = |at: usize| {
            let answer = self.bundle.steps.get(at)?.answer()?;
            DynamicMessage::decode(answer, facts.response(at.into())?.clone()).ok()
        };
        let wire = |message: DynamicMessage| Bytes::from(message.encode_to_vec());
        match self.bundle.request(step.at(), &self.form, &answers) {
            Ok(Planned::Call(message)) => Prepared::Call {
                request: wire(message),
                target: None,
            },
            Ok(Planned::Each(messages)) => Prepared::Each {
                calls: messages
                    .into_iter()
                    .map(|message| PreparedCall {
                        request: wire(message),
                        target: None,
                    })
                    .collect(),
            },
            Ok(Planned::Omit { .. }) => Prepared::Omit,
            Err(error) => Prepared::Impossible {
                why: error.to_string(),
            },
        }
    }

    async fn act(&self, call: &Call) -> Answer {
        let (_, step) = self.step(call);
        let fact = self.get(&call.key).unwrap_or_else(|| {
            if self.refuse.as_deref() == Some(&step.id) {
                Fact::Refused
            } else if step.decides_later {
                Fact::Pending
            } else {
                Fact::Effective
            }
        });
        self.set(&call.key, fact);
        self.said(call, fact)
    }

    async fn outcome(&self, call: &Call) -> OutcomeAnswer {
        let fact = match self.get(&call.key) {
            None => return OutcomeAnswer::NotSeen,
            // The officer has looked at it in the meantime.
            Some(Fact::Pending) => Fact::Effective,
            Some(fact) => fact,
        };
        self.set(&call.key, fact);
        OutcomeAnswer::Known(self.said(call, fact))
    }

    async fn undo(&self, call: &Call) -> UndoAnswer {
        let (_, step) = self.step(call);
        match self.get(&call.key) {
            Some(Fact::Effective) if step.kind == ActionKind::Pivot => UndoAnswer::AlreadyEffective,
            Some(Fact::Effective) => {
                self.set(&call.key, Fact::Closed);
                UndoAnswer::Undone
            }
            Some(Fact::Refused) => UndoAnswer::NothingToUndo,
            _ => {
                self.set(&call.key, Fact::Closed);
                UndoAnswer::NothingToUndo
            }
        }
    }
}
