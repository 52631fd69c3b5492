//! Group commit on SQLite: one thread writes; the jobs that wait while it commits share its next
//! transaction, each under a savepoint of its own, and all are answered after the one commit.

use std::{
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError, Weak},
};

use async_trait::async_trait;
use futures::FutureExt;
use onething_db::{Backend, Db, Direct, Tx};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};
use tonic::Status;
use tracing::{Instrument, Span};

use crate::{
    Fault, Ledger,
    job::{Halt, Job},
    ledger::Inner,
};

/// How many jobs share a commit at the most, so that the first does not wait long for the last.
const LARGEST_BATCH: usize = 128;
/// How many jobs wait at the most; further callers wait to be let in.
const LONGEST_QUEUE: usize = 1_024;

/// The way to the writer.
pub(crate) struct Writer {
    jobs: mpsc::Sender<Box<dyn Waiting>>,
    /// Asks it to end and to say so; none once it was asked.
    end: Mutex<Option<oneshot::Sender<oneshot::Sender<()>>>>,
}

/// A job that somebody waits for.
#[async_trait]
pub(crate) trait Waiting: Send {
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
    /// Where it was called from.
    fn span(&self) -> Span;
    /// Runs it once and keeps its answer.
    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Run;
    /// Answers it: what it found, or that nothing is known to have stayed.
    fn answer(self: Box<Self>, ledger: &Ledger, commit: Result<(), Status>);
}

/// What is to be done with what a job wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    Keep,
    TakeBack,
    Again,
}

struct Waiter<J: Job> {
    job: J,
    answer: Option<Result<J::Answer, Status>>,
    reply: oneshot::Sender<Result<J::Answer, Status>>,
    span: Span,
}

#[async_trait]
impl<J: Job> Waiting for Waiter<J> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn span(&self) -> Span {
        self.span.clone()
    }

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Run {
        let span = self.span.clone();
        let run = AssertUnwindSafe(self.job.run(ledger, tx)).catch_unwind();
        match run.instrument(span).await {
            Ok(Ok(answer)) => {
                self.answer = Some(Ok(answer));
                Run::Keep
            }
            Ok(Err(Halt::Again)) => Run::Again,
            Ok(Err(Halt::Failed(status))) => {
                self.answer = Some(Err(status));
                Run::TakeBack
            }
            Err(_panic) => {
                let fault = Fault::Contract {
                    method: "an action".to_owned(),
                    problem: "panicked".to_owned(),
                };
                self.answer = Some(Err(fault.into()));
                Run::TakeBack
            }
        }
    }

    fn answer(self: Box<Self>, ledger: &Ledger, commit: Result<(), Status>) {
        let Self {
            job, answer, reply, ..
        } = *self;
        let answer = match commit {
            Ok(()) => {
                if let Some(Ok(_)) = &answer {
                    job.committed(ledger);
                }
                answer.unwrap_or_else(|| Err(unanswered()))
            }
            Err(status) => Err(status),
        };
        // Nobody may wait any more: the caller asks again.
        let _ = reply.send(answer);
    }
}

fn unanswered() -> Status {
    Status::unavailable("the department is stopping; nothing is known to have taken effect")
}

impl Ledger {
    /// Queues a job for the writer and waits for its answer.
    pub(crate) async fn queue<J: Job>(&self, job: J) -> Result<J::Answer, Status> {
        let (reply, answer) = oneshot::channel();
        // From here to the answer: the caller's trace shows how long it waited for the commit.
        let span = tracing::info_span!(
            "db.transaction",
            otel.kind = "client",
            db.system.name = Backend::Sqlite.system_name(),
        );
        let waiter = Waiter {
            job,
            answer: None,
            reply,
            span,
        };
        self.writer()
            .await?
            .jobs
            .send(Box::new(waiter))
            .await
            .map_err(|_| unanswered())?;
        answer.await.unwrap_or_else(|_| Err(unanswered()))
    }
}

impl Writer {
    /// Starts it in a thread of its own, which may wait for the disk. It ends when the ledger is dropped.
    ///
    /// # Errors
    /// When the system gives no thread or the file cannot be opened.
    pub(crate) fn start(db: &Db, ledger: Weak<Inner>) -> Result<Self, Fault> {
        let (jobs, queue) = mpsc::channel(LONGEST_QUEUE);
        let (end, asked) = oneshot::channel();
        let (direct, runtime) = (db.direct()?, Handle::current());
        let write = move || {
            let ended = runtime.block_on(write(&direct, &ledger, queue, asked));
            // Its connection is closed before anybody is told.
            drop(direct);
            drop(ended);
        };
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        thread.spawn(write).map_err(Fault::Thread)?;
        let end = Mutex::new(Some(end));
        Ok(Self { jobs, end })
    }

    /// Ends it after the jobs that wait, with its connection.
    pub(crate) async fn close(&self) {
        let ask = {
            let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
            end.take()
        };
        let (ended, end) = oneshot::channel();
        if ask.is_some_and(|ask| ask.send(ended).is_ok()) {
            // Nothing is ever sent: that it is dropped says all.
            end.await.ok();
        }
    }
}

/// Writes until nobody can ask for it any more, or until it is asked to end: then with whom that is told.
async fn write(
    direct: &Direct,
    ledger: &Weak<Inner>,
    mut jobs: mpsc::Receiver<Box<dyn Waiting>>,
    mut end: oneshot::Receiver<oneshot::Sender<()>>,
) -> Option<oneshot::Sender<()>> {
    loop {
        let first = tokio::select! {
            // What waits comes before the end.
            biased;
            first = jobs.recv() => first?,
            ended = &mut end => return ended.ok(),
        };
        // Whoever waits for an answer holds the ledger.
        let ledger = Ledger::upgrade(ledger)?;
        if first.is_abandoned() {
            continue;
        }
        let span = first.span();
        let mut batch = vec![first];
        let commit = carry_out(direct, &ledger, &mut batch, &mut jobs)
            .instrument(span)
            .await;
        let commit = commit.map_err(|error| Status::from(Fault::from(error)));
        for job in batch {
            job.answer(&ledger, commit.clone());
        }
    }
}

/// Runs the batch, to which it adds what waits, in one transaction.
async fn carry_out(
    direct: &Direct,
    ledger: &Ledger,
    batch: &mut Vec<Box<dyn Waiting>>,
    jobs: &mut mpsc::Receiver<Box<dyn Waiting>>,
) -> onething_db::Result<()> {
    let mut tx = direct.begin().await?;
    if let (true, [only]) = (jobs.is_empty(), batch.as_mut_slice()) {
        // Alone, it needs no savepoint: the transaction is its own.
        loop {
            match only.run(ledger, &mut tx).await {
                Run::Keep => return tx.commit().await,
                Run::TakeBack => return tx.rollback().await,
                Run::Again => {
                    tx.rollback().await?;
                    tx = direct.begin().await?;
                }
            }
        }
    }
    let mut done = 0;
    while let Some(job) = batch.get_mut(done) {
        run(ledger, &mut tx, job.as_mut()).await?;
        done += 1;
        while batch.len() == done && done < LARGEST_BATCH {
            match jobs.try_recv() {
                Ok(job) if job.is_abandoned() => {}
                Ok(job) => batch.push(job),
                Err(_) => break,
            }
        }
    }
    tx.commit().await
}

/// Runs one job of several: what it wrote is taken back alone.
async fn run(ledger: &Ledger, tx: &mut Tx, job: &mut dyn Waiting) -> onething_db::Result<()> {
    loop {
        tx.savepoint().await?;
        match job.run(ledger, tx).await {
            Run::Keep => return tx.release_savepoint().await,
            Run::TakeBack => return tx.back_to_savepoint().await,
            Run::Again => tx.back_to_savepoint().await?,
        }
    }
}
