//! Several gateways on one store: leases, take-over, hand-over, and what a frozen owner can still do.

use std::sync::Arc;
use std::time::Duration;

use onething_db::testing::databases;
use onething_db::{Backend, Db, Sql, args};
use onething_saga::store::{
    Acceptance, Append, ChainKey, EventRecord, Filter, Head, MIGRATIONS, MemoryStore, NewSaga,
    Page, Seal, SqlStore, SqlStoreSettings, Store, StoreError, Take,
};
use onething_saga::{
    Engine, EngineSettings, Event, Projection, SagaId, SagaState, Submission, Timestamp,
};
use uuid::Uuid;

use crate::departments::Departments;
use crate::engine::{ended, settings};
use crate::fixtures::definition;

const DEADLINE: Duration = Duration::from_secs(20);
/// Long enough to file a saga under it.
const SHORT: Duration = Duration::from_millis(1500);

async fn join(db: &Db, lease: Duration) -> Arc<SqlStore> {
    let settings = SqlStoreSettings {
        lease,
        ..SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"))
    };
    Arc::new(SqlStore::open(db.clone(), settings).await.unwrap())
}

/// A store that several gateways can share.
enum Shared {
    Memory(Arc<MemoryStore>),
    Postgres(Db),
}

impl Shared {
    async fn join(&self, lease: Duration) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::new(store.joined(lease)),
            Self::Postgres(db) => join(db, lease).await,
        }
    }

    /// Three gateways; the lease of the first is `lease` and begins last.
    async fn trio(&self, lease: Duration) -> [Arc<dyn Store>; 3] {
        let long = Duration::from_secs(600);
        let (one, two) = (self.join(long).await, self.join(long).await);
        [self.join(lease).await, one, two]
    }
}

async fn shared() -> Vec<Shared> {
    let mut all = vec![Shared::Memory(Arc::default())];
    for fresh in databases(&[MIGRATIONS]).await {
        if fresh.db.backend() == Backend::Postgres {
            all.push(Shared::Postgres(fresh.db.clone()));
        }
    }
    all
}

fn record() -> EventRecord {
    let event = Event::CancelRequested {
        by: "applicant".to_owned(),
        reason: "moved".to_owned(),
    };
    EventRecord {
        at: Timestamp(1),
        kind: event.kind(),
        body: event.body().unwrap(),
        payload: event.payload(),
    }
}

fn projection() -> Projection {
    Projection {
        state: SagaState::Running,
        waiting: false,
        responsible: Some("department".to_owned()),
        wake_at: Some(Timestamp(9)),
        wake_reason: Some("step `a` is called".to_owned()),
    }
}

pub(crate) async fn begin(store: &dyn Store) -> (SagaId, u64, Head) {
    let saga = SagaId(Uuid::now_v7());
    let new = NewSaga {
        saga,
        definition: "test".to_owned(),
        version: 1,
        dedupe: None,
        seal: Seal::OPEN,
        events: vec![record()],
        projection: projection(),
    };
    match store.accept(new).await.unwrap() {
        Acceptance::Accepted { epoch, head } => (saga, epoch, head),
        Acceptance::Duplicate { .. } => panic!("the id is new"),
    }
}

pub(crate) fn append(saga: SagaId, epoch: u64, head: Head) -> Append {
    Append {
        saga,
        epoch,
        head,
        seal: Seal::OPEN,
        events: vec![record()],
        projection: projection(),
        at: Timestamp(2),
        rests: None,
        taken: Vec::new(),
    }
}

/// Waits until the store says that somebody must take the saga up.
async fn orphaned(store: &dyn Store, saga: SagaId) {
    let found = async {
        loop {
            store.heartbeat(Duration::from_secs(600)).await.unwrap();
            if store
                .claimable(Timestamp(0), 1000)
                .await
                .unwrap()
                .contains(&saga)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, found).await.unwrap();
}

#[tokio::test]
async fn s22_a_frozen_owner_that_wakes_up_writes_nothing() {
    for shared in shared().await {
        let [frozen, other, _] = shared.trio(SHORT).await;
        let (saga, epoch, head) = begin(&*frozen).await;
        orphaned(&*other, saga).await;
        let row = other.acquire(saga, Take::IfFree).await.unwrap();
        assert!(row.epoch > epoch);
        let late = frozen.append(append(saga, epoch, head)).await;
        assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
        other.append(append(saga, row.epoch, head)).await.unwrap();
        assert_eq!(other.load(saga).await.unwrap().events.len(), 2);
    }
}

#[tokio::test]
async fn s24_a_heartbeat_under_a_lost_lease_says_so_and_begins_anew() {
    for shared in shared().await {
        let [frozen, other, _] = shared.trio(SHORT).await;
        let (saga, epoch, head) = begin(&*frozen).await;
        assert!(frozen.heartbeat(SHORT).await.unwrap().held);
        orphaned(&*other, saga).await;
        let late = frozen.append(append(saga, epoch, head)).await;
        assert!(
            matches!(late, Err(StoreError::Fenced)),
            "nobody took it, and still"
        );
        assert!(
            !frozen
                .heartbeat(Duration::from_secs(600))
                .await
                .unwrap()
                .held
        );
        assert!(
            frozen
                .heartbeat(Duration::from_secs(600))
                .await
                .unwrap()
                .held
        );
        let row = frozen.acquire(saga, Take::IfFree).await.unwrap();
        assert!(
            row.epoch > epoch,
            "what it owned before is taken over like anything"
        );
        frozen.append(append(saga, row.epoch, head)).await.unwrap();
    }
}

#[tokio::test]
async fn s25_a_lease_that_waited_for_a_lock_counts_from_its_writing() {
    const HOLD: Sql = Sql::both("UPDATE saga_owner SET dead = dead");
    const LEFT: Sql = Sql::both(
        "SELECT expires_at - CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) \
         FROM saga_owner",
    );
    for fresh in databases(&[MIGRATIONS]).await {
        if fresh.db.backend() != Backend::Postgres {
            continue;
        }
        let store = join(&fresh.db, Duration::from_secs(60)).await;
        let mut holder = fresh.db.begin().await.unwrap();
        holder.execute(HOLD, args![]).await.unwrap();
        let beating = tokio::spawn({
            let store = store.clone();
            async move { store.heartbeat(Duration::from_secs(60)).await }
        });
        let waiting = async {
            const WAITS: Sql = Sql::both(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                 AND datname = current_database()",
            );
            loop {
                let (waiting,): (i64,) = fresh.db.fetch_one(WAITS, args![]).await.unwrap();
                if waiting > 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(DEADLINE, waiting).await.unwrap();
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_millis(700) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        holder.commit().await.unwrap();
        assert!(beating.await.unwrap().unwrap().held);
        let (left,): (i64,) = fresh.db.fetch_one(LEFT, args![]).await.unwrap();
        assert!(
            left > 59_600_000,
            "counted from before the wait: {left} µs left"
        );
    }
}

#[tokio::test]
async fn s26_a_saga_is_set_aside_even_by_one_who_lost_the_lease() {
    for shared in shared().await {
        let [frozen, other, _] = shared.trio(SHORT).await;
        let (saga, ..) = begin(&*frozen).await;
        orphaned(&*other, saga).await;
        frozen.quarantine(saga, "cannot be read").await.unwrap();
        let row = other.load(saga).await.unwrap().row;
        assert_eq!(row.quarantined.as_deref(), Some("cannot be read"));
    }
}

#[tokio::test]
async fn s27_a_saga_that_comes_back_to_an_owner_has_another_epoch() {
    for shared in shared().await {
        let [first, other, _] = shared.trio(Duration::from_secs(600)).await;
        let (saga, epoch, head) = begin(&*first).await;
        let second = other.acquire(saga, Take::Anyway).await.unwrap().epoch;
        let third = first.acquire(saga, Take::Anyway).await.unwrap().epoch;
        assert!(epoch < second && second < third);
        let late = first.append(append(saga, epoch, head)).await;
        assert!(matches!(late, Err(StoreError::Fenced)));
        first.append(append(saga, third, head)).await.unwrap();
    }
}

#[tokio::test]
async fn s28_recoverers_leave_a_living_owner_alone_and_only_one_follows_a_dead_one() {
    for shared in shared().await {
        let [owner, one, two] = shared.trio(Duration::from_secs(600)).await;
        let (saga, epoch, head) = begin(&*owner).await;
        for other in [&one, &two] {
            let taken = other.acquire(saga, Take::IfFree).await;
            assert!(matches!(taken, Err(StoreError::Fenced)), "{taken:?}");
        }
        owner.append(append(saga, epoch, head)).await.unwrap();
        owner.step_down().await.unwrap();
        let (a, b) = tokio::join!(
            one.acquire(saga, Take::IfFree),
            two.acquire(saga, Take::IfFree)
        );
        assert_eq!(
            u32::from(a.is_ok()) + u32::from(b.is_ok()),
            1,
            "{a:?} {b:?}"
        );
    }
}

const LINES: [&str; 4] = [
    "a compensable 0",
    "b compensable 0 after a",
    "c pivot 0 after b",
    "d forward 0 after c",
];

/// Two engines on a shared store, with a lease.
async fn engines(shared: &Shared, lease: Duration) -> (Arc<Departments>, Engine, Engine) {
    let departments = Departments::new(vec![definition(&LINES)], 1);
    let departments = Arc::new(departments.latency(Duration::from_millis(30)));
    let settings = EngineSettings {
        lease,
        ..settings()
    };
    let start = |store| {
        Engine::start(
            store,
            departments.clone(),
            departments.clone(),
            settings.clone(),
        )
    };
    let one = start(shared.join(lease).await);
    let two = start(shared.join(lease).await);
    one.recover().await.unwrap();
    two.recover().await.unwrap();
    (departments, one, two)
}

async fn file(engine: &Engine, count: usize) -> Vec<SagaId> {
    let mut sagas = Vec::new();
    for _ in 0..count {
        let submission = Submission {
            definition: "test".to_owned(),
            ..Submission::default()
        };
        sagas.push(engine.submit(submission).await.unwrap().saga);
    }
    sagas
}

#[tokio::test]
async fn what_a_dead_gateway_left_is_finished_by_another_once() {
    for shared in shared().await {
        let (departments, one, two) = engines(&shared, Duration::from_secs(1)).await;
        let sagas = file(&one, 20).await;
        // As at a crash: nothing is handed over.
        drop(one);
        for saga in sagas {
            let view = tokio::time::timeout(DEADLINE, ended(&two, saga))
                .await
                .unwrap();
            assert_eq!(view.state, SagaState::Completed);
        }
        assert_eq!(departments.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_gateway_that_stops_hands_its_sagas_over_at_once() {
    // Far longer than the test may take: nobody waits for the lease to run out.
    for shared in shared().await {
        let (departments, one, two) = engines(&shared, Duration::from_secs(40)).await;
        let sagas = file(&one, 20).await;
        one.drain().await;
        for saga in sagas {
            let view = tokio::time::timeout(DEADLINE, ended(&two, saga))
                .await
                .unwrap();
            assert_eq!(view.state, SagaState::Completed);
        }
        assert_eq!(departments.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_wish_is_granted_by_whichever_gateway_is_asked() {
    for shared in shared().await {
        let (_, one, two) = engines(&shared, Duration::from_secs(60)).await;
        let [saga] = file(&one, 1).await[..] else {
            panic!("one was filed")
        };
        two.cancel(saga, "applicant", "moved").await.unwrap();
        let view = tokio::time::timeout(DEADLINE, ended(&two, saga))
            .await
            .unwrap();
        assert_eq!(view.state, SagaState::Compensated);
        let page = Page {
            after: None,
            limit: 10,
        };
        let rows = one.list(Filter::default(), page).await.unwrap();
        assert_eq!(rows[0].owner, None, "an ended saga has no owner");
    }
}
