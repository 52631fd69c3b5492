//! The shell with fake departments: parallel steps, undo order, repeated submissions, followers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use onething_saga::store::{Filter, MemoryStore, Page, Store};
use onething_saga::{
    Definition, Engine, EngineError, EngineSettings, Operator, RetrySettings, SagaId, SagaState,
    SagaView, StepState, Submission,
};

use crate::departments::{Departments, Mood};
use crate::fixtures::definition;

pub(crate) fn settings() -> EngineSettings {
    EngineSettings {
        retry: RetrySettings {
            first: Duration::from_millis(1),
            most: Duration::from_millis(4),
        },
        poll_interval: Duration::from_millis(4),
        ..EngineSettings::default()
    }
}

pub(crate) async fn submit(engine: &Engine, dedupe: Option<&str>) -> SagaId {
    let submission = Submission {
        definition: "test".to_owned(),
        input: Bytes::from_static(b"nine fields"),
        dedupe: dedupe.map(str::to_owned),
        ..Submission::default()
    };
    engine.submit(submission).await.unwrap().saga
}

/// Follows a saga to its end.
pub(crate) async fn ended(engine: &Engine, saga: SagaId) -> SagaView {
    let all = engine.subscribe(saga, 1).collect::<Vec<_>>();
    let events = tokio::time::timeout(Duration::from_secs(30), all)
        .await
        .unwrap();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(
            event.as_ref().unwrap().seq,
            index as u64 + 1,
            "no gap and no repetition"
        );
    }
    engine.view(saga).await.unwrap()
}

/// Reads a saga until it is in a state.
pub(crate) async fn reaches(engine: &Engine, saga: SagaId, state: SagaState) -> SagaView {
    let read = async {
        loop {
            let view = engine.view(saga).await.unwrap();
            if view.state == state {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), read)
        .await
        .unwrap()
}

fn start(definition: Definition) -> (Engine, Arc<Departments>) {
    start_with(Departments::new(vec![definition], 1))
}

fn start_with(departments: Departments) -> (Engine, Arc<Departments>) {
    let departments = Arc::new(departments);
    let store = Arc::new(MemoryStore::default());
    let engine = Engine::start(store, departments.clone(), departments.clone(), settings());
    (engine, departments)
}

#[tokio::test]
async fn parallel_steps_overlap() {
    let lines = ["a compensable 0", "b compensable 0", "c compensable 0"];
    let departments = Departments::new(vec![definition(&lines)], 1).meeting(3);
    let (engine, departments) = start_with(departments);
    let saga = submit(&engine, None).await;
    // The calls wait for each other: one after the other they would never end.
    assert_eq!(ended(&engine, saga).await.state, SagaState::Completed);
    assert_eq!(departments.most_at_once(), 3);
}

#[tokio::test]
async fn a_department_gets_no_more_calls_at_a_time_than_its_limit() {
    let departments = Departments::new(vec![definition(&["a compensable 0"])], 1)
        .latency(Duration::from_millis(1));
    let departments = Arc::new(departments);
    let settings = EngineSettings {
        department_concurrency: 3,
        ..settings()
    };
    let store = Arc::new(MemoryStore::default());
    let engine = Engine::start(store, departments.clone(), departments.clone(), settings);
    let mut sagas = Vec::new();
    for _ in 0..20 {
        sagas.push(submit(&engine, None).await);
    }
    for saga in sagas {
        assert_eq!(ended(&engine, saga).await.state, SagaState::Completed);
    }
    assert_eq!(departments.most_at_once(), 3);
}

#[tokio::test]
async fn a_refusal_undoes_in_reverse_order() {
    let lines = [
        "a compensable 0",
        "b compensable 0 after a",
        "c compensable 0 after b",
        "d compensable 0 after c",
    ];
    let (engine, departments) = start(definition(&lines));
    departments.mood(
        "d",
        Mood {
            refuses: true,
            ..Mood::default()
        },
    );
    let saga = submit(&engine, None).await;
    let view = ended(&engine, saga).await;
    assert_eq!(view.state, SagaState::Compensated);
    let log = departments.log(saga);
    assert_eq!(log, ["do a", "do b", "do c", "undo c", "undo b", "undo a"]);
    let orders: Vec<_> = view.steps.iter().map(|step| step.undo_order).collect();
    assert_eq!(orders, [Some(3), Some(2), Some(1), None]);
    assert_eq!(view.steps[3].refusal.as_ref().unwrap().reason, "NO");
    assert_eq!(departments.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_step_that_does_not_apply_is_omitted() {
    let (engine, departments) = start(definition(&["a compensable 0", "b compensable 0 after a"]));
    departments.mood(
        "a",
        Mood {
            omitted: true,
            ..Mood::default()
        },
    );
    let saga = submit(&engine, None).await;
    let view = ended(&engine, saga).await;
    assert_eq!(view.steps[0].state, StepState::Omitted);
    assert_eq!(departments.log(saga), ["do b"]);
}

#[tokio::test]
async fn a_decision_that_comes_later_is_waited_for() {
    let (engine, departments) = start(definition(&["a pivot 0", "b forward 0 after a"]));
    departments.mood(
        "a",
        Mood {
            decides_later: true,
            ..Mood::default()
        },
    );
    let saga = submit(&engine, None).await;
    assert_eq!(ended(&engine, saga).await.state, SagaState::Completed);
}

#[tokio::test]
async fn s49_the_same_submission_is_the_same_saga() {
    let (engine, departments) = start(definition(&["a compensable 0"]));
    let (first, second) = (
        submit(&engine, Some("key")).await,
        submit(&engine, Some("key")).await,
    );
    assert_eq!(first, second);
    ended(&engine, first).await;
    assert_eq!(departments.log(first), ["do a"]);
    let other = Submission {
        definition: "test".to_owned(),
        input: Bytes::from_static(b"ten fields"),
        dedupe: Some("key".to_owned()),
        ..Submission::default()
    };
    let refused = engine.submit(other).await;
    assert!(matches!(refused, Err(EngineError::DigestConflict { saga }) if saga == first));
    let unknown = Submission {
        definition: "nothing".to_owned(),
        ..Submission::default()
    };
    let refused = engine.submit(unknown).await;
    assert!(matches!(
        refused,
        Err(EngineError::UnknownDefinition { .. })
    ));
}

#[tokio::test]
async fn an_owner_resumes_a_halted_saga() {
    let (engine, departments) = start(definition(&["a compensable 0", "b compensable 0 after a"]));
    departments.mood(
        "a",
        Mood {
            cannot_undo: true,
            ..Mood::default()
        },
    );
    departments.mood(
        "b",
        Mood {
            refuses: true,
            ..Mood::default()
        },
    );
    let saga = submit(&engine, None).await;
    let view = reaches(&engine, saga, SagaState::Halted).await;
    assert!(view.responsible.is_some() && view.wake_at.is_some());
    departments.mood("a", Mood::default());
    let step = onething_saga::StepIndex(0);
    let (by, reason) = ("owner".to_owned(), "paid back".to_owned());
    engine
        .operator(saga, Operator::RetryUndo { step, by, reason })
        .await
        .unwrap();
    assert_eq!(ended(&engine, saga).await.state, SagaState::Compensated);
    assert!(!departments.stands(saga, "a"));
}

#[tokio::test]
async fn an_ended_saga_is_not_kept_and_cannot_be_withdrawn() {
    let (engine, _) = start(definition(&["a compensable 0"]));
    let saga = submit(&engine, None).await;
    ended(&engine, saga).await;
    let conflict = engine.cancel(saga, "applicant", "changed my mind").await;
    assert!(
        matches!(conflict, Err(EngineError::Conflict(_))),
        "{conflict:?}"
    );
    let forgotten = async {
        while engine.in_memory() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), forgotten)
        .await
        .unwrap();
    let nobody = SagaId(uuid::Uuid::nil());
    assert!(matches!(
        engine.cancel(nobody, "a", "b").await,
        Err(EngineError::NotFound(_))
    ));
}

#[tokio::test]
async fn s51_a_saga_whose_definition_is_gone_is_set_aside_alone() {
    let store = Arc::new(MemoryStore::default());
    let mut other = definition(&["a compensable 0"]);
    other.name = "other".to_owned();
    let slow = Departments::new(vec![definition(&["a compensable 0"]), other.clone()], 1)
        .latency(Duration::from_secs(600));
    let slow = Arc::new(slow);
    let engine = Engine::start(store.clone(), slow.clone(), slow, settings());
    let gone = submit(&engine, None).await;
    let submission = Submission {
        definition: "other".to_owned(),
        ..Submission::default()
    };
    let kept = engine.submit(submission).await.unwrap().saga;
    drop(engine);
    let store = Arc::new(store.reopened());
    let departments = Arc::new(Departments::new(vec![other], 1));
    let engine = Engine::start(store.clone(), departments.clone(), departments, settings());
    assert_eq!(engine.recover().await.unwrap(), 2);
    assert_eq!(ended(&engine, kept).await.state, SagaState::Completed);
    let listed = async {
        let filter = Filter {
            quarantined: Some(true),
            ..Filter::default()
        };
        loop {
            let page = Page {
                after: None,
                limit: 10,
            };
            let rows = store.list(filter.clone(), page).await.unwrap();
            if let [row] = rows.as_slice() {
                return row.clone();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let row = tokio::time::timeout(Duration::from_secs(10), listed)
        .await
        .unwrap();
    assert_eq!(row.saga, gone);
    assert!(!row.state.ended(), "it is parked, never failed");
}

#[tokio::test]
async fn a_drained_engine_leaves_nothing_half_journaled() {
    let store = Arc::new(MemoryStore::default());
    let lines = [
        "a compensable 0",
        "b compensable 0 after a",
        "c compensable 0 after b",
    ];
    let departments = Departments::new(vec![definition(&lines)], 1);
    let departments = Arc::new(departments.latency(Duration::from_millis(5)));
    let engine = Engine::start(
        store.clone(),
        departments.clone(),
        departments.clone(),
        settings(),
    );
    let saga = submit(&engine, None).await;
    tokio::time::timeout(Duration::from_secs(10), engine.drain())
        .await
        .unwrap();
    let refused = engine.submit(Submission::default()).await;
    assert!(matches!(refused, Err(EngineError::Stopping)));
    let store = Arc::new(store.reopened());
    let next = Engine::start(store, departments.clone(), departments.clone(), settings());
    assert_eq!(next.recover().await.unwrap(), 1);
    assert_eq!(ended(&next, saga).await.state, SagaState::Completed);
    assert_eq!(departments.log(saga), ["do a", "do b", "do c"]);
}

#[tokio::test]
async fn s50_when_too_much_is_under_way_nothing_is_written() {
    let store = Arc::new(MemoryStore::default());
    let slow = Departments::new(vec![definition(&["a compensable 0"])], 1)
        .latency(Duration::from_secs(600));
    let slow = Arc::new(slow);
    let settings = EngineSettings {
        most_under_way: 2,
        ..settings()
    };
    let engine = Engine::start(store.clone(), slow.clone(), slow, settings);
    for _ in 0..2 {
        submit(&engine, None).await;
    }
    let third = engine
        .submit(Submission {
            definition: "test".to_owned(),
            ..Submission::default()
        })
        .await;
    assert!(matches!(third, Err(EngineError::Overloaded)), "{third:?}");
    let page = Page {
        after: None,
        limit: 10,
    };
    assert_eq!(store.list(Filter::default(), page).await.unwrap().len(), 2);
}
