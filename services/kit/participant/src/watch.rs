//! WatchDecisions: the decision log from a cursor on, and then each new entry.

use std::{collections::VecDeque, time::Duration};

use futures::{Stream, stream};
use onething_proto::participant::{StepKey, WatchDecisionsResponse};
use tokio::sync::watch;
use tonic::{Code, Status};

use crate::{
    Fault, Ledger,
    question::public,
    review::timestamp,
    rules::{self, Cursor, CursorProblem, Recorded},
    store::{self, Logged},
};

/// How many entries are read at a time.
const PAGE: i64 = 256;

/// What the streams of decisions are told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct News {
    /// Changes with each decision that this process committed.
    decisions: u64,
    /// Whether the department is stopping.
    ended: bool,
}

impl News {
    pub(crate) fn decided(&mut self) {
        self.decisions = self.decisions.wrapping_add(1);
    }

    pub(crate) fn end(&mut self) {
        self.ended = true;
    }
}

struct Watching {
    ledger: Ledger,
    coordinator: String,
    after: i64,
    read: VecDeque<Logged>,
    news: watch::Receiver<News>,
    failed: bool,
}

impl Ledger {
    /// Streams a coordinator's decisions behind a cursor, in the order of their commits, and then
    /// follows them. It ends when the department stops, or with an error after which the caller
    /// comes again with its last cursor.
    ///
    /// # Errors
    /// When the cursor is not one to go on from, or the database does not answer.
    pub async fn decisions(
        &self,
        coordinator: &str,
        cursor: &str,
    ) -> Result<impl Stream<Item = Result<WatchDecisionsResponse, Status>> + Send + use<>, Status>
    {
        let after = self.resume(coordinator, cursor).await?;
        let watching = Watching {
            ledger: self.clone(),
            coordinator: coordinator.to_owned(),
            after,
            read: VecDeque::new(),
            news: self.news(),
            failed: false,
        };
        Ok(stream::unfold(watching, |mut watching| async move {
            match watching.next().await {
                Ok(Some(decision)) => Some((Ok(decision), watching)),
                Ok(None) => None,
                Err(fault) => {
                    watching.failed = true;
                    Some((Err(fault.into()), watching))
                }
            }
        }))
    }

    async fn resume(&self, coordinator: &str, cursor: &str) -> Result<i64, Status> {
        let cursor = match cursor {
            "" => None,
            text => Some(Cursor::read(text).ok_or_else(|| problem(CursorProblem::Malformed))?),
        };
        let Some(given) = cursor else {
            return Ok(0);
        };
        // The seal first: an entry that is there now lies before any head that is read later.
        let position = store::signed(given.position);
        let seal = store::seal_at(self.db(), coordinator, position).await?;
        let head = store::head(self.db(), coordinator).await?;
        let last = u64::try_from(head).unwrap_or_default();
        let after = rules::resume(cursor, last, seal).map_err(problem)?;
        Ok(store::signed(after))
    }
}

impl Watching {
    async fn next(&mut self) -> Result<Option<WatchDecisionsResponse>, Fault> {
        loop {
            if self.failed {
                return Ok(None);
            }
            if let Some(logged) = self.read.pop_front() {
                self.after = logged.position;
                return Ok(Some(told(&self.coordinator, logged)?));
            }
            // Marked as seen before the log is read: what is committed after that is news again.
            let news = *self.news.borrow_and_update();
            let (db, coordinator) = (self.ledger.db(), self.coordinator.as_str());
            self.read = store::decisions(db, coordinator, self.after, PAGE)
                .await?
                .into();
            if self.read.is_empty() {
                if news.ended {
                    return Ok(None);
                }
                self.wait().await;
            }
        }
    }

    /// Until this process commits a decision, or it is time to look for those of another instance
    /// of the department.
    async fn wait(&mut self) {
        let every: Duration = self.ledger.look_every();
        match tokio::time::timeout(every, self.news.changed()).await {
            Ok(Ok(())) | Err(_) => {}
            // The ledger holds the sender, and the stream the ledger.
            Ok(Err(_)) => self.failed = true,
        }
    }
}

fn told(coordinator: &str, logged: Logged) -> Result<WatchDecisionsResponse, Fault> {
    let recorded = logged.recorded()?;
    let returned = recorded == Recorded::Returned;
    let cursor = Cursor {
        position: u64::try_from(logged.position).unwrap_or_default(),
        seal: u32::try_from(logged.seal).unwrap_or_default(),
    };
    Ok(WatchDecisionsResponse {
        cursor: cursor.to_string(),
        key: Some(StepKey {
            coordinator: coordinator.to_owned(),
            saga: logged.saga,
            step: logged.step,
            item: logged.item,
            round: u32::try_from(logged.round).unwrap_or_default(),
        }),
        outcome: public(recorded).into(),
        response: logged.response.unwrap_or_default().into(),
        refusal: logged
            .refusal
            .map(|refusal| refusal.0.into_message(returned)),
        decided_at: Some(timestamp(logged.decided_at)),
        deemed: logged.deemed,
    })
}

fn problem(problem: CursorProblem) -> Status {
    let (code, reason) = match problem {
        CursorProblem::Malformed => (Code::InvalidArgument, "CURSOR_MALFORMED"),
        CursorProblem::Future => (Code::OutOfRange, "CURSOR_IN_THE_FUTURE"),
        CursorProblem::Rewritten => (Code::DataLoss, "CURSOR_REWRITTEN"),
    };
    let details = tonic_types::ErrorDetails::with_error_info(
        reason,
        "onething",
        std::collections::HashMap::<String, String>::new(),
    );
    <Status as tonic_types::StatusExt>::with_error_details(code, problem.to_string(), details)
}
