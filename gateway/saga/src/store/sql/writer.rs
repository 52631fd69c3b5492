//! The one writer: everything that waits is written in one transaction and acknowledged after its
//! commit. Usually that is one row of the log (`commit`), settled later (`settle`, `settling`); whatever is
//! not plain goes into the tables at once (`writes`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use onething_db::{Db, Direct, args};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout_at;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use super::super::chain::ChainKey;
use super::super::error::StoreError;
use super::super::record::{Acceptance, Take};
use super::answers::Answers;
use super::commit::{self, Went};
use super::entry::{self, Entry};
use super::requests::{Received, Request, Written, apart, fail};
use super::unsettled::Unsettled;
use super::{settle, statement, writes};

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

pub(super) struct Writer {
    pub(super) db: Db,
    /// What commits go through.
    pub(super) direct: Direct,
    /// On PostgreSQL: the settling that is under way beside the commits. True: it stands.
    pub(super) beside: Option<JoinHandle<bool>>,
    pub(super) key: ChainKey,
    pub(super) incarnation: Arc<AtomicU64>,
    pub(super) batch: usize,
    pub(super) commits: Arc<AtomicU64>,
    pub(super) unsettled: Unsettled,
    pub(super) answers: Answers,
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
            let mut closing = None;
            self.recall(&mut waiting);
            while !waiting.is_empty() {
                let (now, later) = apart(std::mem::take(&mut waiting), &mut closing);
                waiting = later;
                // A commit belongs to many sagas: it is part of no one's trace.
                self.write(now).with_subscriber(Dispatch::none()).await;
            }
            if closing.is_some() || self.unsettled.is_full() && !self.begin_settling() {
                self.settle().await;
            } else if self.unsettled.is_old() {
                self.begin_settling();
            }
            if let Some(reply) = closing {
                let (db, answers) = (self.db.clone(), self.answers.clone());
                drop(self);
                // Another may open a file from now on: no connection to it is left.
                db.close().await;
                // After all that was written before.
                answers.give(vec![Request::Close(reply)], Written::default());
                return;
            }
        }
    }

    /// Answers who asks for what is not settled of a saga: all that was acknowledged is remembered already.
    fn recall(&self, waiting: &mut Vec<Request>) {
        let asks = |request: &mut Request| matches!(request, Request::Recall(..));
        for request in waiting.extract_if(.., asks) {
            if let Request::Recall(saga, reply) = request {
                // Whoever asked may have gone away.
                drop(reply.send(self.unsettled.recall(saga)));
            }
        }
    }

    /// Begins to settle what there is beside the commits that follow. False when that cannot be done now.
    fn begin_settling(&mut self) -> bool {
        if !self.unsettled.begin_settling() {
            return false;
        }
        if !self.direct.blocks()
            && let Some((commits, entries)) = self.unsettled.take_settling()
        {
            let incarnation = self.unsettled.guard().incarnation;
            let beside = settle::beside(self.db.clone(), incarnation, commits, entries);
            let beside = async { beside.await.unwrap_or(false) };
            self.beside = Some(tokio::spawn(beside.with_subscriber(Dispatch::none())));
        }
        true
    }

    /// Takes note of a settling beside the commits. One that came to nothing, or to nobody knows what, leaves
    /// it to the log to say what is settled.
    async fn end_settling(&mut self) {
        if let Some(beside) = self.beside.take() {
            if beside.await.unwrap_or(false) {
                self.unsettled.advance(0);
            } else {
                self.unsettled.go_astray();
            }
        }
    }

    /// Settles what there is, if that can be done now.
    async fn settle(&mut self) {
        let (reply, _) = oneshot::channel();
        let settle = vec![Request::Settle(reply)];
        self.unsettled.postpone();
        self.write(settle).with_subscriber(Dispatch::none()).await;
    }

    async fn write(&mut self, requests: Vec<Request>) {
        if requests.is_empty() {
            return;
        }
        match self.transaction(&requests).await {
            Ok(written) => self.answers.give(requests, written),
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
        let incarnation = self.incarnation.load(Ordering::Acquire);
        if !self.unsettled.serves(incarnation)
            || self.beside.as_ref().is_some_and(JoinHandle::is_finished)
        {
            self.end_settling().await;
        }
        self.unsettled.serve(incarnation);
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
                    } = *advance.entry;
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
        let news: Vec<_> = accepts.iter().map(|a| (&a.new, &*a.entry)).collect();
        let (accepted, appended) = (
            accepts.iter().map(|a| &a.entry),
            appends.iter().map(|a| &a.entry),
        );
        let entries = accepted.chain(appended);
        let kept = match entry::commit(entries.clone().map(|entry| &**entry)) {
            Ok(kept) => kept,
            Err(error) => return Some(Err(Failed::Undone(error))),
        };
        let writes = news.len() + appends.len();
        let bit_by_bit = self.direct.blocks().then_some(writes);
        let portion = bit_by_bit.and_then(|writes| self.unsettled.portion(writes));
        let (more, sagas) = portion.map_or_else(Default::default, |p| (p.writes, p.sagas));
        match commit::write(
            &mut self.direct,
            self.db.backend(),
            guard,
            &news,
            kept,
            more,
        )
        .await
        {
            Went::Well if sagas > 0 => self.unsettled.advance(sagas),
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
        self.unsettled.add(entries.cloned());
        Some(Ok(written))
    }

    /// Settles everything, and then writes into the tables themselves, each write guarded there.
    async fn thoroughly(&mut self, requests: &[Request]) -> Result<Written, Failed> {
        self.end_settling().await;
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
                Request::Accept(arrival, _) => accepts.push((&arrival.new, &*arrival.entry)),
                Request::Append(advance, _) => appends.push((&*advance.entry, &*advance.taken)),
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
                Request::Recall(..) | Request::Settle(_) | Request::Close(_) => {}
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
                    } = &*advance.entry;
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
                Request::Receive(..)
                | Request::Recall(..)
                | Request::Settle(_)
                | Request::Close(_) => {}
            }
        }
    }
}
