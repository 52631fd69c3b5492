//! The shell with sagas that wait: nobody holds them in memory, and decisions, messages, corrections and
//! time bring them on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use onething_saga::store::MemoryStore;
use onething_saga::{
    Answer, Awaits, Call, Decided, Definition, Definitions, Engine, EngineError, Facts, Key,
    OutcomeAnswer, Participants, Plan, Prepared, PreparedCall, Refusal, SagaId, SagaState,
    StepIndex, StepState, UndoAnswer, WaitingFor,
};
use tokio::sync::Barrier;
use tokio::time::Instant;

use crate::engine::{reaches, settings, submit};
use crate::fixtures::definition;
use crate::forgetful::Forgetful;

/// An office whose officers decide when the test says so.
struct Office {
    plan: Arc<Plan>,
    /// Every call, by step and round, and how often it came.
    calls: Mutex<HashMap<(String, u32, u32), u32>>,
    asked: Mutex<u32>,
}

impl Office {
    fn new(definition: Definition) -> Arc<Self> {
        Arc::new(Self {
            plan: Arc::new(Plan::new(definition).unwrap()),
            calls: Mutex::default(),
            asked: Mutex::default(),
        })
    }

    fn called(&self, step: &str, item: u32, round: u32) -> u32 {
        let calls = self.calls.lock().unwrap();
        calls
            .get(&(step.to_owned(), item, round))
            .copied()
            .unwrap_or(0)
    }
}

#[async_trait]
impl Participants for Office {
    fn prepare(&self, definition: &Definition, facts: &Facts<'_>, step: StepIndex) -> Prepared {
        if definition.step(step).for_each {
            let calls = facts.input().iter().map(|letter| PreparedCall {
                request: Bytes::copy_from_slice(&[*letter]),
                target: None,
            });
            return Prepared::Each {
                calls: calls.collect(),
            };
        }
        Prepared::Call {
            request: facts.input().clone(),
            target: None,
        }
    }

    async fn act(&self, call: &Call) -> Answer {
        let (step, item, round) = (call.key.step.clone(), call.key.item, call.key.round);
        *self
            .calls
            .lock()
            .unwrap()
            .entry((step, item, round))
            .or_default() += 1;
        if call.key.step.starts_with("officer") {
            return Answer::Pending;
        }
        Answer::Succeeded {
            response: call.request.clone(),
        }
    }

    async fn outcome(&self, _call: &Call) -> OutcomeAnswer {
        *self.asked.lock().unwrap() += 1;
        OutcomeAnswer::Known(Answer::Pending)
    }

    async fn undo(&self, _call: &Call) -> UndoAnswer {
        UndoAnswer::Undone
    }
}

impl Definitions for Office {
    fn current(&self, _name: &str) -> Option<Arc<Plan>> {
        Some(self.plan.clone())
    }

    fn get(&self, _name: &str, _version: u32) -> Option<Arc<Plan>> {
        Some(self.plan.clone())
    }
}

async fn start(office: &Arc<Office>) -> Engine {
    let mut settings = settings();
    settings.decisions_told = true;
    let engine = Engine::start(
        Arc::new(MemoryStore::default()),
        office.clone(),
        office.clone(),
        settings,
    );
    engine.recover().await.unwrap();
    engine
}

async fn leaves_memory(engine: &Engine) {
    let gone = async {
        while engine.in_memory() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .expect("a saga that waits leaves memory");
}

/// What the officer of the first step decides.
fn granted(saga: SagaId) -> Decided {
    Decided {
        key: Key {
            coordinator: settings().coordinator,
            saga,
            step: "officer".to_owned(),
            item: 0,
            round: 1,
        },
        answer: Answer::Succeeded {
            response: Bytes::from_static(b"granted"),
        },
    }
}

#[tokio::test]
async fn a_decision_that_comes_while_the_saga_is_given_up_brings_it_on() {
    let office = Office::new(definition(&[
        "officer compensable 0",
        "b pivot 0 after officer",
    ]));
    let store = Arc::new(Forgetful::new(MemoryStore::default()));
    let mut settings = settings();
    settings.decisions_told = true;
    let engine = Engine::start(store.clone(), office.clone(), office.clone(), settings);
    engine.recover().await.unwrap();
    let saga = submit(&engine, None).await;
    leaves_memory(&engine).await;
    let said = || engine.signal(saga, "1", "nobody waits for it", Bytes::new());
    said().await.unwrap();
    leaves_memory(&engine).await;

    // Said again it changes nothing: the saga is looked at and given up.
    let barrier = Arc::new(Barrier::new(2));
    *store.giving_up.lock().unwrap() = Some(barrier.clone());
    said().await.unwrap();
    barrier.wait().await;
    engine
        .deliver("office", "1", vec![granted(saga)])
        .await
        .unwrap();
    barrier.wait().await;
    reaches(&engine, saga, SagaState::Completed).await;
}

#[tokio::test(start_paused = true)]
async fn who_follows_a_resting_saga_hears_at_once_when_it_goes_on() {
    let office = Office::new(definition(&["officer compensable 0"]));
    let engine = start(&office).await;
    let saga = submit(&engine, None).await;
    leaves_memory(&engine).await;
    let mut events = Box::pin(engine.subscribe(saga, 1));
    // Nothing more comes as long as nobody decides.
    let rests = tokio::time::timeout(Duration::from_hours(1), async {
        while events.next().await.is_some() {}
    });
    rests.await.unwrap_err();
    let decided = Instant::now();
    engine
        .deliver("office", "1", vec![granted(saga)])
        .await
        .unwrap();
    while let Some(event) = events.next().await {
        event.unwrap();
    }
    assert!(
        decided.elapsed() < Duration::from_millis(100),
        "simulated time"
    );
}

#[tokio::test]
async fn a_decision_and_a_correction_bring_a_resting_saga_on() {
    let mut definition = definition(&["officer compensable 0", "b pivot 0 after officer"]);
    definition.steps[0].correctable = true;
    let office = Office::new(definition);
    let engine = start(&office).await;
    let saga = submit(&engine, None).await;
    leaves_memory(&engine).await;
    let key = |round| Key {
        coordinator: settings().coordinator,
        saga,
        step: "officer".to_owned(),
        item: 0,
        round,
    };
    let returned = || Decided {
        key: key(1),
        answer: Answer::Returned(Refusal::new("UNREADABLE", "scan again")),
    };
    engine
        .deliver("office", "1", vec![returned()])
        .await
        .unwrap();
    engine
        .deliver("office", "1", vec![returned()])
        .await
        .unwrap();
    let waits = async {
        loop {
            let view = engine.view(saga).await.unwrap();
            if view.steps[0].waiting_for == Some(WaitingFor::Correction) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let view = tokio::time::timeout(Duration::from_secs(20), waits)
        .await
        .unwrap();
    assert_eq!(view.responsible.as_deref(), Some("applicant"));
    leaves_memory(&engine).await;
    let corrected = Bytes::from_static(b"corrected");
    engine
        .correct(
            saga,
            "applicant",
            StepIndex(0),
            corrected.clone(),
            Vec::new(),
        )
        .await
        .unwrap();
    let again = engine
        .correct(
            saga,
            "applicant",
            StepIndex(0),
            corrected.clone(),
            Vec::new(),
        )
        .await;
    assert!(matches!(again, Err(EngineError::Conflict(_))), "{again:?}");
    leaves_memory(&engine).await;
    assert_eq!(office.called("officer", 0, 2), 1);
    let response = Bytes::from_static(b"granted");
    let answer = Answer::Succeeded { response };
    let granted = vec![Decided {
        key: key(2),
        answer,
    }];
    engine.deliver("office", "2", granted).await.unwrap();
    reaches(&engine, saga, SagaState::Completed).await;
    let state = engine.state(saga).await.unwrap();
    assert_eq!(state.input(), &corrected);
    assert_eq!(*office.asked.lock().unwrap(), 0, "nothing is polled");
}

#[tokio::test]
async fn s35_a_message_reaches_a_resting_saga_once() {
    let mut definition = definition(&["a query 0", "b pivot 0 after a"]);
    definition.steps[0].awaits = Some(Awaits::Signal {
        name: "paid".to_owned(),
    });
    let office = Office::new(definition);
    let engine = start(&office).await;
    let saga = submit(&engine, None).await;
    leaves_memory(&engine).await;
    let signal = |id: &'static str| engine.signal(saga, id, "paid", Bytes::from_static(b"yes"));
    let (first, second) = tokio::join!(signal("1"), signal("1"));
    first.and(second).unwrap();
    let view = reaches(&engine, saga, SagaState::Completed).await;
    assert_eq!(view.steps[0].response.as_deref(), Some(b"yes".as_slice()));
    let late = signal("2").await;
    assert!(matches!(late, Err(EngineError::Conflict(_))), "{late:?}");
}

#[tokio::test]
async fn a_timer_wakes_a_resting_saga() {
    let mut definition = definition(&["a query 0", "b pivot 0 after a"]);
    definition.steps[0].awaits = Some(Awaits::Timer {
        after: Duration::from_millis(300),
    });
    let office = Office::new(definition);
    let engine = start(&office).await;
    let saga = submit(&engine, None).await;
    let view = reaches(&engine, saga, SagaState::Completed).await;
    let waited = view.steps[0].ended_at.unwrap().0 - view.accepted_at.0;
    assert!(waited >= 300_000, "{waited}");
}

#[tokio::test]
async fn the_items_of_a_step_are_called_under_keys_of_their_own() {
    let mut definition = definition(&["a compensable 0", "b pivot 0 after a"]);
    definition.steps[0].for_each = true;
    let office = Office::new(definition);
    let engine = start(&office).await;
    let saga = submit(&engine, None).await;
    let view = reaches(&engine, saga, SagaState::Completed).await;
    // `nine fields` has eleven letters.
    for item in 1..=11 {
        assert_eq!(office.called("a", item, 1), 1);
    }
    assert_eq!(view.steps.len(), 2 + 11);
    assert!(
        view.steps
            .iter()
            .all(|step| step.state == StepState::Succeeded)
    );
    let state = engine.state(saga).await.unwrap();
    let facts = Facts::new(&state, view.updated_at);
    let letters: Vec<u8> = facts
        .items(StepIndex(0))
        .into_iter()
        .flat_map(|item| item.unwrap().to_vec())
        .collect();
    assert_eq!(letters, b"nine fields");
}
