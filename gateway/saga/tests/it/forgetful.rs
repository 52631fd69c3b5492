//! A store that loses replies, is down for a while, or refuses one write.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use onething_saga::store::{
    Acceptance, Append, Delivery, EventRecord, Filter, Head, Journal, MemoryStore, NewSaga, Page,
    Pulse, SagaRow, Store, StoreError, StoredEvent, Take, Verification,
};
use onething_saga::{SagaId, Timestamp};
use tokio::sync::Barrier;

/// A store in memory that loses replies and refuses writes as it is told to.
pub(crate) struct Forgetful {
    pub(crate) inner: MemoryStore,
    /// The reply to every n-th append is lost after it was committed.
    pub(crate) every: i64,
    /// So many appends were committed, as far as `every` counts.
    pub(crate) writes: AtomicI64,
    /// So many reads of a saga and take-overs fail before the first succeeds.
    pub(crate) down: AtomicI64,
    /// The first append with an event of this kind is not written.
    pub(crate) refuses: Mutex<Option<&'static str>>,
    /// The next time a saga is given up and nothing else is written, this is passed twice on the way back.
    pub(crate) giving_up: Mutex<Option<Arc<Barrier>>>,
}

impl Forgetful {
    /// One that forgets and refuses nothing.
    pub(crate) fn new(inner: MemoryStore) -> Self {
        Self {
            inner,
            every: i64::MAX,
            writes: AtomicI64::new(1),
            down: AtomicI64::new(0),
            refuses: Mutex::default(),
            giving_up: Mutex::default(),
        }
    }

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
