//! The engine as its users see it. What a saga does is its own task's.

use std::sync::Arc;

use futures::Stream;
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::environment::{Environment, SystemEnvironment};
use super::error::EngineError;
use super::journal;
use super::participants::{Definitions, Participants};
use super::registry::{Desk, Limits, Registry, Wish};
use super::settings::EngineSettings;
use super::stream::{SagaEvent, follow};
use super::submission::{Accepted, Begun, Outcome, Submission, accept};
use super::worker::Worker;
use crate::machine::{Input, Operator, SagaId, SagaView, State};
use crate::store::{Filter, Page, SagaRow, Store, StoreError, Verification};

pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) participants: Arc<dyn Participants>,
    pub(super) definitions: Arc<dyn Definitions>,
    pub(super) environment: Arc<dyn Environment>,
    pub(super) settings: EngineSettings,
    pub(super) registry: Registry,
    pub(super) limits: Limits,
    pub(super) recovering: Semaphore,
    pub(super) draining: CancellationToken,
    stopped: CancellationToken,
    tasks: TaskTracker,
}

/// The saga engine. Clones are the same engine; when the last one is dropped, its tasks stop where
/// they are, as at a crash, and what they had under way is taken up by the next engine's
/// [`recover`](Self::recover).
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    _alive: Arc<DropGuard>,
}

impl Engine {
    /// Starts an engine. Call [`recover`](Self::recover) next.
    #[must_use]
    pub fn start(
        store: Arc<dyn Store>,
        participants: Arc<dyn Participants>,
        definitions: Arc<dyn Definitions>,
        settings: EngineSettings,
    ) -> Self {
        let environment = Arc::new(SystemEnvironment);
        Self::start_in(environment, store, participants, definitions, settings)
    }

    /// Starts an engine with a clock and dice of its own.
    #[must_use]
    pub fn start_in(
        environment: Arc<dyn Environment>,
        store: Arc<dyn Store>,
        participants: Arc<dyn Participants>,
        definitions: Arc<dyn Definitions>,
        settings: EngineSettings,
    ) -> Self {
        let stopped = CancellationToken::new();
        let alive = Arc::new(stopped.clone().drop_guard());
        let shared = Shared {
            store,
            participants,
            definitions,
            environment,
            registry: Registry::default(),
            limits: Limits::new(settings.department_concurrency),
            recovering: Semaphore::new(settings.recovery_concurrency.max(1)),
            draining: CancellationToken::new(),
            stopped,
            tasks: TaskTracker::new(),
            settings,
        };
        Self {
            shared: Arc::new(shared),
            _alive: alive,
        }
    }

    /// Takes up every saga that has not ended, each under a new epoch, and says how many they are.
    /// They are read back and carried on in the background.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn recover(&self) -> Result<usize, EngineError> {
        const PAGE: u32 = 500;
        let (mut after, mut count) = (None, 0);
        loop {
            let page = self.shared.store.active(after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(count);
            };
            after = Some(*last);
            count += page.len();
            page.into_iter().for_each(|saga| self.shared.take_up(saga));
        }
    }

    /// Accepts a case: it is durable when this returns.
    ///
    /// # Errors
    /// When the definition is unknown, the key came with another submission, the engine is stopping, or
    /// the journal cannot be written. After an error of the store the same submission with the same
    /// key may be sent again.
    pub async fn submit(&self, submission: Submission) -> Result<Accepted, EngineError> {
        if self.shared.draining.is_cancelled() {
            return Err(EngineError::Stopping);
        }
        let shared = self.shared.clone();
        // A task of its own: a caller that goes away must not leave an accepted saga behind unowned.
        let accepted = self
            .shared
            .tasks
            .spawn(async move { shared.submit(submission).await });
        accepted.await.map_err(|_| EngineError::Stopping)?
    }

    /// Withdraws a case. Durable when this returns; what can be undone is then undone.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when there is nothing left to withdraw; [`EngineError::NotFound`].
    pub async fn cancel(&self, saga: SagaId, by: &str, reason: &str) -> Result<(), EngineError> {
        let (by, reason) = (by.to_owned(), reason.to_owned());
        self.wish(saga, Input::Cancel { by, reason }).await
    }

    /// Carries out an operator's request. Durable when this returns.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when the saga's state does not allow it; [`EngineError::NotFound`].
    pub async fn operator(&self, saga: SagaId, request: Operator) -> Result<(), EngineError> {
        self.wish(saga, Input::Operator(request)).await
    }

    /// A saga as the journal has it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or [`EngineError::Quarantined`] when its journal cannot be read.
    pub async fn view(&self, saga: SagaId) -> Result<SagaView, EngineError> {
        self.state(saga).await.map(|state| state.view())
    }

    /// A saga's full state as the journal has it, payloads included.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or [`EngineError::Quarantined`] when its journal cannot be read.
    pub async fn state(&self, saga: SagaId) -> Result<State, EngineError> {
        let journal = self.shared.store.load(saga).await?;
        journal::replay(&self.shared, &journal).map_err(|unreadable| EngineError::Quarantined {
            saga,
            reason: unreadable.0,
        })
    }

    /// A saga's committed events from number `from` on, first from the journal, then as they come,
    /// without a gap. Ends after the last event of a saga that ended.
    pub fn subscribe(
        &self,
        saga: SagaId,
        from: u64,
    ) -> impl Stream<Item = Result<SagaEvent, EngineError>> + Send + use<> {
        follow(self.shared.clone(), saga, from)
    }

    /// A page of sagas.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list(&self, filter: Filter, page: Page) -> Result<Vec<SagaRow>, EngineError> {
        Ok(self.shared.store.list(filter, page).await?)
    }

    /// Whether a saga's journal is what was written.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or when the store cannot be read.
    pub async fn verify(&self, saga: SagaId) -> Result<Verification, EngineError> {
        Ok(self.shared.store.verify(saga).await?)
    }

    /// How many sagas are in memory.
    #[must_use]
    pub fn in_memory(&self) -> usize {
        self.shared.registry.len()
    }

    /// Takes nothing new, starts no further call, waits until the calls under way are answered and
    /// journaled, and stops. Bound it with a timeout; whatever is cut off is taken up at the next start.
    pub async fn drain(&self) {
        self.shared.draining.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    async fn wish(&self, saga: SagaId, input: Input) -> Result<(), EngineError> {
        loop {
            if self.shared.draining.is_cancelled() {
                return Err(EngineError::Stopping);
            }
            let (reply, answer) = oneshot::channel();
            if let Some(desk) = self.shared.registry.send(
                saga,
                Wish {
                    input: input.clone(),
                    reply,
                },
            ) {
                self.shared.spawn(saga, desk, None);
            }
            if let Ok(answer) = answer.await {
                return answer;
            }
            // The saga left memory with the wish unread.
            tokio::task::yield_now().await;
        }
    }
}

impl Shared {
    async fn submit(self: Arc<Self>, submission: Submission) -> Result<Accepted, EngineError> {
        let saga = submission
            .saga
            .unwrap_or_else(|| self.environment.saga_id());
        match accept(&self, saga, submission).await {
            Ok(Outcome::Begun(begun)) => {
                if let Some(desk) = self.registry.open(saga) {
                    self.spawn(saga, desk, Some(*begun));
                }
                Ok(Accepted {
                    saga,
                    duplicate: false,
                })
            }
            Ok(Outcome::Duplicate(saga)) => Ok(Accepted {
                saga,
                duplicate: true,
            }),
            Err(error) => {
                if matches!(error, EngineError::Store(StoreError::Unknown(_))) {
                    // If it was written after all, it must not lie there unowned.
                    self.take_up(saga);
                }
                Err(error)
            }
        }
    }

    /// Has a saga read back and carried on, unless it is in memory.
    fn take_up(self: &Arc<Self>, saga: SagaId) {
        if let Some(desk) = self.registry.open(saga) {
            self.spawn(saga, desk, None);
        }
    }

    fn spawn(self: &Arc<Self>, saga: SagaId, desk: Desk, begun: Option<Begun>) {
        let worker = Worker::new(self.clone(), saga, desk);
        let stopped = self.stopped.clone();
        self.tasks.spawn(async move {
            stopped.run_until_cancelled(worker.run(begun)).await;
        });
    }
}
