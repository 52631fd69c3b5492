//! Crashes: engines whose store dies at a chosen write, before or after its commit, and others that take over.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use onething_saga::store::{
    Acceptance, Append, Delivery, EventRecord, Filter, Head, Journal, NewSaga, Page, Pulse,
    SagaRow, Store, StoreError, StoredEvent, Take, Verification,
};
use onething_saga::{Engine, SagaId, SagaState, Submission, Timestamp};
use tempfile::TempDir;
use tokio::sync::Barrier;

use crate::departments::{Departments, Mood};
use crate::engine::{ended, settings};
use crate::fixtures::definition;
use crate::mortal::Mortal;
use crate::store::sqlite;

fn submission() -> Submission {
    let (definition, dedupe) = ("test".to_owned(), Some("the case".to_owned()));
    Submission {
        definition,
        dedupe,
        ..Submission::default()
    }
}

/// Kills the engine at its n-th write, restarts it on the same file, and says how the case ended and
/// whether it was killed at all.
async fn killed_at(
    writes: i64,
    commits_first: bool,
    refuses: bool,
    ahead: bool,
) -> (SagaState, Vec<String>, bool) {
    let lines = [
        "a compensable 0",
        "b compensable 0 after a",
        "x compensable 0 after a",
        "c compensable 0 after b x",
        "p pivot 0 after c",
        "f forward 0 after p",
    ];
    let departments = Departments::new(vec![definition(&lines)], 1).looking_ahead(ahead);
    let departments = Arc::new(departments);
    departments.mood(
        "p",
        Mood {
            refuses,
            ..Mood::default()
        },
    );
    let folder = TempDir::new().unwrap();
    let (_, store) = sqlite(&folder).await;
    let mortal = Arc::new(Mortal::new(store.clone(), writes, commits_first));
    let engine = Engine::start(
        mortal.clone(),
        departments.clone(),
        departments.clone(),
        settings(),
    );
    let whole = async {
        let saga = engine.submit(submission()).await.unwrap().saga;
        ended(&engine, saga).await;
    };
    let killed = tokio::select! {
        () = mortal.died.notified() => true,
        () = whole => false,
    };
    drop(engine);
    store.close().await;
    let (_, store) = sqlite(&folder).await;
    let engine = Engine::start(store, departments.clone(), departments.clone(), settings());
    engine.recover().await.unwrap();
    // The applicant's retry: the same case, whether or not the first submission was committed.
    let saga = engine.submit(submission()).await.unwrap().saga;
    let view = ended(&engine, saga).await;
    assert_eq!(
        departments.violations(),
        Vec::<String>::new(),
        "killed at write {writes}"
    );
    (view.state, departments.log(saga), killed)
}

async fn killed_at_every_write(refuses: bool, end: SagaState, effects: &[&str]) {
    for (commits_first, ahead) in [(false, false), (true, false), (false, true), (true, true)] {
        for writes in 0.. {
            let run = killed_at(writes, commits_first, refuses, ahead);
            let run = tokio::time::timeout(Duration::from_secs(30), run).await;
            let (state, mut log, killed) = run.unwrap();
            assert_eq!(state, end, "killed at write {writes}");
            log.sort();
            assert_eq!(log, effects, "killed at write {writes}");
            if !killed {
                let least = if ahead { 3 } else { 5 };
                assert!(
                    writes >= least,
                    "the case must have been killed several times"
                );
                break;
            }
        }
    }
}

#[tokio::test]
async fn s03_killed_between_an_effect_and_its_result_the_effect_is_not_repeated() {
    // The first write accepts the case and intends `a`; the second would have been `a`'s result.
    let (state, log, killed) = killed_at(1, false, false, false).await;
    assert!(killed);
    assert_eq!(state, SagaState::Completed);
    assert_eq!(log.iter().filter(|done| *done == "do a").count(), 1);
}

#[tokio::test]
async fn s05_killed_at_every_write_each_effect_happens_once() {
    let effects = ["do a", "do b", "do c", "do f", "do p", "do x"];
    killed_at_every_write(false, SagaState::Completed, &effects).await;
}

#[tokio::test]
async fn s05_killed_at_every_write_of_an_undo_each_effect_is_annulled_once() {
    let effects = [
        "do a", "do b", "do c", "do x", "undo a", "undo b", "undo c", "undo x",
    ];
    killed_at_every_write(true, SagaState::Compensated, &effects).await;
}

#[tokio::test]
async fn s43_an_append_of_unknown_outcome_is_read_back() {
    let store = Arc::new(Forgetful {
        inner: onething_saga::store::MemoryStore::default(),
        every: 2,
        writes: AtomicI64::new(0),
        down: AtomicI64::new(0),
        refuses: Mutex::default(),
        giving_up: Mutex::default(),
    });
    let lines = [
        "a compensable 0",
        "b compensable 0 after a",
        "c compensable 0 after b",
    ];
    let departments = Arc::new(Departments::new(vec![definition(&lines)], 1));
    let engine = Engine::start(store, departments.clone(), departments.clone(), settings());
    let saga = engine.submit(submission()).await.unwrap().saga;
    assert_eq!(ended(&engine, saga).await.state, SagaState::Completed);
    assert_eq!(departments.log(saga), ["do a", "do b", "do c"]);
}

/// A store that loses the reply to every n-th append after committing it, and is down at first.
pub(crate) struct Forgetful {
    pub(crate) inner: onething_saga::store::MemoryStore,
    pub(crate) every: i64,
    pub(crate) writes: AtomicI64,
    /// So many reads of a saga and take-overs fail before the first succeeds.
    pub(crate) down: AtomicI64,
    /// The first append with an event of this kind is not written.
    pub(crate) refuses: Mutex<Option<&'static str>>,
    /// The next time a saga is given up and nothing else is written, this is passed twice on the way back.
    pub(crate) giving_up: Mutex<Option<Arc<Barrier>>>,
}

impl Forgetful {
    fn answers(&self) -> Result<(), StoreError> {
        if self.down.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Err(refused());
        }
        Ok(())
    }

    /// Whether this append is the one that is not written.
    fn refuses(&self, append: &Append) -> bool {
        let mut refuses = self.refuses.lock().unwrap();
        let mut kinds = append.events.iter().map(|event| event.kind);
        let hit = refuses.is_some_and(|refused| kinds.any(|kind| kind == refused));
        if hit {
            *refuses = None;
        }
        hit
    }
}

fn refused() -> StoreError {
    StoreError::Unavailable(Arc::new(std::io::Error::other("connection refused")))
}

#[async_trait]
impl Store for Forgetful {
    async fn accept(&self, new: NewSaga) -> Result<Acceptance, StoreError> {
        self.inner.accept(new).await
    }

    async fn append(&self, append: Append) -> Result<Head, StoreError> {
        if self.refuses(&append) {
            return Err(refused());
        }
        let gives_up =
            append.rests.is_some() && append.events.is_empty() && append.taken.is_empty();
        let head = self.inner.append(append).await?;
        let barrier = gives_up.then(|| self.giving_up.lock().unwrap().take());
        if let Some(barrier) = barrier.flatten() {
            barrier.wait().await;
            barrier.wait().await;
        }
        if self.writes.fetch_add(1, Ordering::SeqCst) % self.every == 0 {
            return Err(StoreError::Unknown(Arc::new(std::io::Error::other(
                "reset",
            ))));
        }
        Ok(head)
    }

    async fn acquire(&self, saga: SagaId, take: Take) -> Result<SagaRow, StoreError> {
        self.answers()?;
        self.inner.acquire(saga, take).await
    }

    async fn load(&self, saga: SagaId) -> Result<Journal, StoreError> {
        self.answers()?;
        self.inner.load(saga).await
    }

    async fn events(
        &self,
        saga: SagaId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.events(saga, from, limit).await
    }

    async fn claimable(&self, now: Timestamp, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        self.inner.claimable(now, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_due().await
    }

    async fn heartbeat(&self, lease: Duration) -> Result<Pulse, StoreError> {
        self.inner.heartbeat(lease).await
    }

    async fn step_down(&self) -> Result<(), StoreError> {
        self.inner.step_down().await
    }

    fn exclusive(&self) -> bool {
        self.inner.exclusive()
    }

    async fn receive(
        &self,
        source: &str,
        position: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<(), StoreError> {
        self.inner.receive(source, position, deliveries).await
    }

    async fn position(&self, source: &str) -> Result<Option<String>, StoreError> {
        self.inner.position(source).await
    }

    async fn inbox(&self, saga: SagaId) -> Result<Vec<Delivery>, StoreError> {
        self.inner.inbox(saga).await
    }

    async fn mail(&self, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        self.inner.mail(limit).await
    }

    async fn list(&self, filter: Filter, page: Page) -> Result<Vec<SagaRow>, StoreError> {
        self.inner.list(filter, page).await
    }

    async fn quarantine(&self, saga: SagaId, reason: &str) -> Result<(), StoreError> {
        self.inner.quarantine(saga, reason).await
    }

    async fn erase(&self, saga: SagaId, record: EventRecord) -> Result<SagaRow, StoreError> {
        self.inner.erase(saga, record).await
    }

    async fn verify(&self, saga: SagaId) -> Result<Verification, StoreError> {
        self.inner.verify(saga).await
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.inner.now().await
    }

    async fn close(&self) {}
}
