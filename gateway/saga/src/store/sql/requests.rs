//! What waits for the writer: the requests, which of them go together, and what each is answered.

use std::collections::HashSet;
use std::sync::Arc;
use std::vec;

use tokio::sync::oneshot;

use super::super::chain::Head;
use super::super::error::StoreError;
use super::super::record::{Acceptance, Delivery, NewSaga, SagaRow, Take};
use super::entry::Entry;
use crate::machine::SagaId;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// A new saga, and what a commit keeps of it.
pub(super) struct Arrival {
    pub(super) new: NewSaga,
    pub(super) entry: Arc<Entry>,
}

/// An append as a commit keeps it, and the deliveries that it takes in.
pub(super) struct Advance {
    pub(super) entry: Arc<Entry>,
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
    /// What is not in the tables yet of a saga. None: the writer does not have all of it by heart.
    Recall(SagaId, oneshot::Sender<Option<Vec<Entry>>>),
    Settle(Reply<()>),
    Close(oneshot::Sender<()>),
}

impl Request {
    pub(super) fn saga(&self) -> Option<SagaId> {
        match self {
            Self::Accept(arrival, _) => Some(arrival.entry.saga),
            Self::Append(advance, _) => Some(advance.entry.saga),
            Self::Acquire(saga, ..) | Self::Quarantine(saga, ..) => Some(*saga),
            Self::Receive(..) | Self::Recall(..) | Self::Settle(_) | Self::Close(_) => None,
        }
    }

    pub(super) fn marks(&self) -> bool {
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
            Self::Recall(_, reply) => drop(reply.send(None)),
            Self::Close(_) => {}
        }
    }
}

/// What the writes of a transaction came to, each kind in the order of its requests.
#[derive(Default)]
pub(super) struct Written {
    pub(super) accepts: Vec<Result<Acceptance, StoreError>>,
    pub(super) appends: Vec<Result<Head, StoreError>>,
    pub(super) acquires: Vec<Result<SagaRow, StoreError>>,
}

/// What can be written together: one write a saga. The rest follows in the order it came.
pub(super) fn apart(
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

/// A transaction's answers that are still to be given, in the order of its requests.
pub(super) struct Answering {
    requests: vec::IntoIter<Request>,
    accepts: vec::IntoIter<Result<Acceptance, StoreError>>,
    appends: vec::IntoIter<Result<Head, StoreError>>,
    acquires: vec::IntoIter<Result<SagaRow, StoreError>>,
}

impl Answering {
    pub(super) fn new(requests: Vec<Request>, written: Written) -> Self {
        Self {
            requests: requests.into_iter(),
            accepts: written.accepts.into_iter(),
            appends: written.appends.into_iter(),
            acquires: written.acquires.into_iter(),
        }
    }

    /// Gives so many answers, or all that are left, and says whether more are.
    pub(super) fn give(&mut self, most: usize) -> bool {
        for _ in 0..most {
            let Some(request) = self.requests.next() else {
                return false;
            };
            self.answer(request);
        }
        self.requests.len() > 0
    }

    fn answer(&mut self, request: Request) {
        // Whoever asked may have gone away; the write stands all the same.
        match request {
            Request::Accept(_, reply) => {
                drop(reply.send(self.accepts.next().unwrap_or(Err(StoreError::Closed))));
            }
            Request::Append(_, reply) => {
                drop(reply.send(self.appends.next().unwrap_or(Err(StoreError::Closed))));
            }
            Request::Acquire(_, _, reply) => {
                drop(reply.send(self.acquires.next().unwrap_or(Err(StoreError::Closed))));
            }
            Request::Quarantine(_, _, reply)
            | Request::Receive(_, reply)
            | Request::Settle(reply) => {
                drop(reply.send(Ok(())));
            }
            Request::Recall(_, reply) => drop(reply.send(None)),
            Request::Close(reply) => drop(reply.send(())),
        }
    }
}

pub(super) fn fail(requests: Vec<Request>, error: &StoreError) {
    requests
        .into_iter()
        .for_each(|request| request.fail(error.clone()));
}
