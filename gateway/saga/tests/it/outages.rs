//! What the engine comes back to: a store that is still down, thousands of sagas at once, clocks that are
//! wrong, definitions that have moved on, and long journals.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use onething_db::Db;
use onething_db::testing::databases;
use onething_saga::store::{
    Acceptance, Append, ChainKey, EventRecord, Head, MIGRATIONS, MemoryStore, NewSaga, Seal,
    SqlStore, SqlStoreSettings, Store, Verification,
};
use onething_saga::{
    Awaits, Definitions, Engine, EngineSettings, Event, Plan, Projection, RetrySettings, SagaId,
    SagaState, StepState, SystemEnvironment, Timestamp,
};
use uuid::Uuid;

use crate::departments::{Departments, Mood};
use crate::engine::{ended, settings, submit};
use crate::fixtures::definition;
use crate::forgetful::Forgetful;

#[tokio::test]
async fn s30_a_store_that_is_down_during_recovery_costs_no_saga() {
    let first = Arc::new(MemoryStore::default());
    let lines = ["a compensable 0", "b compensable 0 after a"];
    let slow = Departments::new(vec![definition(&lines)], 1).latency(Duration::from_secs(600));
    let slow = Arc::new(slow);
    let engine = Engine::start(first.clone(), slow.clone(), slow, settings());
    let mut sagas = Vec::new();
    for _ in 0..5 {
        sagas.push(submit(&engine, None).await);
    }
    drop(engine);
    let store = Forgetful {
        down: AtomicI64::new(40),
        ..Forgetful::new(first.reopened())
    };
    let departments = Arc::new(Departments::new(vec![definition(&lines)], 1));
    let engine = Engine::start(
        Arc::new(store),
        departments.clone(),
        departments.clone(),
        settings(),
    );
    assert_eq!(engine.recover().await.unwrap(), 5);
    let all = async {
        for saga in &sagas {
            while !matches!(
                first.load(*saga).await.map(|journal| journal.row.state),
                Ok(SagaState::Completed)
            ) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all)
        .await
        .unwrap();
    for saga in sagas {
        assert_eq!(departments.log(saga), ["do a", "do b"]);
    }
}

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::default().plus(since)
}

#[tokio::test]
async fn s31_a_gateway_whose_clock_is_an_hour_ahead_fires_nothing_early_and_steals_nothing() {
    const HOUR: Duration = Duration::from_secs(3600);
    let mut waits = definition(&["t query 0", "a compensable 0 after t"]);
    waits.steps[0].awaits = Some(Awaits::Timer { after: HOUR / 2 });
    let departments = Arc::new(Departments::new(vec![waits], 1));
    let memory = MemoryStore::default();
    let settings = EngineSettings {
        lease: Duration::from_millis(400),
        ..settings()
    };
    let right = Engine::start(
        Arc::new(memory.joined(Duration::from_secs(600))),
        departments.clone(),
        departments.clone(),
        EngineSettings {
            lease: Duration::from_secs(600),
            ..settings.clone()
        },
    );
    let saga = submit(&right, None).await;
    let epoch = memory.load(saga).await.unwrap().row.epoch;
    let fast = Engine::start_in(
        Arc::new(SystemEnvironment::beginning_at(wall().plus(HOUR))),
        Arc::new(memory.joined(Duration::from_millis(400))),
        departments.clone(),
        departments.clone(),
        settings,
    );
    fast.recover().await.unwrap();
    // Several turns of its pump and heartbeats.
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        let row = memory.load(saga).await.unwrap().row;
        assert!(!row.state.ended(), "fired half an hour early");
        assert_eq!(row.epoch, epoch, "taken over from a living owner, or early");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let view = right.view(saga).await.unwrap();
    assert_eq!(view.steps[0].state, StepState::Waiting);
    assert!(departments.log(saga).is_empty());
}

#[tokio::test(start_paused = true)]
async fn s33_after_an_outage_ten_thousand_sagas_come_at_a_bounded_pace() {
    const SAGAS: usize = 10_000;
    const CAP: usize = 16;
    let store = MemoryStore::default();
    let lines = ["a compensable 0"];
    let slow = Departments::new(vec![definition(&lines)], 1).latency(Duration::from_secs(600));
    let slow = Arc::new(slow);
    let settings = EngineSettings {
        department_concurrency: CAP,
        most_under_way: SAGAS,
        retry: RetrySettings {
            first: Duration::from_secs(1),
            most: Duration::from_secs(30),
        },
        ..settings()
    };
    let before = Arc::new(store.reopened());
    let engine = Engine::start(before, slow.clone(), slow, settings.clone());
    for _ in 0..SAGAS {
        submit(&engine, None).await;
    }
    drop(engine);
    let after = Arc::new(store.reopened());
    let departments = Departments::new(vec![definition(&lines)], 1);
    let departments = Arc::new(departments.latency(Duration::from_millis(1)));
    let down = Mood {
        losses: 100,
        ..Mood::default()
    };
    departments.mood("a", down);
    let engine = Engine::start(
        after.clone(),
        departments.clone(),
        departments.clone(),
        settings,
    );
    engine.recover().await.unwrap();
    while engine.unreachable().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    departments.mood("a", Mood::default());
    let begun = tokio::time::Instant::now();
    while engine.in_memory() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(600), "never done");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(departments.most_at_once() <= CAP);
    let left = after.claimable(Timestamp(i64::MAX), 10).await.unwrap();
    assert_eq!(left, Vec::new(), "none was lost");
    assert_eq!(departments.violations(), Vec::<String>::new());
}

/// Two versions of a definition, of which `current` is the one for new sagas.
struct Versions {
    plans: HashMap<u32, Arc<Plan>>,
    current: u32,
}

impl Definitions for Versions {
    fn current(&self, _: &str) -> Option<Arc<Plan>> {
        self.plans.get(&self.current).cloned()
    }

    fn get(&self, _: &str, version: u32) -> Option<Arc<Plan>> {
        self.plans.get(&version).cloned()
    }
}

#[tokio::test]
async fn s39_a_saga_under_way_keeps_its_version_when_a_new_one_is_deployed() {
    let first = definition(&["a compensable 0", "b compensable 0 after a"]);
    let mut second = definition(&["a compensable 0", "c compensable 0 after a"]);
    second.version = 2;
    let plans: HashMap<_, _> = [first.clone(), second.clone()]
        .into_iter()
        .map(|definition| (definition.version, Arc::new(Plan::new(definition).unwrap())))
        .collect();
    let versions = |current| {
        let plans = plans.clone();
        Arc::new(Versions { plans, current })
    };
    let store = MemoryStore::default();
    let slow = Departments::new(vec![first.clone()], 1).latency(Duration::from_secs(600));
    let engine = Engine::start(
        Arc::new(store.reopened()),
        Arc::new(slow),
        versions(1),
        settings(),
    );
    let old = submit(&engine, None).await;
    drop(engine);
    let departments = Arc::new(Departments::new(vec![first, second], 1));
    let engine = Engine::start(
        Arc::new(store.reopened()),
        departments.clone(),
        versions(2),
        settings(),
    );
    engine.recover().await.unwrap();
    let new = submit(&engine, None).await;
    assert_eq!(ended(&engine, old).await.version, 1);
    assert_eq!(ended(&engine, new).await.version, 2);
    assert_eq!(departments.log(old), ["do a", "do b"]);
    assert_eq!(departments.log(new), ["do a", "do c"]);
}

/// A store with a saga of so many events.
async fn long_journal(db: &Db, events: u64) -> (SqlStore, SagaId) {
    let record = |n: u64| {
        let event = Event::CancelRequested {
            by: "applicant".to_owned(),
            reason: format!("reason {n}"),
        };
        EventRecord {
            at: Timestamp(i64::try_from(n).unwrap()),
            kind: event.kind(),
            body: event.body().unwrap(),
            payload: event.payload(),
        }
    };
    let projection = Projection {
        state: SagaState::Running,
        waiting: false,
        responsible: Some("department".to_owned()),
        wake_at: Some(Timestamp(9)),
        wake_reason: Some("step `a` is called".to_owned()),
    };
    let settings = SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"));
    let store = SqlStore::open(db.clone(), settings).await.unwrap();
    let saga = SagaId(Uuid::now_v7());
    let new = NewSaga {
        saga,
        definition: "test".to_owned(),
        version: 1,
        dedupe: None,
        seal: Seal::OPEN,
        events: vec![record(1)],
        projection: projection.clone(),
    };
    let Acceptance::Accepted { epoch, mut head } = store.accept(new).await.unwrap() else {
        panic!("the id is new")
    };
    while head.seq < events {
        let next = (head.seq + 1..=events.min(head.seq + 500)).map(record);
        let append = Append {
            saga,
            epoch,
            head,
            seal: Seal::OPEN,
            events: next.collect(),
            projection: projection.clone(),
            at: Timestamp(1),
            rests: None,
            taken: Vec::new(),
        };
        head = store.append(append).await.unwrap();
    }
    assert_eq!(
        head,
        Head {
            seq: events,
            ..head
        }
    );
    (store, saga)
}

#[tokio::test]
async fn s45_a_journal_longer_than_a_page_is_read_whole() {
    for events in [999, 1000, 1001, 2001] {
        for fresh in databases(&[MIGRATIONS]).await {
            let (store, saga) = long_journal(&fresh.db, events).await;
            let journal = store.load(saga).await.unwrap();
            let numbers: Vec<u64> = journal.events.iter().map(|event| event.seq).collect();
            assert_eq!(numbers, (1..=events).collect::<Vec<_>>());
            assert_eq!(journal.verification, Verification::Intact);
        }
    }
}

#[tokio::test]
async fn s52_ten_thousand_events_are_handed_out_in_bounded_pages() {
    for fresh in databases(&[MIGRATIONS]).await {
        let (store, saga) = long_journal(&fresh.db, 10_000).await;
        let mut from = 1;
        loop {
            let page = store.events(saga, from, 256).await.unwrap();
            assert!(page.len() <= 256);
            let Some(last) = page.last() else { break };
            from = last.seq + 1;
        }
        assert_eq!(from, 10_001);
        assert_eq!(store.verify(saga).await.unwrap(), Verification::Intact);
    }
}
