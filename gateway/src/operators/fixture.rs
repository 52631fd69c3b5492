//! A gateway's sagas over departments that answer as a test tells them to.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use onething_saga::{
    Answer, Call, Definition, Definitions, Engine, EngineSettings, Facts, Kind, OutcomeAnswer,
    Participants, Plan, Prepared, Projection, Refusal, RetrySettings, SagaId, SagaState, Segment,
    SegmentIndex, Step, StepIndex, Submission, Timestamp, UndoAnswer,
    store::{EventRecord, MemoryStore, NewSaga, Seal, Store},
};
use serde_json::Value;

use super::{OperatorSettings, Roster, Sagas};

/// Tokens of the two operators who act and of the one who looks.
pub(crate) const TOKENS: [(&str, &str); 3] = [
    ("saran", "token-of-saran-0123456789"),
    ("batu", "token-of-batu-0123456789"),
    ("wall", "token-of-the-wall-0123456789"),
];

/// The departments: what they answer when a step is called or undone. Not told: they do it.
#[derive(Default)]
pub(crate) struct Town {
    refusals: Mutex<HashMap<String, Refusal>>,
    impossible: Mutex<HashMap<String, String>>,
}

impl Town {
    /// Has a step refused from now on.
    pub(crate) fn refuse(&self, step: &str) {
        let refusal = Refusal {
            reason: "MATTER_SUSPENDED".to_owned(),
            message: "not today".to_owned(),
            detail: Value::Null,
        };
        self.refusals
            .lock()
            .unwrap()
            .insert(step.to_owned(), refusal);
    }

    /// Has a step accepted again.
    pub(crate) fn accept(&self, step: &str) {
        self.refusals.lock().unwrap().remove(step);
    }

    /// Makes it impossible to undo a step.
    pub(crate) fn keep(&self, step: &str) {
        let why = "the seal was collected".to_owned();
        self.impossible.lock().unwrap().insert(step.to_owned(), why);
    }

    /// Lets a step be undone again.
    pub(crate) fn release(&self, step: &str) {
        self.impossible.lock().unwrap().remove(step);
    }
}

#[async_trait]
impl Participants for Town {
    fn prepare(&self, _: &Definition, _: &Facts<'_>, _: StepIndex) -> Prepared {
        Prepared::Call {
            request: b"a name and a number".to_vec().into(),
            target: None,
        }
    }

    async fn act(&self, call: &Call) -> Answer {
        match self.refusals.lock().unwrap().get(&call.key.step) {
            Some(refusal) => Answer::Refused(refusal.clone()),
            None => Answer::Succeeded {
                response: Vec::new().into(),
            },
        }
    }

    async fn outcome(&self, call: &Call) -> OutcomeAnswer {
        OutcomeAnswer::Known(self.act(call).await)
    }

    async fn undo(&self, call: &Call) -> UndoAnswer {
        match self.impossible.lock().unwrap().get(&call.key.step) {
            Some(reason) => UndoAnswer::Impossible {
                reason: reason.clone(),
            },
            None => UndoAnswer::Undone,
        }
    }
}

/// One bundle: a lock that can be undone, a licence that cannot, and a notice that must succeed.
struct Move(Arc<Plan>);

impl Move {
    fn new() -> Self {
        let step = |id: &str, kind, department: &str, after: &[usize]| {
            let mut step = Step::new(id, kind, SegmentIndex::from(0), department);
            step.after = after.iter().map(|&at| StepIndex::from(at)).collect();
            step
        };
        let definition = Definition {
            name: "move".to_owned(),
            version: 1,
            steps: vec![
                step("lock", Kind::Compensable, "registry", &[]),
                step("licence", Kind::Pivot, "registry", &[0]),
                step("notice", Kind::Forward, "bank", &[1]),
            ],
            segments: vec![Segment {
                id: "move".to_owned(),
                partial: None,
            }],
            withdrawal: "withdrawn".to_owned(),
            time_limit: None,
        };
        Self(Arc::new(Plan::new(definition).unwrap()))
    }
}

impl Definitions for Move {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        self.get(name, 1)
    }

    fn get(&self, name: &str, version: u32) -> Option<Arc<Plan>> {
        (name == "move" && version == 1).then(|| self.0.clone())
    }
}

/// The sagas, the town they run in, and the store they are kept in.
pub(crate) struct World {
    pub(crate) sagas: Sagas,
    pub(crate) town: Arc<Town>,
    pub(crate) store: Arc<MemoryStore>,
    engine: Engine,
}

impl World {
    pub(crate) fn new() -> Self {
        let (town, store) = (Arc::new(Town::default()), Arc::new(MemoryStore::default()));
        let definitions = Arc::new(Move::new());
        let settings = EngineSettings {
            retry: RetrySettings {
                first: Duration::from_millis(1),
                most: Duration::from_millis(5),
            },
            ..EngineSettings::default()
        };
        Self::with(town, store, definitions, settings)
    }

    /// Where ended cases need not be kept any longer.
    pub(crate) fn forgetful() -> Self {
        let settings = EngineSettings {
            erase_after: Duration::ZERO,
            ..EngineSettings::default()
        };
        let (town, store) = (Arc::new(Town::default()), Arc::new(MemoryStore::default()));
        Self::with(town, store, Arc::new(Move::new()), settings)
    }

    fn with(
        town: Arc<Town>,
        store: Arc<MemoryStore>,
        definitions: Arc<Move>,
        settings: EngineSettings,
    ) -> Self {
        let engine = Engine::start(store.clone(), town.clone(), definitions.clone(), settings);
        let operators = TOKENS.map(|(name, _)| OperatorSettings {
            name: name.to_owned(),
            token_env: name.to_owned(),
            read_only: name == "wall",
            ..OperatorSettings::default()
        });
        let environment = |variable: &str| {
            let found = TOKENS.iter().find(|(name, _)| *name == variable);
            found.map(|(_, token)| (*token).to_owned())
        };
        let roster = Roster::read(&operators, environment).unwrap();
        let kept: Arc<dyn Store> = store.clone();
        Self {
            sagas: Sagas::new(engine.clone(), kept, definitions, roster),
            town,
            store,
            engine,
        }
    }

    /// Files a case and gives its id.
    pub(crate) async fn file(&self) -> String {
        let submission = Submission {
            definition: "move".to_owned(),
            input: b"{}".to_vec().into(),
            ..Submission::default()
        };
        self.engine
            .submit(submission)
            .await
            .unwrap()
            .saga
            .to_string()
    }

    /// A saga that was accepted and that nobody will ever wake: what must not happen.
    pub(crate) async fn forgotten(&self) -> String {
        let saga = SagaId(uuid::Uuid::now_v7());
        let projection = Projection {
            state: SagaState::Accepted,
            waiting: false,
            responsible: None,
            wake_at: None,
            wake_reason: None,
        };
        let accepted = EventRecord {
            at: Timestamp(1_000_000),
            kind: "accepted",
            body: r#"{"kind":"accepted","definition":"move","version":1}"#.to_owned(),
            payload: Vec::new().into(),
        };
        let new = NewSaga {
            saga,
            definition: "move".to_owned(),
            version: 1,
            dedupe: None,
            seal: Seal::OPEN,
            events: vec![accepted],
            projection,
        };
        self.store.accept(new).await.unwrap();
        saga.to_string()
    }

    /// Files a case and waits until it is in a state.
    pub(crate) async fn filed_until(&self, state: &str) -> String {
        let id = self.file().await;
        self.until(&id, state).await;
        id
    }

    /// Waits until a saga is in a state, and gives what is shown of it then.
    pub(crate) async fn until(&self, id: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let shown = serde_json::to_value(self.sagas.show(id).await.unwrap()).unwrap();
            if shown["state"] == state {
                return shown;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{state}: {shown:#}"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
