//! A store that dies at a chosen write, before or after its commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use onething_saga::store::{
    Acceptance, Append, Delivery, EventRecord, Filter, Head, Journal, NewSaga, Page, Pulse,
    SagaRow, Store, StoreError, StoredEvent, Take, Verification,
};
use onething_saga::{SagaId, Timestamp};
use tokio::sync::Notify;

/// A store that stops for good at its n-th write.
pub(crate) struct Mortal {
    inner: Arc<dyn Store>,
    left: AtomicI64,
    commits_first: bool,
    dead: AtomicBool,
    pub(crate) died: Notify,
}

impl Mortal {
    pub(crate) fn new(inner: Arc<dyn Store>, writes: i64, commits_first: bool) -> Self {
        let (left, dead) = (AtomicI64::new(writes), AtomicBool::new(false));
        Self {
            inner,
            left,
            commits_first,
            dead,
            died: Notify::new(),
        }
    }

    /// Whether this write is the last one, whose caller never hears of it.
    fn last(&self) -> bool {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return false;
        }
        !self.dead.swap(true, Ordering::SeqCst)
    }

    async fn gone<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }
}

#[async_trait]
impl Store for Mortal {
    async fn accept(&self, new: NewSaga) -> Result<Acceptance, StoreError> {
        if self.last() {
            if self.commits_first {
                self.inner.accept(new).await.unwrap();
            }
            return self.gone().await;
        }
        if self.dead.load(Ordering::SeqCst) {
            return self.gone().await;
        }
        self.inner.accept(new).await
    }

    async fn append(&self, append: Append) -> Result<Head, StoreError> {
        if self.last() {
            if self.commits_first {
                drop(self.inner.append(append).await);
            }
            return self.gone().await;
        }
        if self.dead.load(Ordering::SeqCst) {
            return self.gone().await;
        }
        self.inner.append(append).await
    }

    async fn acquire(&self, saga: SagaId, take: Take) -> Result<SagaRow, StoreError> {
        self.inner.acquire(saga, take).await
    }

    async fn load(&self, saga: SagaId) -> Result<Journal, StoreError> {
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

    async fn close(&self) {
        self.inner.close().await;
    }
}
