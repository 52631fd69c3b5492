//! The one writer: everything that waits is written in one transaction and acknowledged after its
//! commit. Usually that is one row of the log (`commit`), settled later (`settle`); whatever is not plain
//! goes into the tables at once (`writes`).

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use onething_db::{Db, args};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout_at;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::super::chain::{ChainKey, Head};
use super::super::error::StoreError;
use super::super::record::{Acceptance, Delivery, NewSaga, SagaRow, Take};
use super::commit::{self, Went};
use super::entry::{self, Entry};
use super::unsettled::Unsettled;
use super::{settle, statement, writes};
use crate::machine::SagaId;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// A new saga, and what a commit keeps of it.
pub(super) struct Arrival {
    pub(super) new: NewSaga,
    pub(super) entry: Entry,
    pub(super) bytes: Vec<u8>,
}

/// An append as a commit keeps it, and the deliveries that it takes in.
pub(super) struct Advance {
    pub(super) entry: Entry,
    pub(super) bytes: Vec<u8>,
    pub(super) taken: Vec<String>,
}

/// Deliveries of one source with the position behind them.
pub(super) struct Received {
    pub(super) source: String,
    pub(super) position: String,
    pub(super) deliveries: Vec<Delivery>,
}

/// One write, and where its result goes.
pub(super) enum Request {
    Accept(Box<Arrival>, Reply<Acceptance>),
    Append(Box<Advance>, Reply<Head>),
    Acquire(SagaId, Take, Reply<SagaRow>),
    Quarantine(SagaId, String, Reply<()>),
    Receive(Box<Received>, Reply<()>),
    Settle(Reply<()>),
    Close(oneshot::Sender<()>),
}

impl Request {
    fn saga(&self) -> Option<SagaId> {
        match self {
            Self::Accept(arrival, _) => Some(arrival.entry.saga),
            Self::Append(advance, _) => Some(advance.entry.saga),
            Self::Acquire(saga, ..) | Self::Quarantine(saga, ..) => Some(*saga),
            Self::Receive(..) | Self::Settle(_) | Self::Close(_) => None,
        }
    }

    fn marks(&self) -> bool {
        matches!(self, Self::Quarantine(..))
    }

    fn fail(self, error: StoreError) {
        // Whoever asked may have gone away.
        match self {
            Self::Accept(_, reply) => drop(reply.send(Err(error))),
            Self::Append(_, reply) => drop(reply.send(Err(error))),
            Self::Acquire(_, _, reply) => drop(reply.send(Err(error))),
            Self::Quarantine(_, _, reply) | Self::Receive(_, reply) | Self::Settle(reply) => {
                drop(reply.send(Err(error)));
            }
            Self::Close(_) => {}
        }
    }
}

/// What the writes of a transaction came to, each kind in the order of its requests.
#[derive(Default)]
struct Written {
    accepts: Vec<Result<Acceptance, StoreError>>,
    appends: Vec<Result<Head, StoreError>>,
    acquires: Vec<Result<SagaRow, StoreError>>,
}

/// Why a transaction came to nothing, or to nobody knows what.
enum Failed {
    /// The lease had run out: nothing was written.
    Fenced,
    /// Others have settled this incarnation's log: nothing was written, and it goes otherwise.
    Astray,
    Undone(StoreError),
    Unknown(Arc<onething_db::Error>),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Undone(error)
    }
}

impl From<onething_db::Error> for Failed {
    fn from(error: onething_db::Error) -> Self {
        Self::Undone(error.into())
    }
}

/// How often at most other tasks go first before a commit, and how often they may bring nothing.
const ROUNDS: u32 = 32;
const IN_VAIN: u32 = 4;

pub(super) struct Writer {
    pub(super) db: Db,
    pub(super) key: ChainKey,
    pub(super) incarnation: Arc<AtomicU64>,
    pub(super) batch: usize,
    pub(super) commits: Arc<AtomicU64>,
    pub(super) unsettled: Unsettled,
}

impl Writer {
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut waiting = Vec::with_capacity(self.batch);
        loop {
            let received = queue.recv_many(&mut waiting, self.batch);
            let received = match self.unsettled.due() {
                Some(due) => timeout_at(due, received).await,
                None => Ok(received.await),
            };
            match received {
                Ok(0) => return,
                Ok(_) => {}
                // Nothing came in for a while.
                Err(_) => self.settle().await,
            }
            gather(&mut queue, &mut waiting, self.batch).await;
            let mut closing = None;
            while !waiting.is_empty() {
                let (now, later) = apart(std::mem::take(&mut waiting), &mut closing);
                waiting = later;
                // A commit belongs to many sagas: it is part of no one's trace.
                self.write(now).with_subscriber(NoSubscriber::new()).await;
            }
            if self.unsettled.is_full() || closing.is_some() {
                self.settle().await;
            }
            if let Some(reply) = closing {
                reply.send(()).ok();
                return;
            }
        }
    }

    /// Settles what there is, if that can be done now.
    async fn settle(&mut self) {
        let (reply, _) = oneshot::channel();
        let settle = vec![Request::Settle(reply)];
        self.unsettled.postpone();
        self.write(settle)
            .with_subscriber(NoSubscriber::new())
            .await;
    }

    async fn write(&mut self, requests: Vec<Request>) {
        if requests.is_empty() {
            return;
        }
        match self.transaction(&requests).await {
            Ok(written) => answer(requests, written),
            // One write that the database refuses must not cost the others theirs.
            Err(Failed::Undone(_)) if requests.len() > 1 => {
                for request in requests {
                    Box::pin(self.write(vec![request])).await;
                }
            }
            Err(Failed::Fenced | Failed::Astray) => {
                // A mark is made under no lease: it often comes from one who is losing his.
                let (marks, others): (Vec<_>, Vec<_>) =
                    requests.into_iter().partition(Request::marks);
                fail(others, &StoreError::Fenced);
                Box::pin(self.write(marks)).await;
            }
            Err(Failed::Undone(error)) => fail(requests, &error),
            Err(Failed::Unknown(error)) => fail(requests, &StoreError::Unknown(error)),
        }
    }

    async fn transaction(&mut self, requests: &[Request]) -> Result<Written, Failed> {
        self.unsettled
            .serve(self.incarnation.load(Ordering::Acquire));
        if let Some(written) = self.at_once(requests).await {
            return written;
        }
        match self.thoroughly(requests).await {
            // Now the log itself is asked.
            Err(Failed::Astray) => self.thoroughly(requests).await,
            written => written,
        }
    }

    /// Writes plain writes for sagas that are known: one round trip, one row of the log. None when they
    /// are not that, or when one of them must be looked at more closely.
    async fn at_once(&mut self, requests: &[Request]) -> Option<Result<Written, Failed>> {
        let guard = self.unsettled.guard();
        let (mut accepts, mut appends) = (Vec::new(), Vec::new());
        for request in requests {
            match request {
                Request::Accept(arrival, _) if arrival.entry.epoch == guard.incarnation => {
                    accepts.push(&**arrival);
                }
                Request::Append(advance, _) => {
                    let Entry {
                        saga,
                        epoch,
                        before,
                        ..
                    } = advance.entry;
                    if !advance.taken.is_empty() || !self.unsettled.knows(saga, epoch, before) {
                        return None;
                    }
                    appends.push(&**advance);
                }
                _ => return None,
            }
        }
        if self.unsettled.is_astray() || accepts.len() > commit::MOST {
            return None;
        }
        if !self.unsettled.are_new(accepts.iter().map(|a| &a.new)) {
            return None;
        }
        let news: Vec<_> = accepts.iter().map(|a| (&a.new, &a.entry)).collect();
        let bytes = accepts.iter().map(|a| a.bytes.as_slice());
        let kept = entry::commit(bytes.chain(appends.iter().map(|a| a.bytes.as_slice())));
        match commit::write(&self.db, guard, &news, kept).await {
            Went::Well => {}
            Went::Otherwise => {
                // A submission that is known is no sign that anything else has changed.
                if accepts.is_empty() {
                    self.unsettled.go_astray();
                }
                return None;
            }
            Went::Unknown(error) => {
                self.unsettled.go_astray();
                return Some(Err(Failed::Unknown(Arc::new(error))));
            }
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        let written = Written {
            accepts: accepts
                .iter()
                .map(|a| Ok(writes::accepted(&a.entry)))
                .collect(),
            appends: appends
                .iter()
                .map(|a| Ok(writes::advanced(&a.entry)))
                .collect(),
            acquires: Vec::new(),
        };
        self.learn(requests, &written);
        let accepted = accepts.iter().map(|a| a.entry.clone());
        let appended = appends.iter().map(|a| a.entry.clone());
        self.unsettled.add(accepted.chain(appended));
        Some(Ok(written))
    }

    /// Settles everything, and then writes into the tables themselves, each write guarded there.
    async fn thoroughly(&mut self, requests: &[Request]) -> Result<Written, Failed> {
        let incarnation = self.unsettled.guard().incarnation;
        let mut tx = self.db.begin().await?;
        let shared = self.db.backend() == onething_db::Backend::Postgres;
        let mut settles = true;
        if shared {
            let lease: Option<(i64,)> = tx
                .fetch_optional(statement::HOLD_LEASE, args![writes::signed(incarnation)])
                .await?;
            settles = lease.is_some();
            if !settles {
                self.unsettled.lose();
                if !requests.iter().all(Request::marks) {
                    return Err(Failed::Fenced);
                }
            }
        }
        if settles {
            self.unsettled
                .settle(&mut tx)
                .await
                .map_err(|error| match error {
                    StoreError::Fenced => Failed::Astray,
                    error => Failed::Undone(error),
                })?;
        }
        let (mut accepts, mut appends) = (Vec::new(), Vec::new());
        let mut written = Written::default();
        for request in requests {
            match request {
                Request::Accept(arrival, _) => accepts.push((&arrival.new, &arrival.entry)),
                Request::Append(advance, _) => appends.push((&advance.entry, &*advance.taken)),
                Request::Acquire(saga, take, _) => {
                    if *take == Take::Anyway {
                        settle::of_owner(&mut tx, incarnation, *saga)
                            .await
                            .map_err(Failed::Undone)?;
                    }
                    let row = writes::acquire(&mut tx, incarnation, *saga, *take).await?;
                    written.acquires.push(row);
                }
                Request::Quarantine(saga, reason, _) => {
                    writes::quarantine(&mut tx, *saga, reason).await?;
                }
                Request::Receive(received, _) => {
                    let Received {
                        source,
                        position,
                        deliveries,
                    } = &**received;
                    writes::receive(&mut tx, source, position, deliveries).await?;
                }
                // Done, and taken out before.
                Request::Settle(_) | Request::Close(_) => {}
            }
        }
        let mut chapters = Vec::new();
        written.accepts =
            writes::accept(&mut tx, &self.key, incarnation, &accepts, &mut chapters).await?;
        written.appends = writes::append(&mut tx, &appends, &mut chapters).await?;
        writes::journal(&mut tx, chapters).await?;
        if let Err(error) = tx.commit().await {
            self.unsettled.go_astray();
            return Err(Failed::Unknown(Arc::new(error)));
        }
        if settles {
            self.unsettled.is_settled();
        }
        if requests.iter().any(|r| !matches!(r, Request::Settle(_))) {
            self.commits.fetch_add(1, Ordering::Relaxed);
        }
        self.learn(requests, &written);
        Ok(written)
    }

    /// Takes note of the heads that writes have left.
    fn learn(&mut self, requests: &[Request], written: &Written) {
        let mut accepts = written.accepts.iter();
        let mut appends = written.appends.iter();
        let mut acquires = written.acquires.iter();
        for request in requests {
            match request {
                Request::Accept(arrival, _) => {
                    if let Some(Ok(Acceptance::Accepted { epoch, head })) = accepts.next()
                        && !arrival.new.projection.state.ended()
                    {
                        self.unsettled.hold(arrival.new.saga, *epoch, *head);
                    }
                }
                Request::Append(advance, _) => {
                    let Entry {
                        saga, epoch, row, ..
                    } = &advance.entry;
                    let owned = row.as_ref().is_some_and(|after| after.owner.is_some());
                    match appends.next() {
                        Some(Ok(head)) if owned => self.unsettled.hold(*saga, *epoch, *head),
                        _ => self.unsettled.release(*saga),
                    }
                }
                Request::Acquire(saga, ..) => match acquires.next() {
                    Some(Ok(row)) if row.ended_at.is_none() => {
                        self.unsettled.hold(*saga, row.epoch, row.head());
                    }
                    _ => self.unsettled.release(*saga),
                },
                Request::Quarantine(saga, ..) => self.unsettled.release(*saga),
                Request::Receive(..) | Request::Settle(_) | Request::Close(_) => {}
            }
        }
    }
}

/// Lets the tasks go first that the last commit has woken and takes in what they write: one larger commit
/// costs less than two.
async fn gather(queue: &mut mpsc::Receiver<Request>, waiting: &mut Vec<Request>, batch: usize) {
    let (mut rounds, mut in_vain) = (0, 0);
    while rounds < ROUNDS && in_vain < IN_VAIN && waiting.len() < batch {
        tokio::task::yield_now().await;
        let before = waiting.len();
        while waiting.len() < batch
            && let Ok(request) = queue.try_recv()
        {
            waiting.push(request);
        }
        in_vain = if waiting.len() > before {
            0
        } else {
            in_vain + 1
        };
        rounds += 1;
    }
}

/// What can be written together: one write a saga. The rest follows in the order it came.
fn apart(
    requests: Vec<Request>,
    closing: &mut Option<oneshot::Sender<()>>,
) -> (Vec<Request>, Vec<Request>) {
    let mut sagas = HashSet::with_capacity(requests.len());
    let (mut now, mut later) = (Vec::with_capacity(requests.len()), Vec::new());
    for request in requests {
        match request {
            Request::Close(reply) => *closing = Some(reply),
            request if request.saga().is_none_or(|saga| sagas.insert(saga)) => now.push(request),
            request => later.push(request),
        }
    }
    (now, later)
}

fn answer(requests: Vec<Request>, written: Written) {
    let mut accepts = written.accepts.into_iter();
    let mut appends = written.appends.into_iter();
    let mut acquires = written.acquires.into_iter();
    let none = || Err(StoreError::Closed);
    for request in requests {
        // Whoever asked may have gone away; the write stands all the same.
        match request {
            Request::Accept(_, reply) => drop(reply.send(accepts.next().unwrap_or_else(none))),
            Request::Append(_, reply) => {
                drop(reply.send(appends.next().unwrap_or(Err(StoreError::Closed))));
            }
            Request::Acquire(_, _, reply) => {
                drop(reply.send(acquires.next().unwrap_or(Err(StoreError::Closed))));
            }
            Request::Quarantine(_, _, reply)
            | Request::Receive(_, reply)
            | Request::Settle(reply) => {
                drop(reply.send(Ok(())));
            }
            Request::Close(_) => {}
        }
    }
}

fn fail(requests: Vec<Request>, error: &StoreError) {
    requests
        .into_iter()
        .for_each(|request| request.fail(error.clone()));
}
