//! The store over SQLite and PostgreSQL. One writer task shares each commit between all the sagas
//! that are waiting for one; reads go past it.

mod answers;
mod audit;
mod bulk;
mod chapter;
mod commit;
mod entry;
mod erase;
mod journal;
mod reads;
mod requests;
mod row;
mod run;
mod settle;
mod settling;
mod statement;
mod unsettled;
mod writer;
mod writes;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use onething_db::{Backend, Db, Migrations, Sql, args};
use tokio::sync::{mpsc, oneshot};

use super::chain::{ChainKey, Head};
use super::error::StoreError;
use super::record::{
    Acceptance, Append, Delivery, Filter, Journal, NewSaga, Page, Pulse, SagaRow, StoredEvent,
    Take, Verification,
};
use super::{EventRecord, Store};
use crate::machine::{SagaId, Timestamp};
use answers::Answers;
pub use audit::{Audit, Audited, holds_sagas};
pub use chapter::Chapter;
use entry::Entry;
use requests::{Advance, Arrival, Received, Request};
use unsettled::{Gauge, Unsettled};
use writer::Writer;

/// The store's tables.
pub const MIGRATIONS: Migrations = Migrations::new(
    "saga",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

/// Every statement of the store, for a test that prepares them on both databases.
#[must_use]
pub fn statements() -> Vec<(&'static str, Sql)> {
    statement::all()
}

/// How the store is opened.
#[derive(Clone, Debug)]
pub struct SqlStoreSettings {
    /// The key of the chain; it must not be kept in the database.
    pub chain_key: ChainKey,
    /// Epochs start no lower. The store's clock puts them above all earlier ones by itself, also after a
    /// backup was restored; this is for a clock that was once ahead of what it shows now.
    pub epoch_floor: u64,
    /// How many writes share one commit at most.
    pub batch: usize,
    /// How many writes are settled together: what a commit keeps of them is put into the tables when so many
    /// are not there yet.
    pub settled_together: usize,
    /// How long this gateway owns its sagas after each heartbeat; the first begins with the opening.
    pub lease: Duration,
}

impl SqlStoreSettings {
    /// Settings with this key and the usual batch of 256 writes, of which 1024 are settled together, and a
    /// lease of 5 s.
    #[must_use]
    pub fn new(chain_key: ChainKey) -> Self {
        Self {
            chain_key,
            epoch_floor: 0,
            batch: 256,
            settled_together: 1024,
            lease: Duration::from_secs(5),
        }
    }
}

/// A store in a database.
pub struct SqlStore {
    db: Db,
    key: ChainKey,
    requests: mpsc::Sender<Request>,
    commits: Arc<AtomicU64>,
    incarnation: Arc<AtomicU64>,
    gauge: Arc<Gauge>,
    floor: u64,
}

impl SqlStore {
    /// Brings the tables up to date, starts a new incarnation and the writer.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open(db: Db, settings: SqlStoreSettings) -> Result<Self, StoreError> {
        db.migrate(&[MIGRATIONS]).await?;
        let incarnation = begin(&db, settings.epoch_floor, settings.lease).await?;
        let gauge = Arc::new(Gauge::default());
        let unsettled =
            Unsettled::new(incarnation, settings.settled_together.max(1), gauge.clone());
        let incarnation = Arc::new(AtomicU64::new(incarnation));
        let commits = Arc::new(AtomicU64::new(0));
        let (requests, queue) = mpsc::channel(4096);
        let direct = db.direct()?;
        let apart = direct.blocks();
        let writer = Writer {
            db: db.clone(),
            direct,
            beside: None,
            key: settings.chain_key.clone(),
            incarnation: incarnation.clone(),
            batch: settings.batch.max(1),
            commits: commits.clone(),
            unsettled,
            answers: if apart {
                Answers::in_this_runtime()
            } else {
                Answers::here()
            },
        };
        if apart {
            run_apart(writer, queue)?;
        } else {
            tokio::spawn(writer.run(queue));
        }
        Ok(Self {
            db,
            key: settings.chain_key,
            requests,
            commits,
            incarnation,
            gauge,
            floor: settings.epoch_floor,
        })
    }

    /// How many commits this store has made.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// The number of this opening of the store, or of its last lost lease: above all before, and no lower
    /// than the microseconds since 1970 by the store's clock at that moment. No epoch of this incarnation
    /// is lower.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.incarnation.load(Ordering::Acquire)
    }

    async fn write<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Request,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.requests
            .send(request(reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Sees to it that the tables say everything that was acknowledged.
    async fn settled(&self) -> Result<&Db, StoreError> {
        self.settle(self.gauge.any()).await
    }

    /// What the tables do not say yet of what was acknowledged of a saga. To be asked before they are read:
    /// what is settled in between is then found twice, and never missed.
    async fn recall(&self, saga: SagaId) -> Result<Vec<Entry>, StoreError> {
        if !self.gauge.has(saga) {
            return Ok(Vec::new());
        }
        if self.exclusive() {
            let (reply, answer) = oneshot::channel();
            let asked = self.requests.send(Request::Recall(saga, reply)).await;
            if asked.is_ok()
                && let Ok(Some(entries)) = answer.await
            {
                return Ok(entries);
            }
        }
        // The writer does not know, or there are other gateways, through which whoever has read something here
        // must not find less of it.
        self.settled_for(saga).await.map(|_| Vec::new())
    }

    /// Sees to it that the tables say everything that was acknowledged of one saga.
    async fn settled_for(&self, saga: SagaId) -> Result<&Db, StoreError> {
        self.settle(self.gauge.has(saga)).await
    }

    async fn settle(&self, needed: bool) -> Result<&Db, StoreError> {
        if needed {
            match self.write(Request::Settle).await {
                // A lease that was lost, or a log that others settled: the tables say all there is.
                Ok(()) | Err(StoreError::Fenced | StoreError::Closed) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.db)
    }
}

/// Runs a writer in a thread of its own: its commits block it.
fn run_apart(writer: Writer, queue: mpsc::Receiver<Request>) -> Result<(), StoreError> {
    let unavailable = |error: std::io::Error| StoreError::Unavailable(Arc::new(error));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(unavailable)?;
    std::thread::Builder::new()
        .name("journal".to_owned())
        .spawn(move || runtime.block_on(writer.run(queue)))
        .map(drop)
        .map_err(unavailable)
}

/// Starts a new incarnation with a lease of its own.
async fn begin(db: &Db, floor: u64, lease: Duration) -> Result<u64, StoreError> {
    let mut tx = db.begin().await?;
    tx.execute(statement::RAISE_INCARNATION, args![writes::signed(floor)])
        .await?;
    let (incarnation,): (i64,) = tx.fetch_one(statement::INCARNATION, args![]).await?;
    tx.execute(statement::BEGIN_LEASE, args![incarnation, micros(lease)])
        .await?;
    tx.execute(statement::DECLARE_DEAD, args![incarnation])
        .await?;
    settle::of_the_dead(&mut tx).await?;
    tx.execute(statement::FORGET_OWNERS, args![incarnation])
        .await?;
    tx.commit().await?;
    Ok(u64::try_from(incarnation).unwrap_or(1))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[async_trait]
impl Store for SqlStore {
    async fn accept(&self, new: NewSaga) -> Result<Acceptance, StoreError> {
        let mut entry = Entry::of_new(&self.key, self.incarnation(), &new)?;
        if self.exclusive() {
            // Nobody else can accept it meanwhile: its row can wait until its commit is settled.
            entry = entry.with_birth(&new);
        }
        let entry = Arc::new(entry);
        let arrival = Box::new(Arrival { new, entry });
        self.write(|reply| Request::Accept(arrival, reply)).await
    }

    async fn append(&self, mut append: Append) -> Result<Head, StoreError> {
        let taken = std::mem::take(&mut append.taken);
        // Here and not in the writer: the sagas' own tasks share the work.
        let entry = Entry::of_append(&self.key, self.incarnation(), append)?;
        let entry = Arc::new(entry);
        let advance = Box::new(Advance { entry, taken });
        self.write(|reply| Request::Append(advance, reply)).await
    }

    async fn acquire(&self, saga: SagaId, take: Take) -> Result<SagaRow, StoreError> {
        self.write(|reply| Request::Acquire(saga, take, reply))
            .await
    }

    async fn quarantine(&self, saga: SagaId, reason: &str) -> Result<(), StoreError> {
        self.write(|reply| Request::Quarantine(saga, reason.to_owned(), reply))
            .await
    }

    async fn load(&self, saga: SagaId) -> Result<Journal, StoreError> {
        let recalled = self.recall(saga).await?;
        journal::journal(&self.db, &self.key, saga, recalled).await
    }

    async fn events(
        &self,
        saga: SagaId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let recalled = self.recall(saga).await?;
        journal::page(&self.db, &self.key, saga, (from, limit), &recalled).await
    }

    async fn claimable(&self, now: Timestamp, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        reads::claimable(self.settled().await?, now, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        reads::next_due(self.settled().await?).await
    }

    async fn heartbeat(&self, lease: Duration) -> Result<Pulse, StoreError> {
        let now = self.now().await?;
        if self.exclusive() {
            // The lock on the file is the lease.
            return Ok(Pulse { now, held: true });
        }
        let mine = writes::signed(self.incarnation());
        let mut tx = self.db.begin().await?;
        let renewed = tx
            .execute(statement::RENEW_LEASE, args![mine, micros(lease)])
            .await?;
        tx.execute(statement::DECLARE_DEAD, args![mine]).await?;
        settle::of_the_dead(&mut tx).await?;
        tx.execute(statement::FORGET_OWNERS, args![mine]).await?;
        tx.commit().await?;
        let held = renewed == 1;
        if !held {
            let incarnation = begin(&self.db, self.floor, lease).await?;
            self.incarnation.store(incarnation, Ordering::Release);
        }
        Ok(Pulse { now, held })
    }

    async fn step_down(&self) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let mine = writes::signed(self.incarnation());
        tx.execute(statement::END_LEASE, args![mine]).await?;
        settle::of_the_dead(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    fn exclusive(&self) -> bool {
        self.db.backend() == Backend::Sqlite
    }

    async fn receive(
        &self,
        source: &str,
        position: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<(), StoreError> {
        let received = Received {
            source: source.to_owned(),
            position: position.to_owned(),
            deliveries,
        };
        self.write(|reply| Request::Receive(Box::new(received), reply))
            .await
    }

    async fn position(&self, source: &str) -> Result<Option<String>, StoreError> {
        reads::position(&self.db, source).await
    }

    async fn inbox(&self, saga: SagaId) -> Result<Vec<Delivery>, StoreError> {
        reads::inbox(&self.db, saga).await
    }

    async fn mail(&self, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        reads::mail(self.settled().await?, self.incarnation(), limit).await
    }

    async fn list(&self, filter: Filter, page: Page) -> Result<Vec<SagaRow>, StoreError> {
        reads::list(self.settled().await?, filter, page).await
    }

    async fn erase(&self, saga: SagaId, record: EventRecord) -> Result<SagaRow, StoreError> {
        erase::erase(self.settled_for(saga).await?, &self.key, saga, record).await
    }

    async fn verify(&self, saga: SagaId) -> Result<Verification, StoreError> {
        Ok(self.load(saga).await?.verification)
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        match self.db.backend() {
            Backend::Postgres => {
                let (now,): (i64,) = self.db.fetch_one(statement::NOW, args![]).await?;
                Ok(Timestamp(now))
            }
            // SQLite's clock is this process's, and has microseconds only here.
            Backend::Sqlite => {
                let since = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                Ok(Timestamp::default().plus(since))
            }
        }
    }

    async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.requests.send(Request::Close(reply)).await.is_ok() {
            drop(answer.await);
        }
        // Where the writer is gone already.
        self.db.close().await;
    }
}
