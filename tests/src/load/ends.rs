//! Learns of a saga's end at its commit, without reading the journal: a store around the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use onething_saga::{
    SagaId, SagaState, Timestamp,
    store::{
        Acceptance, Append, Filter, Head, Journal, NewSaga, Page, SagaRow, Store, StoreError,
        StoredEvent, Verification,
    },
};
use tokio::sync::oneshot;

/// A store that tells who waits when a saga's last append is durable.
pub(super) struct Ends<S> {
    store: S,
    waiting: Arc<Waiting>,
}

/// Who waits for which saga's end.
#[derive(Default)]
pub(super) struct Waiting(Mutex<HashMap<SagaId, oneshot::Sender<SagaState>>>);

impl Waiting {
    /// Waits for a saga's end; call it before the saga is submitted.
    pub(super) fn for_end(&self, saga: SagaId) -> oneshot::Receiver<SagaState> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(saga, sender);
        receiver
    }

    fn ended(&self, saga: SagaId, state: SagaState) {
        let waiting = self.lock().remove(&saga);
        if let Some(waiting) = waiting {
            // Whoever waited may have gone away.
            waiting.send(state).ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SagaId, oneshot::Sender<SagaState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Store> Ends<S> {
    pub(super) fn new(store: S) -> (Self, Arc<Waiting>) {
        let waiting = Arc::<Waiting>::default();
        let ends = Self {
            store,
            waiting: waiting.clone(),
        };
        (ends, waiting)
    }
}

#[async_trait]
impl<S: Store> Store for Ends<S> {
    async fn accept(&self, new: NewSaga) -> Result<Acceptance, StoreError> {
        self.store.accept(new).await
    }

    async fn append(&self, append: Append) -> Result<Head, StoreError> {
        let (saga, state) = (append.saga, append.projection.state);
        let head = self.store.append(append).await?;
        if state.ended() {
            self.waiting.ended(saga, state);
        }
        Ok(head)
    }

    async fn acquire(&self, saga: SagaId) -> Result<SagaRow, StoreError> {
        self.store.acquire(saga).await
    }

    async fn load(&self, saga: SagaId) -> Result<Journal, StoreError> {
        self.store.load(saga).await
    }

    async fn events(
        &self,
        saga: SagaId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.store.events(saga, from, limit).await
    }

    async fn active(&self, after: Option<SagaId>, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        self.store.active(after, limit).await
    }

    async fn list(&self, filter: Filter, page: Page) -> Result<Vec<SagaRow>, StoreError> {
        self.store.list(filter, page).await
    }

    async fn quarantine(&self, saga: SagaId, reason: &str) -> Result<(), StoreError> {
        self.store.quarantine(saga, reason).await
    }

    async fn verify(&self, saga: SagaId) -> Result<Verification, StoreError> {
        self.store.verify(saga).await
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.store.now().await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
