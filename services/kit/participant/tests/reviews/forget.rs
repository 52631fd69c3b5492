//! Retention: what is forgotten is gone and stays closed.

use onething_participant::{Decision, Rejection};
use onething_proto::participant::{Outcome, UndoOutcome};
use tonic::Code;

use crate::office::{GRANT, KEPT, NOTE, Office, key};

#[tokio::test]
async fn a_late_call_of_a_forgotten_saga_is_closed_for_ever() {
    for office in Office::on_each_database().await {
        for saga in ["s1", "s2", "s3"] {
            office
                .apply(NOTE, saga, &key(saga, 1), 1, None)
                .await
                .unwrap();
        }
        office
            .apply(NOTE, "unqualified", &key("s0", 1), 1, None)
            .await
            .unwrap_err();
        office
            .apply(NOTE, "s0", &key("s0", 2), 1, None)
            .await
            .unwrap();
        office.ledger.forget_before("gateway", "s3").await.unwrap();
        // The mark never falls.
        office.ledger.forget_before("gateway", "s1").await.unwrap();
        // Too young.
        assert_eq!(office.ledger.prune().await.unwrap(), 0);
        assert_eq!(office.outcome(&key("s1", 1)).await, Outcome::Succeeded);
        office.set_clock(100 + KEPT);
        assert_eq!(office.ledger.prune().await.unwrap(), 3);
        for saga in ["s0", "s1", "s2", "a saga never seen"] {
            for round in [1, 2] {
                let late = office.apply(NOTE, "late", &key(saga, round), 9, None).await;
                let late = Rejection::from_status(&late.unwrap_err());
                assert_eq!(late, Some(Rejection::Closed), "{saga}");
                let undo = office.ledger.undo(&key(saga, round), 9).await.unwrap_err();
                assert_eq!(Rejection::from_status(&undo), Some(Rejection::Closed));
                let asked = office
                    .ledger
                    .outcome(&key(saga, round), 9)
                    .await
                    .unwrap_err();
                assert_eq!(Rejection::from_status(&asked), Some(Rejection::Closed));
            }
        }
        // What is at or above the mark lives on.
        assert_eq!(office.undo(&key("s3", 1)).await, UndoOutcome::Undone);
        office
            .apply(NOTE, "new", &key("s4", 1), 1, None)
            .await
            .unwrap();
        // The effects themselves are the department's and stay.
        assert_eq!(office.in_force().await.len(), 4);
    }
}

#[tokio::test]
async fn an_open_review_and_the_decisions_above_the_mark_are_kept() {
    for office in Office::on_each_database().await {
        for saga in ["a", "b", "c"] {
            office.file("holder", &key(saga, 1), None).await;
        }
        for saga in ["a", "c"] {
            let approve = Decision::Approve;
            office
                .ledger
                .decide(&key(saga, 1), approve, "officer")
                .await
                .unwrap();
        }
        let told = office.decisions("", 2).await;
        office.ledger.forget_before("gateway", "c").await.unwrap();
        office.set_clock(100 + KEPT);
        assert_eq!(office.ledger.prune().await.unwrap(), 1);
        assert_eq!(office.outcome(&key("b", 1)).await, Outcome::Pending);
        // The decision on `a` is gone; a reader who had it, and one who begins, go on with `c`.
        assert_eq!(office.decisions(&told[0].cursor, 1).await, told[1..]);
        assert_eq!(office.decisions("", 1).await, told[1..]);
    }
}

#[tokio::test]
async fn requests_outside_sagas_have_no_mark() {
    for office in Office::on_each_database().await {
        for (coordinator, saga) in [("", "s"), ("request", "s"), ("gateway", "")] {
            let refused = office.ledger.forget_before(coordinator, saga).await;
            assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
        }
        office.file("holder", &key("a", 1), None).await;
        let again = office.apply(GRANT, "holder", &key("a", 1), 1, None).await;
        assert_eq!(again.unwrap_err().code(), Code::Unavailable);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_row_that_is_deleted_while_its_call_comes_again_is_never_opened_again() {
    const MANY: usize = 40;
    for office in Office::on_each_database().await {
        let saga = |n: usize| key(&format!("s{n:02}"), 1);
        for n in 0..MANY {
            office
                .apply(NOTE, "holder", &saga(n), 1, None)
                .await
                .unwrap();
        }
        office.set_clock(100 + KEPT);
        let other = office.another().await;
        let repeating = (0..4).map(|caller| {
            let office = if caller % 2 == 0 { &office } else { &other }.clone();
            tokio::spawn(async move {
                // In the order in which they are deleted, and against it.
                for n in 0..2 * MANY {
                    let n = if caller < 2 {
                        n % MANY
                    } else {
                        MANY - 1 - n % MANY
                    };
                    match office.apply(NOTE, "holder", &saga(n), 1, None).await {
                        Ok(_) => {}
                        // Closed, or deleted between two statements: an error, and no effect.
                        Err(status) => assert!(
                            Rejection::from_status(&status) == Some(Rejection::Closed)
                                || status.code() == Code::Internal,
                            "{status:?}"
                        ),
                    }
                }
            })
        });
        let repeating: Vec<_> = repeating.collect();
        // A row that a caller holds just then is left for the next time.
        let mut pruned = 0;
        for n in 1..=MANY {
            let mark = format!("s{n:02}");
            office.ledger.forget_before("gateway", &mark).await.unwrap();
            let (mine, theirs) = tokio::join!(office.ledger.prune(), other.ledger.prune());
            pruned += mine.unwrap() + theirs.unwrap();
        }
        for caller in repeating {
            caller.await.unwrap();
        }
        pruned += office.ledger.prune().await.unwrap();
        assert_eq!(pruned, MANY, "each was deleted once");
        assert_eq!(office.in_force().await.len(), MANY, "each took effect once");
        for n in 0..MANY {
            let late = office.apply(NOTE, "holder", &saga(n), 1, None).await;
            assert_eq!(
                Rejection::from_status(&late.unwrap_err()),
                Some(Rejection::Closed)
            );
        }
    }
}
