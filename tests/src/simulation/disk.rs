//! An engine's line to the store, through its gate: the production store in memory, with writes that
//! fail in every way a database's can, and every commit told to the chronicle.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use onething_saga::store::{
    Acceptance, Append, Delivery, EventRecord, Filter, Head, Journal, MemoryStore, NewSaga, Page,
    Pulse, SagaRow, Store, StoreError, StoredEvent, Take, Verification,
};
use onething_saga::{SagaId, Timestamp};

use super::clock::EPOCH;
use super::fault::Fault;
use super::gate::{Gate, Place};
use super::world::World;

/// How long a slow write takes at most: several calls go there and back meanwhile.
const SLOW: Duration = Duration::from_millis(200);
/// How long what was delivered may lie in calm weather.
const SOON: Duration = Duration::from_secs(60);

pub(super) struct Disk {
    pub(super) inner: Arc<MemoryStore>,
    pub(super) world: Arc<World>,
    pub(super) gate: Arc<Gate>,
}

fn reset() -> Arc<std::io::Error> {
    Arc::new(std::io::Error::other("the connection was reset"))
}

impl Disk {
    async fn cross(&self, place: Place) {
        if let Some(fault) = self.gate.strikes(place) {
            self.world.fault(fault);
            self.world.news.notify_one();
        }
        self.gate.open().await;
    }

    /// How the next write fails, if it does.
    fn failure(&self) -> Option<Fault> {
        let percent = self.world.story.weather.store;
        if percent == 0 || self.world.calm() {
            return None;
        }
        let fault = {
            let dice = &mut self.world.lock().storage;
            let faults = [
                Fault::StoreUnavailable,
                Fault::StoreCommittedUnknown,
                Fault::StoreLostUnknown,
            ];
            dice.percent(percent).then(|| dice.pick(&faults))
        };
        fault.inspect(|fault| self.world.fault(*fault))
    }

    /// A while, one time in so many.
    fn pause(&self, one_in: u64, most: Duration) -> Option<Duration> {
        let dice = &mut self.world.lock().storage;
        dice.one_in(one_in)
            .then(|| dice.duration(Duration::ZERO, most))
    }

    async fn seek(&self) {
        if let Some(time) = self.pause(4, Duration::from_millis(4)) {
            tokio::time::sleep(time).await;
        }
        let slow = self.world.story.weather.slow;
        if slow > 0 && !self.world.calm() {
            let time = {
                let dice = &mut self.world.lock().storage;
                let late = dice.percent(slow);
                late.then(|| dice.duration(Duration::ZERO, SLOW))
            };
            if let Some(time) = time {
                self.world.fault(Fault::StoreSlow);
                tokio::time::sleep(time).await;
            }
        }
    }

    /// The way back from a commit takes time as well, and others go on meanwhile.
    async fn answer(&self) {
        if let Some(time) = self.pause(8, Duration::from_millis(20)) {
            self.world.fault(Fault::StoreAnswersLate);
            tokio::time::sleep(time).await;
        }
        self.cross(Place::AfterCommit).await;
    }

    /// What is delivered in calm weather is taken in soon, whatever time its saga sleeps until.
    fn watch(&self, deliveries: Vec<Delivery>) {
        if !self.world.calm() {
            return;
        }
        let (store, world) = (self.inner.clone(), self.world.clone());
        tokio::spawn(async move {
            tokio::time::sleep(SOON).await;
            for Delivery { saga, name, .. } in deliveries {
                let inbox = store.inbox(saga).await.unwrap_or_default();
                let kept = inbox.iter().any(|delivery| delivery.name == name);
                let journal = store.load(saga).await;
                if kept && journal.is_ok_and(|journal| journal.row.ended_at.is_none()) {
                    world.violation(format!("{name} was delivered and is not taken in"));
                    world.news.notify_one();
                }
            }
        });
    }

    async fn read(&self) -> Result<(), StoreError> {
        self.gate.open().await;
        match self.failure() {
            Some(Fault::StoreUnavailable) => Err(StoreError::Unavailable(reset())),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Store for Disk {
    async fn accept(&self, new: NewSaga) -> Result<Acceptance, StoreError> {
        self.cross(Place::BeforeCommit).await;
        self.seek().await;
        self.gate.open().await;
        let failure = self.failure();
        match failure {
            Some(Fault::StoreUnavailable) => return Err(StoreError::Unavailable(reset())),
            Some(Fault::StoreLostUnknown) => return Err(StoreError::Unknown(reset())),
            _ => {}
        }
        let (saga, events) = (new.saga, new.events.clone());
        let projection = new.projection.clone();
        let result = self.inner.accept(new).await;
        if let Ok(Acceptance::Accepted { epoch, .. }) = &result {
            let inner = &mut *self.world.lock();
            inner.trace.note(
                self.world.start.elapsed(),
                format_args!("accept {saga} epoch {epoch}: {events:?}"),
            );
            let books = &inner.departments.books;
            let plan = &self.world.plan;
            inner
                .chronicle
                .committed(saga, plan, *epoch, &events, &projection, books);
        }
        self.world.news.notify_one();
        if failure == Some(Fault::StoreCommittedUnknown) {
            return Err(StoreError::Unknown(reset()));
        }
        self.answer().await;
        result
    }

    async fn append(&self, append: Append) -> Result<Head, StoreError> {
        self.cross(Place::BeforeCommit).await;
        self.seek().await;
        self.gate.open().await;
        let failure = self.failure();
        match failure {
            Some(Fault::StoreUnavailable) => return Err(StoreError::Unavailable(reset())),
            Some(Fault::StoreLostUnknown) => return Err(StoreError::Unknown(reset())),
            _ => {}
        }
        let (saga, epoch, events) = (append.saga, append.epoch, append.events.clone());
        let projection = append.projection.clone();
        let result = self.inner.append(append).await;
        {
            let inner = &mut *self.world.lock();
            let fate = if result.is_ok() { "append" } else { "fenced" };
            inner.trace.note(
                self.world.start.elapsed(),
                format_args!("{fate} {saga} epoch {epoch}: {events:?}"),
            );
            if result.is_ok() {
                let books = &inner.departments.books;
                let plan = &self.world.plan;
                inner
                    .chronicle
                    .committed(saga, plan, epoch, &events, &projection, books);
            }
        }
        self.world.news.notify_one();
        if result.is_ok() && failure == Some(Fault::StoreCommittedUnknown) {
            return Err(StoreError::Unknown(reset()));
        }
        self.answer().await;
        result
    }

    async fn acquire(&self, saga: SagaId, take: Take) -> Result<SagaRow, StoreError> {
        self.cross(Place::BeforeCommit).await;
        self.read().await?;
        let row = self.inner.acquire(saga, take).await?;
        {
            let chronicle = &mut self.world.lock().chronicle;
            chronicle.epoch = chronicle.epoch.max(row.epoch);
        }
        self.world
            .note(format_args!("acquire {saga}: {}", row.epoch));
        self.answer().await;
        Ok(row)
    }

    async fn load(&self, saga: SagaId) -> Result<Journal, StoreError> {
        self.read().await?;
        self.inner.load(saga).await
    }

    async fn events(
        &self,
        saga: SagaId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.read().await?;
        self.inner.events(saga, from, limit).await
    }

    async fn claimable(&self, now: Timestamp, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        self.read().await?;
        self.inner.claimable(now, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read().await?;
        self.inner.next_due().await
    }

    async fn heartbeat(&self, lease: Duration) -> Result<Pulse, StoreError> {
        self.read().await?;
        self.inner.heartbeat(lease).await
    }

    async fn step_down(&self) -> Result<(), StoreError> {
        self.read().await?;
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
        self.cross(Place::BeforeCommit).await;
        self.read().await?;
        self.world.received(position, &deliveries);
        self.watch(deliveries.clone());
        self.inner.receive(source, position, deliveries).await?;
        self.answer().await;
        Ok(())
    }

    async fn position(&self, source: &str) -> Result<Option<String>, StoreError> {
        self.read().await?;
        self.inner.position(source).await
    }

    async fn inbox(&self, saga: SagaId) -> Result<Vec<Delivery>, StoreError> {
        self.read().await?;
        self.inner.inbox(saga).await
    }

    async fn mail(&self, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        self.read().await?;
        self.inner.mail(limit).await
    }

    async fn list(&self, filter: Filter, page: Page) -> Result<Vec<SagaRow>, StoreError> {
        self.read().await?;
        self.inner.list(filter, page).await
    }

    async fn quarantine(&self, saga: SagaId, reason: &str) -> Result<(), StoreError> {
        self.gate.open().await;
        self.world
            .violation(format!("the saga was set aside: {reason}"));
        self.world.news.notify_one();
        self.inner.quarantine(saga, reason).await
    }

    async fn erase(&self, saga: SagaId, record: EventRecord) -> Result<SagaRow, StoreError> {
        self.inner.erase(saga, record).await
    }

    async fn verify(&self, saga: SagaId) -> Result<Verification, StoreError> {
        self.inner.verify(saga).await
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(EPOCH.plus(self.world.elapsed()))
    }

    async fn close(&self) {}
}
