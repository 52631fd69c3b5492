//! What comes too late: a call under way when its undo arrives, and one after it.

use onething_participant::Rejection;
use onething_proto::participant::{Outcome, UndoOutcome};

use crate::office::{GRANT, NOTE, Office, eventually, key};

#[tokio::test]
async fn s09_a_success_that_was_under_way_when_its_undo_arrived_is_annulled() {
    for office in Office::on_each_database().await {
        // The call has written its effect and holds the key's row; only the commit is missing.
        let call = office.hold_up().await;
        let undoing = {
            let office = office.clone();
            tokio::spawn(async move { office.undo(&key("gate", 1)).await })
        };
        // Whatever asks now sees nothing, which proves nothing.
        assert_eq!(office.outcome(&key("gate", 1)).await, Outcome::NotSeen);
        assert!(!undoing.is_finished());
        office.switches.gate.notify_one();
        call.await.unwrap().unwrap();
        assert_eq!(undoing.await.unwrap(), UndoOutcome::Undone);
        let late = office.apply(NOTE, "gate", &key("gate", 1), 1, None).await;
        assert_eq!(
            Rejection::from_status(&late.unwrap_err()),
            Some(Rejection::Closed)
        );
        assert!(office.in_force().await.is_empty());
    }
}

#[tokio::test]
async fn s08_an_undo_before_its_call_closes_a_key_that_is_decided_later_too() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        assert_eq!(office.undo(&key).await, UndoOutcome::NothingToUndo);
        let deadline = Some((150, "deemed_granted"));
        let late = office.apply(GRANT, "holder", &key, 1, deadline).await;
        assert_eq!(
            Rejection::from_status(&late.unwrap_err()),
            Some(Rejection::Closed)
        );
        // Its time passes, and another review's: that one alone is deemed.
        let other = crate::office::key("other", 1);
        office.file("other", &other, deadline).await;
        office.set_clock(200);
        eventually("the other", async || {
            office.outcome(&other).await == Outcome::Succeeded
        })
        .await;
        assert_eq!(office.outcome(&key).await, Outcome::Closed);
        assert_eq!(office.in_force().await, ["other"]);
    }
}

#[tokio::test]
async fn s11_an_undo_twice_withdraws_a_review_once() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        office.file("holder", &key, None).await;
        for _ in 0..2 {
            assert_eq!(office.undo(&key).await, UndoOutcome::NothingToUndo);
        }
        let dismissals = &office.switches.dismissals;
        assert_eq!(dismissals.load(std::sync::atomic::Ordering::SeqCst), 1);
        assert_eq!(office.outcome(&key).await, Outcome::Closed);
    }
}
