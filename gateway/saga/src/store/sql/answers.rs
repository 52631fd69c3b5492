//! How whoever waits for a write learns of it.
//!
//! A writer with a thread of its own has a commit's answers given in the runtime that its store was opened in:
//! each that it gave itself would wake that runtime anew, and what the sagas then send would leave one by one.
//! Nor is all of it to leave in one go: a department would wait while the sagas think and the sagas while it
//! works, each on its core. They are given a few at a time, and what those few send is on its way before the
//! next.

use tokio::sync::mpsc;
use tokio::task::yield_now;

use super::requests::{Answering, Request, Written};

/// How many answers are given before what follows from them is seen to. Fewer cost more in sending than they
/// win, with more the others wait.
const A_FEW: usize = 4;

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
                let mut answering = Answering::new(requests, written);
                while answering.give(A_FEW) {
                    yield_now().await;
                }
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
            Answering::new(requests, written).give(usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_a_few_send_is_on_its_way_before_the_next_are_answered() {
        const ASKED: usize = 4 * A_FEW + 1;
        let answers = Answers::in_this_runtime();
        let (sent, mut connection) = mpsc::unbounded_channel();
        let mut requests = Vec::new();
        for number in 0..ASKED {
            let (reply, answered) = oneshot::channel();
            requests.push(Request::Settle(reply));
            let sent = sent.clone();
            tokio::spawn(async move {
                answered.await.unwrap().unwrap();
                sent.send(number).unwrap();
            });
        }
        drop(sent);
        let leaving = tokio::spawn(async move {
            let (mut together, mut all) = (Vec::new(), Vec::new());
            loop {
                let before = all.len();
                if connection.recv_many(&mut all, ASKED).await == 0 {
                    return (together, all);
                }
                together.push(all.len() - before);
            }
        });
        answers.give(requests, Written::default());
        let (together, all) = leaving.await.unwrap();
        assert_eq!(all, (0..ASKED).collect::<Vec<_>>());
        assert_eq!(together, [A_FEW, A_FEW, A_FEW, A_FEW, 1]);
    }
}
