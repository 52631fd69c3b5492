//! How whoever waits for a write learns of it.
//!
//! A writer with a thread of its own has a commit's answers given in the runtime that its store was opened in,
//! all in one go: each that it gave itself would wake that runtime anew, and what the sagas then send would
//! leave one by one.

use tokio::sync::mpsc;

use super::requests::{Request, Written, answer};

/// Where a writer puts its answers.
#[derive(Clone)]
pub(super) struct Answers(Option<mpsc::UnboundedSender<Answered>>);

/// The requests of a transaction, and what they came to.
type Answered = (Vec<Request>, Written);

impl Answers {
    /// The writer gives them itself.
    pub(super) fn here() -> Self {
        Self(None)
    }

    /// They are given in this runtime, in their order.
    pub(super) fn in_this_runtime() -> Self {
        let (answers, mut answered) = mpsc::unbounded_channel::<Answered>();
        tokio::spawn(async move {
            while let Some((requests, written)) = answered.recv().await {
                answer(requests, written);
            }
        });
        Self(Some(answers))
    }

    pub(super) fn give(&self, requests: Vec<Request>, written: Written) {
        let answered = (requests, written);
        let left = match &self.0 {
            Some(answers) => answers.send(answered).map_err(|unsent| unsent.0),
            None => Err(answered),
        };
        // That runtime may be gone, and whoever waits elsewhere.
        if let Err((requests, written)) = left {
            answer(requests, written);
        }
    }
}
