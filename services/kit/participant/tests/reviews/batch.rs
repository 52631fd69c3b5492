//! Group commit on SQLite: jobs that wait at the same time share one commit.

use std::{path::PathBuf, pin::Pin};

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use onething_participant::{Refusal, Rejection};
use onething_proto::participant::{Outcome, UndoOutcome};
use tonic::{Code, Status};

use crate::office::{NOTE, Office, key};

/// How many commits SQLite's log holds: each one's last frame names the size of the database.
fn commits(office: &Office) -> usize {
    let path = office.test.url.strip_prefix("sqlite:").unwrap();
    let log = std::fs::read(PathBuf::from(format!("{path}-wal"))).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let (page, salt) = (number(8) as usize, &log[16..24]);
    let frames = (log.len() - 32) / (24 + page);
    let frame = |n: usize| 32 + n * (24 + page);
    (0..frames)
        .filter(|n| &log[frame(*n) + 8..frame(*n) + 16] == salt)
        .filter(|n| number(frame(*n) + 4) > 0)
        .count()
}

type Answer = Pin<Box<dyn Future<Output = (usize, Result<String, Status>)> + Send>>;

/// Sends applications while the writer is held up, so that all of them wait; then lets it go on and
/// returns the answers in the order of the names.
async fn at_once(office: &Office, names: &[&str]) -> Vec<Result<String, Status>> {
    let gate = office.hold_up().await;
    let mut answers: FuturesUnordered<Answer> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let (office, name) = (office.clone(), (*name).to_owned());
            let send = async move {
                (
                    n,
                    office
                        .apply(NOTE, &name, &key(&format!("s{n}"), 1), 1, None)
                        .await,
                )
            };
            send.boxed()
        })
        .collect();
    // Each is sent; none is answered before the gate is open.
    assert!(answers.next().now_or_never().is_none());
    office.switches.gate.notify_one();
    let mut found: Vec<_> = answers.collect().await;
    found.sort_by_key(|(n, _)| *n);
    gate.await.unwrap().unwrap();
    found.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn jobs_that_wait_at_the_same_time_share_one_commit() {
    let office = Office::on_sqlite().await;
    office
        .apply(NOTE, "first", &key("first", 1), 1, None)
        .await
        .unwrap();
    let before = commits(&office);
    let answers = at_once(&office, &["holder"; 50]).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(office.in_force().await.len(), 52);
    // One for the gate, one for all the others.
    assert_eq!(commits(&office) - before, 2);
}

#[tokio::test]
async fn s44_a_job_that_fails_takes_back_only_itself() {
    let office = Office::on_sqlite().await;
    let names = ["a", "broken", "b", "unqualified", "c", "panicking", "d"];
    let answers = at_once(&office, &names).await;
    for (name, answer) in names.iter().zip(&answers) {
        match (*name, answer) {
            ("broken" | "panicking", Err(status)) => assert_eq!(status.code(), Code::Internal),
            ("unqualified", Err(status)) => assert!(Refusal::from_status(status).is_some()),
            (_, answer) => assert!(answer.is_ok(), "{name}: {answer:?}"),
        }
    }
    assert_eq!(office.in_force().await, ["gate", "a", "b", "c", "d"]);
    let outcomes = [
        (1, Outcome::NotSeen),
        (3, Outcome::Refused),
        (5, Outcome::NotSeen),
        (6, Outcome::Succeeded),
    ];
    for (n, expected) in outcomes {
        assert_eq!(
            office.outcome(&key(&format!("s{n}"), 1)).await,
            expected,
            "{n}"
        );
    }
}

#[tokio::test]
async fn s42_after_a_failed_commit_no_job_of_it_is_acknowledged_and_nothing_stays() {
    let office = Office::on_sqlite().await;
    let answers = at_once(&office, &["a", "dangling", "unqualified", "b"]).await;
    for answer in answers {
        let status = answer.unwrap_err();
        // Not even the refusal: that it was recorded is not true.
        assert_eq!(
            (status.code(), Refusal::from_status(&status)),
            (Code::Internal, None)
        );
    }
    assert_eq!(office.in_force().await, ["gate"]);
    for n in 0..4 {
        assert_eq!(
            office.outcome(&key(&format!("s{n}"), 1)).await,
            Outcome::NotSeen
        );
    }
    // The writer goes on, and the same call succeeds later.
    office
        .apply(NOTE, "a", &key("s0", 1), 1, None)
        .await
        .unwrap();
    assert_eq!(office.in_force().await, ["gate", "a"]);
}

#[tokio::test]
async fn calls_with_one_key_in_one_commit_have_one_effect() {
    let office = Office::on_sqlite().await;
    let one = key("one", 1);
    let gate = office.hold_up().await;
    let calls =
        futures::future::join_all((0..10).map(|_| office.apply(NOTE, "holder", &one, 1, None)));
    let other = office.apply(NOTE, "other", &one, 1, None);
    let undo = office.ledger.undo(&one, 1);
    let late = office.apply(NOTE, "holder", &one, 1, None);
    let open = async {
        // After all the others have been polled once.
        tokio::task::yield_now().await;
        office.switches.gate.notify_one();
    };
    let (calls, other, undo, late, ()) = tokio::join!(calls, other, undo, late, open);
    let mut numbers: Vec<_> = calls.into_iter().map(Result::unwrap).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 1);
    let rejection = |answer: Result<String, Status>| Rejection::from_status(&answer.unwrap_err());
    assert_eq!(rejection(other), Some(Rejection::DigestMismatch));
    assert_eq!(undo.unwrap().outcome(), UndoOutcome::Undone);
    assert_eq!(rejection(late), Some(Rejection::Closed));
    gate.await.unwrap().unwrap();
    assert_eq!(office.in_force().await, ["gate"]);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_not_begun() {
    let office = Office::on_sqlite().await;
    let gate = office.hold_up().await;
    let given_up = key("given-up", 1);
    let call = office.apply(NOTE, "holder", &given_up, 1, None);
    // It is sent, and given up.
    assert!(call.now_or_never().is_none());
    office.switches.gate.notify_one();
    gate.await.unwrap().unwrap();
    office
        .apply(NOTE, "next", &key("next", 1), 1, None)
        .await
        .unwrap();
    assert_eq!(office.outcome(&given_up).await, Outcome::NotSeen);
    assert_eq!(office.in_force().await, ["gate", "next"]);
}

#[tokio::test]
async fn a_ledger_that_is_closed_carries_out_what_waits_and_leaves_the_file_alone() {
    let office = Office::on_sqlite().await;
    let gate = office.hold_up().await;
    let (one, late) = (key("one", 1), key("late", 1));
    let mut waits = Box::pin(office.apply(NOTE, "waits", &one, 1, None));
    assert!((&mut waits).now_or_never().is_none());
    let mut closing = Box::pin(office.ledger.close());
    assert!((&mut closing).now_or_never().is_none());
    office.switches.gate.notify_one();
    waits.await.unwrap();
    closing.await;
    gate.await.unwrap().unwrap();
    let status = office.apply(NOTE, "late", &late, 1, None).await;
    assert_eq!(status.unwrap_err().code(), Code::Unavailable);
    assert_eq!(office.in_force().await, ["gate", "waits"]);
    office.ledger.close().await;
    // SQLite takes the log away with the last connection.
    office.test.db.close().await;
    let path = office.test.url.strip_prefix("sqlite:").unwrap();
    assert!(PathBuf::from(path).exists() && !PathBuf::from(format!("{path}-wal")).exists());
}
