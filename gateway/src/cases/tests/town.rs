//! The built-in relocation, altered: the clearance is an act of a merchant's, and the destination's
//! acceptance can be returned for correction or take its time.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use onething_bundle::Catalogue;
use onething_elements::Dictionary;
use onething_proto::Contracts;
use onething_saga::{
    Answer, Awaits, Call, Decided, Definition, Definitions, Engine, EngineSettings, Facts, Key,
    OnExpiry, OutcomeAnswer, Participants, Plan, Prepared, Refusal, StepIndex, TimeLimit,
    UndoAnswer, store::MemoryStore,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{cases::Cases, departments::BundlePlans};

pub(super) const BUNDLE: &str = "enterprise-relocation";
/// The act from outside.
pub(super) const ACT: &str = "tax-clearance";
/// The step that can be returned.
pub(super) const RETURNABLE: &str = "accept-relocation";
/// A step beside it that can take its time.
pub(super) const LOCK: &str = "lock-record";

/// What the departments answer. Not told: they do it.
#[derive(Default)]
pub(super) struct Town {
    /// Steps that are returned in this round.
    returns: Mutex<HashMap<String, u32>>,
    /// Steps that are decided later.
    later: Mutex<HashSet<String>>,
    /// The requests that were sent, by step and round.
    sent: Mutex<HashMap<(String, u32), Value>>,
    undone: Mutex<Vec<String>>,
}

impl Town {
    pub(super) fn return_in(&self, step: &str, round: u32) {
        self.returns.lock().unwrap().insert(step.to_owned(), round);
    }

    pub(super) fn later(&self, step: &str) {
        self.later.lock().unwrap().insert(step.to_owned());
    }

    /// The form with which a step was called.
    pub(super) fn sent(&self, step: &str, round: u32) -> Option<Value> {
        let key = (step.to_owned(), round);
        self.sent.lock().unwrap().get(&key).cloned()
    }

    pub(super) fn undone(&self) -> Vec<String> {
        self.undone.lock().unwrap().clone()
    }
}

fn refusal() -> Refusal {
    Refusal {
        reason: "PREMISES_NOT_USABLE".to_owned(),
        message: "The address is not whole.".to_owned(),
        detail: Value::Null,
    }
}

#[async_trait]
impl Participants for Town {
    fn prepare(&self, _: &Definition, facts: &Facts<'_>, _: StepIndex) -> Prepared {
        Prepared::Call {
            request: facts.input().clone(),
            target: None,
        }
    }

    async fn act(&self, call: &Call) -> Answer {
        let (step, round) = (call.key.step.clone(), call.key.round);
        let form = serde_json::from_slice(&call.request).unwrap();
        self.sent
            .lock()
            .unwrap()
            .insert((step.clone(), round), form);
        if self.returns.lock().unwrap().get(&step) == Some(&round) {
            return Answer::Returned(refusal());
        }
        if self.later.lock().unwrap().contains(&step) {
            return Answer::Pending;
        }
        Answer::Succeeded {
            response: Vec::new().into(),
        }
    }

    async fn outcome(&self, call: &Call) -> OutcomeAnswer {
        OutcomeAnswer::Known(self.act(call).await)
    }

    async fn undo(&self, call: &Call) -> UndoAnswer {
        self.undone.lock().unwrap().push(call.key.step.clone());
        UndoAnswer::Undone
    }
}

/// The bundle's plan, altered.
struct Altered(Arc<Plan>);

impl Altered {
    fn new(plans: &BundlePlans) -> Self {
        let plan = plans.current(BUNDLE).unwrap();
        let mut definition = plan.definition().clone();
        for step in &mut definition.steps {
            match step.id.as_str() {
                ACT => {
                    let name = "clear".to_owned();
                    step.awaits = Some(Awaits::Signal { name });
                    step.refusable = false;
                    step.responsible = "merchant".to_owned();
                }
                RETURNABLE | LOCK => {
                    step.correctable = step.id == RETURNABLE;
                    step.deadline = Some(TimeLimit {
                        working_days: 3,
                        on_expiry: OnExpiry::Escalate,
                    });
                }
                _ => {}
            }
        }
        Self(Arc::new(Plan::new(definition).unwrap()))
    }
}

impl Definitions for Altered {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        (name == BUNDLE).then(|| self.0.clone())
    }

    fn get(&self, name: &str, _: u32) -> Option<Arc<Plan>> {
        self.current(name)
    }
}

/// A gateway's cases.
pub(super) struct World {
    pub(super) cases: Cases,
    pub(super) town: Arc<Town>,
    engine: Engine,
}

impl World {
    pub(super) fn new() -> Self {
        let catalogue = Catalogue::embedded(Contracts::standard(), Dictionary::standard());
        let plans = BundlePlans::new(catalogue.unwrap(), Vec::new(), Duration::from_secs(5));
        let plans = Arc::new(plans.unwrap());
        let town = Arc::new(Town::default());
        let settings = EngineSettings {
            decisions_told: true,
            ..EngineSettings::default()
        };
        let store = Arc::new(MemoryStore::default());
        let definitions = Arc::new(Altered::new(&plans));
        let engine = Engine::start(store, town.clone(), definitions, settings);
        Self {
            cases: Cases::new(engine.clone(), plans, CancellationToken::new()),
            town,
            engine,
        }
    }

    /// Files a case.
    pub(super) async fn file(&self) -> String {
        let form = form();
        let submitted = self
            .cases
            .submit(BUNDLE, None, &form, "filed")
            .await
            .unwrap();
        submitted.id.to_string()
    }

    /// A case in which the merchant's act is done.
    pub(super) async fn cleared(&self) -> String {
        let id = self.file().await;
        self.until(&id, ACT, "waiting").await;
        self.cases.perform(&id, ACT, "cleared").await.unwrap();
        id
    }

    /// An officer approves.
    pub(super) async fn approve(&self, id: &str, step: &str) {
        let decided = Decided {
            key: Key {
                coordinator: EngineSettings::default().coordinator,
                saga: id.parse().unwrap(),
                step: step.to_owned(),
                item: 0,
                round: 1,
            },
            answer: Answer::Succeeded {
                response: Vec::new().into(),
            },
        };
        let delivered = self.engine.deliver("town", "1", vec![decided]).await;
        delivered.unwrap();
    }

    /// The case as an app reads it.
    pub(super) async fn case(&self, id: &str) -> Value {
        serde_json::to_value(self.cases.read(id).await.unwrap()).unwrap()
    }

    /// Waits until a step is in a state, and gives the item then.
    pub(super) async fn until(&self, id: &str, step: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let case = self.case(id).await;
            let item = item(&case, step);
            if item["state"] == state {
                return item;
            }
            let late = begun.elapsed() > Duration::from_secs(10);
            assert!(!late, "{step} is not {state}: {case:#}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until the case has ended, and gives its state.
    pub(super) async fn ended(&self, id: &str) -> String {
        let begun = Instant::now();
        loop {
            let case = self.case(id).await;
            if case["ended"] == true {
                return case["state"].as_str().unwrap().to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{case:#}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// One item of a case.
pub(super) fn item(case: &Value, step: &str) -> Value {
    let items = case["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["step"] == step);
    found.unwrap().clone()
}

pub(super) fn form() -> Value {
    json!({
        "enterprise": {
            "credit_code": "91150105YYYY00012D",
            "target_registrar": "150602",
            "target_address": "内蒙古自治区鄂尔多斯市东胜区",
            "premises_right": "leased",
            "resolution_date": "2026-11-20",
        },
        "representative": { "id_number": "150302196603159977" },
    })
}
