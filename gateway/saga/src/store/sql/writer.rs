//! The one writer: everything that waits is written in one transaction and acknowledged after its
//! commit. What one saga's write does to the database is `writes`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use onething_db::Db;
use tokio::sync::{mpsc, oneshot};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::super::chain::{ChainKey, Head};
use super::super::error::StoreError;
use super::super::record::{Acceptance, Append, NewSaga, SagaRow};
use super::writes;
use crate::machine::SagaId;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// One write, and where its result goes.
pub(super) enum Request {
    Accept(Box<NewSaga>, Reply<Acceptance>),
    Append(Box<Append>, Reply<Head>),
    Acquire(SagaId, Reply<SagaRow>),
    Quarantine(SagaId, String, Reply<()>),
    Close(oneshot::Sender<()>),
}

/// What a write came to inside its transaction. A refused write changed nothing.
enum Written {
    Accept(Result<Acceptance, StoreError>),
    Append(Result<Head, StoreError>),
    Acquire(Box<Result<SagaRow, StoreError>>),
    Quarantine,
}

/// Why a transaction came to nothing, or to nobody knows what.
enum Failed {
    Undone(Arc<onething_db::Error>),
    Unknown(Arc<onething_db::Error>),
}

pub(super) struct Writer {
    pub(super) db: Db,
    pub(super) key: ChainKey,
    pub(super) incarnation: u64,
    pub(super) batch: usize,
    pub(super) commits: Arc<AtomicU64>,
}

impl Writer {
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Request>) {
        let mut requests = Vec::with_capacity(self.batch);
        while queue.recv_many(&mut requests, self.batch).await > 0 {
            let mut closing = None;
            let mut writes = Vec::with_capacity(requests.len());
            for request in requests.drain(..) {
                match request {
                    Request::Close(reply) => closing = Some(reply),
                    write => writes.push(write),
                }
            }
            // A commit belongs to many sagas: it is part of no one's trace.
            self.write(writes)
                .with_subscriber(NoSubscriber::new())
                .await;
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
            Ok(written) => {
                requests
                    .into_iter()
                    .zip(written)
                    .for_each(|(request, done)| answer(request, done));
            }
            // One write that the database refuses must not cost the others theirs.
            Err(Failed::Undone(_)) if requests.len() > 1 => {
                for request in requests {
                    Box::pin(self.write(vec![request])).await;
                }
            }
            Err(Failed::Undone(error)) => fail(requests, &StoreError::Unavailable(error)),
            Err(Failed::Unknown(error)) => fail(requests, &StoreError::Unknown(error)),
        }
    }

    async fn transaction(&self, requests: &[Request]) -> Result<Vec<Written>, Failed> {
        let undone = |error| Failed::Undone(Arc::new(error));
        let mut tx = self.db.begin().await.map_err(undone)?;
        let mut all = Vec::with_capacity(requests.len());
        for request in requests {
            let written = match request {
                Request::Accept(new, _) => {
                    let (epoch, key) = (self.incarnation, &self.key);
                    Written::Accept(
                        writes::accept(&mut tx, key, epoch, new)
                            .await
                            .map_err(undone)?,
                    )
                }
                Request::Append(append, _) => {
                    let head = writes::append(&mut tx, &self.key, append)
                        .await
                        .map_err(undone)?;
                    Written::Append(head)
                }
                Request::Acquire(saga, _) => {
                    let row = writes::acquire(&mut tx, self.incarnation, *saga).await;
                    Written::Acquire(Box::new(row.map_err(undone)?))
                }
                Request::Quarantine(saga, reason, _) => {
                    writes::quarantine(&mut tx, *saga, reason)
                        .await
                        .map_err(undone)?;
                    Written::Quarantine
                }
                // Taken out before.
                Request::Close(_) => continue,
            };
            all.push(written);
        }
        tx.commit()
            .await
            .map_err(|error| Failed::Unknown(Arc::new(error)))?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(all)
    }
}

fn answer(request: Request, written: Written) {
    // Whoever asked may have gone away; the write stands all the same.
    match (request, written) {
        (Request::Accept(_, reply), Written::Accept(result)) => drop(reply.send(result)),
        (Request::Append(_, reply), Written::Append(result)) => drop(reply.send(result)),
        (Request::Acquire(_, reply), Written::Acquire(result)) => drop(reply.send(*result)),
        (Request::Quarantine(_, _, reply), Written::Quarantine) => drop(reply.send(Ok(()))),
        _ => {}
    }
}

fn fail(requests: Vec<Request>, error: &StoreError) {
    for request in requests {
        let error = error.clone();
        match request {
            Request::Accept(_, reply) => drop(reply.send(Err(error))),
            Request::Append(_, reply) => drop(reply.send(Err(error))),
            Request::Acquire(_, reply) => drop(reply.send(Err(error))),
            Request::Quarantine(_, _, reply) => drop(reply.send(Err(error))),
            Request::Close(_) => {}
        }
    }
}
