//! The one writer: everything that waits is written in one transaction and acknowledged after its
//! commit. What the writes do to the database is `writes`'s.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use onething_db::{Db, args};
use tokio::sync::{mpsc, oneshot};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::super::chain::{ChainKey, Head};
use super::super::error::StoreError;
use super::super::record::{Acceptance, Append, Delivery, NewSaga, SagaRow, Take};
use super::go::{self, Texts, Went};
use super::{statement, writes};
use crate::machine::SagaId;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Deliveries of one source with the position behind them.
pub(super) struct Received {
    pub(super) source: String,
    pub(super) position: String,
    pub(super) deliveries: Vec<Delivery>,
}

/// One write, and where its result goes.
pub(super) enum Request {
    Accept(Box<NewSaga>, Reply<Acceptance>),
    Append(Box<Append>, Reply<Head>),
    Acquire(SagaId, Take, Reply<SagaRow>),
    Quarantine(SagaId, String, Reply<()>),
    Receive(Box<Received>, Reply<()>),
    Close(oneshot::Sender<()>),
}

impl Request {
    fn saga(&self) -> Option<SagaId> {
        match self {
            Self::Accept(new, _) => Some(new.saga),
            Self::Append(append, _) => Some(append.saga),
            Self::Acquire(saga, ..) | Self::Quarantine(saga, ..) => Some(*saga),
            Self::Receive(..) | Self::Close(_) => None,
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
            Self::Quarantine(_, _, reply) | Self::Receive(_, reply) => {
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
    Undone(Arc<onething_db::Error>),
    Unknown(Arc<onething_db::Error>),
}

pub(super) struct Writer {
    pub(super) db: Db,
    pub(super) key: ChainKey,
    pub(super) incarnation: Arc<AtomicU64>,
    pub(super) batch: usize,
    pub(super) commits: Arc<AtomicU64>,
    pub(super) texts: Texts,
}

impl Writer {
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Request>) {
        let mut waiting = Vec::with_capacity(self.batch);
        while queue.recv_many(&mut waiting, self.batch).await > 0 {
            let mut closing = None;
            while !waiting.is_empty() {
                let (now, later) = apart(std::mem::take(&mut waiting), &mut closing);
                waiting = later;
                // A commit belongs to many sagas: it is part of no one's trace.
                self.write(now).with_subscriber(NoSubscriber::new()).await;
            }
            if let Some(reply) = closing {
                reply.send(()).ok();
                return;
            }
        }
    }

    async fn write(&self, requests: Vec<Request>) {
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
            Err(Failed::Fenced) => {
                // A mark is made under no lease: it often comes from one who is losing his.
                let (marks, others): (Vec<_>, Vec<_>) =
                    requests.into_iter().partition(Request::marks);
                fail(others, &StoreError::Fenced);
                Box::pin(self.write(marks)).await;
            }
            Err(Failed::Undone(error)) => fail(requests, &StoreError::Unavailable(error)),
            Err(Failed::Unknown(error)) => fail(requests, &StoreError::Unknown(error)),
        }
    }

    /// Writes a few plain writes in one go; none when they are not that, or when one of them must be
    /// looked at more closely.
    async fn at_once(&self, requests: &[Request]) -> Option<Result<Written, Failed>> {
        if self.db.backend() != onething_db::Backend::Sqlite {
            return None;
        }
        let (mut accepts, mut appends) = (Vec::new(), Vec::new());
        for request in requests {
            match request {
                Request::Accept(new, _) => accepts.push(&**new),
                Request::Append(append, _) => appends.push(&**append),
                _ => return None,
            }
        }
        if !go::fits(&accepts, &appends) {
            return None;
        }
        let incarnation = self.incarnation.load(Ordering::Acquire);
        let (db, texts, key) = (&self.db, &self.texts, &self.key);
        match go::write(db, texts, key, incarnation, &accepts, &appends).await {
            Went::Well(accepts, appends) => {
                self.commits.fetch_add(1, Ordering::Relaxed);
                Some(Ok(Written {
                    accepts: accepts.into_iter().map(Ok).collect(),
                    appends: appends.into_iter().map(Ok).collect(),
                    acquires: Vec::new(),
                }))
            }
            Went::Otherwise => None,
            Went::Unknown(error) => Some(Err(Failed::Unknown(Arc::new(error)))),
        }
    }

    async fn transaction(&self, requests: &[Request]) -> Result<Written, Failed> {
        if let Some(written) = self.at_once(requests).await {
            return written;
        }
        let undone = |error| Failed::Undone(Arc::new(error));
        let incarnation = self.incarnation.load(Ordering::Acquire);
        let mut tx = self.db.begin().await.map_err(undone)?;
        let shared = self.db.backend() == onething_db::Backend::Postgres;
        if shared && !requests.iter().all(Request::marks) {
            let lease: Option<(i64,)> = tx
                .fetch_optional(statement::HOLD_LEASE, args![writes::signed(incarnation)])
                .await
                .map_err(undone)?;
            if lease.is_none() {
                return Err(Failed::Fenced);
            }
        }
        let (mut accepts, mut appends) = (Vec::new(), Vec::new());
        let mut written = Written::default();
        for request in requests {
            match request {
                Request::Accept(new, _) => accepts.push(&**new),
                Request::Append(append, _) => appends.push(&**append),
                Request::Acquire(saga, take, _) => {
                    let row = writes::acquire(&mut tx, incarnation, *saga, *take).await;
                    written.acquires.push(row.map_err(undone)?);
                }
                Request::Quarantine(saga, reason, _) => {
                    writes::quarantine(&mut tx, *saga, reason)
                        .await
                        .map_err(undone)?;
                }
                Request::Receive(received, _) => {
                    let Received {
                        source,
                        position,
                        deliveries,
                    } = &**received;
                    writes::receive(&mut tx, source, position, deliveries)
                        .await
                        .map_err(undone)?;
                }
                // Taken out before.
                Request::Close(_) => {}
            }
        }
        let mut events = Vec::new();
        written.accepts = writes::accept(&mut tx, &self.key, incarnation, &accepts, &mut events)
            .await
            .map_err(undone)?;
        written.appends = writes::append(&mut tx, &self.key, incarnation, &appends, &mut events)
            .await
            .map_err(undone)?;
        writes::journal(&mut tx, events).await.map_err(undone)?;
        tx.commit()
            .await
            .map_err(|error| Failed::Unknown(Arc::new(error)))?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(written)
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
            Request::Quarantine(_, _, reply) | Request::Receive(_, reply) => {
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
