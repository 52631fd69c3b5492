//! The engine as its users see it. What a saga does is its own task's.

use std::sync::Arc;

use futures::Stream;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::delivery::{self, Decided};
use super::departments::Limits;
use super::environment::{Environment, SystemEnvironment};
use super::error::EngineError;
use super::journal;
use super::participants::{Definitions, Participants};
use super::pump::{self, Alarm};
use super::registry::{Desk, Registry, Wish};
use super::settings::EngineSettings;
use super::stream::{SagaEvent, follow};
use super::submission::{Accepted, Begun, Outcome, Submission, accept};
use super::worker::Worker;
use crate::machine::{Input, Operator, SagaId, SagaState, SagaView, State};
use crate::mutant::{self, Mutant};
use crate::store::{Filter, Page, SagaRow, Store, StoreError, Verification};

pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) participants: Arc<dyn Participants>,
    pub(super) definitions: Arc<dyn Definitions>,
    pub(super) environment: Arc<dyn Environment>,
    pub(super) settings: EngineSettings,
    pub(super) registry: Registry,
    pub(super) limits: Limits,
    pub(super) recovering: Arc<Semaphore>,
    pub(super) alarm: Alarm,
    pub(super) draining: CancellationToken,
    stopped: CancellationToken,
    tasks: TaskTracker,
    /// Where the tasks run.
    runtime: Handle,
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
    /// Starts an engine. Call [`recover`](Self::recover) next. Its sagas run where it is started:
    /// [`EngineThread`](super::EngineThread) keeps them together.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start(
        store: Arc<dyn Store>,
        participants: Arc<dyn Participants>,
        definitions: Arc<dyn Definitions>,
        settings: EngineSettings,
    ) -> Self {
        let environment = Arc::new(SystemEnvironment::default());
        Self::start_in(environment, store, participants, definitions, settings)
    }

    /// Starts an engine with a clock and dice of its own.
    ///
    /// # Panics
    /// Outside a tokio runtime.
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
            limits: Limits::new(settings.department_concurrency, settings.breaker.clone()),
            recovering: Arc::new(Semaphore::new(settings.recovery_concurrency.max(1))),
            alarm: Alarm::default(),
            draining: CancellationToken::new(),
            stopped,
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            settings,
        };
        Self {
            shared: Arc::new(shared),
            _alive: alive,
        }
    }

    /// Begins to take up what nobody holds: what an earlier owner left behind, what is due, and what was
    /// set aside, each under a new epoch and at a bounded pace, from now on and in the background. Says
    /// how many sagas were found at once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn recover(&self) -> Result<usize, EngineError> {
        let shared = &self.shared;
        if !shared.store.exclusive() {
            // Whether something is due is judged by the store's clock, from the first time on.
            pump::heartbeat(shared).await?;
        }
        let set_aside = Filter {
            quarantined: Some(true),
            ..Filter::default()
        };
        let page = Page {
            after: None,
            limit: 1000,
        };
        // What could not be read back may be readable to this version, or by now.
        for row in shared.store.list(set_aside, page).await? {
            shared.take_up(row.saga);
        }
        let found = pump::claim(shared).await?;
        self.background(pump::run(shared.clone()));
        if !shared.store.exclusive() {
            self.background(pump::keep_lease(shared.clone()));
        }
        Ok(found)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.shared.stopped.clone();
        let work = async move { stopped.run_until_cancelled(work).await };
        self.shared.tasks.spawn_on(work, &self.shared.runtime);
    }

    /// Accepts a case: it is durable when this returns.
    ///
    /// # Errors
    /// When the definition is unknown, the key came with another submission, too many sagas are under way,
    /// the engine is stopping, or the journal cannot be written. After an error of the store the same submission with the same
    /// key may be sent again.
    pub async fn submit(&self, submission: Submission) -> Result<Accepted, EngineError> {
        if self.shared.draining.is_cancelled() {
            return Err(EngineError::Stopping);
        }
        if self.shared.registry.len() >= self.shared.settings.most_under_way {
            return Err(EngineError::Overloaded);
        }
        let shared = self.shared.clone();
        // A task of its own: a caller that goes away must not leave an accepted saga behind unowned.
        let accepted = async move { shared.submit(submission).await };
        let accepted = self.shared.tasks.spawn_on(accepted, &self.shared.runtime);
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

    /// Takes in what a department decided: durable, together with how far its stream was read, when this
    /// returns. Decisions may come more than once, in any order, and for sagas that have ended or are not
    /// known here.
    ///
    /// # Errors
    /// When the store cannot be written: then read the stream again from the last position.
    pub async fn deliver(
        &self,
        source: &str,
        position: &str,
        decisions: Vec<Decided>,
    ) -> Result<(), EngineError> {
        let shared = &self.shared;
        let deliveries: Vec<_> = decisions
            .into_iter()
            .filter_map(|decided| delivery::deliver(shared, source, decided))
            .collect();
        let sagas: Vec<_> = deliveries.iter().map(|delivery| delivery.saga).collect();
        if mutant::active(Mutant::PositionBeforeInbox) {
            shared.store.receive(source, position, Vec::new()).await?;
        }
        shared.store.receive(source, position, deliveries).await?;
        for saga in sagas {
            if !shared.registry.mail(saga) {
                shared.take_up(saga);
            }
        }
        Ok(())
    }

    /// How far a department's stream was read; none before its first decision.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn position(&self, source: &str) -> Result<Option<String>, EngineError> {
        Ok(self.shared.store.position(source).await?)
    }

    /// Waits until a saga that is in this engine's memory ends or comes to rest, and says how it ended, if
    /// it did. Of a saga that is not in memory it says what the journal says.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or when the store cannot be read.
    pub async fn settled(&self, saga: SagaId) -> Result<Option<SagaState>, EngineError> {
        if let Some(mut progress) = self.shared.registry.watch(saga) {
            // It ends with the saga's stay in memory.
            while progress.borrow_and_update().ended.is_none() && progress.changed().await.is_ok() {
            }
            if let Some(ended) = progress.borrow().ended {
                return Ok(Some(ended));
            }
        }
        let state = self.shared.store.load(saga).await?.row.state;
        Ok(state.ended().then_some(state))
    }

    /// The departments to which calls are held back because they have not answered lately.
    #[must_use]
    pub fn unreachable(&self) -> Vec<String> {
        self.shared.limits.open()
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
    /// journaled, gives up every lease, and stops. Bound it with a timeout; whatever is cut off is taken up at the next start.
    pub async fn drain(&self) {
        self.shared.draining.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        if let Err(error) = self.shared.store.step_down().await {
            tracing::warn!(%error, "the sagas were not handed over: others wait for the lease to end");
        }
    }

    pub(super) async fn wish(&self, saga: SagaId, input: Input) -> Result<(), EngineError> {
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
                self.shared.spawn(saga, desk, None, None);
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
                    self.spawn(saga, desk, Some(*begun), None);
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
    pub(super) fn take_up(self: &Arc<Self>, saga: SagaId) {
        if let Some(desk) = self.registry.open(saga) {
            self.spawn(saga, desk, None, None);
        }
    }

    pub(super) fn spawn(
        self: &Arc<Self>,
        saga: SagaId,
        desk: Desk,
        begun: Option<Begun>,
        room: Option<OwnedSemaphorePermit>,
    ) {
        // In a box: it is large, and is handed on several times before it runs.
        let work = Box::pin(Worker::new(self.clone(), saga, desk, room).run(begun));
        let stopped = self.stopped.clone();
        let work = async move {
            stopped.run_until_cancelled(work).await;
        };
        self.tasks.spawn_on(work, &self.runtime);
    }
}
