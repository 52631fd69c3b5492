//! Expiry: what the law deems decided when the time for deciding has passed.

use std::sync::atomic::Ordering;

use onething_participant::{DEEMED_REFUSED, Decision, DecisionError, rules::Recorded};
use onething_proto::participant::{Outcome, UndoOutcome};

use crate::office::{GRANT, Office, eventually, key};

#[tokio::test]
async fn a_review_whose_time_has_passed_is_deemed_decided_and_told() {
    for office in Office::on_each_database().await {
        let (granted, refused) = (key("granted", 1), key("refused", 1));
        let (escalated, plain) = (key("escalated", 1), key("plain", 1));
        office
            .file("granted", &granted, Some((200, "deemed_granted")))
            .await;
        office
            .file("refused", &refused, Some((200, "deemed_refused")))
            .await;
        office
            .file("escalated", &escalated, Some((200, "escalate")))
            .await;
        office.file("plain", &plain, None).await;
        assert!(office.in_force().await.is_empty());

        office.set_clock(200);
        eventually("the deemed grant", async || {
            office.outcome(&granted).await == Outcome::Succeeded
        })
        .await;
        eventually("the deemed refusal", async || {
            office.outcome(&refused).await == Outcome::Refused
        })
        .await;
        let outcome = office.ledger.outcome(&refused, 1).await.unwrap();
        assert_eq!(outcome.refusal.unwrap().reason, DEEMED_REFUSED);
        let told = office.decisions("", 2).await;
        assert!(told.iter().all(|decision| decision.deemed));
        for key in [&escalated, &plain] {
            assert_eq!(office.outcome(key).await, Outcome::Pending);
        }
        assert_eq!(office.in_force().await, ["granted"]);
    }
}

#[tokio::test]
async fn nothing_is_deemed_before_its_time_and_a_repeat_may_only_move_it_later() {
    for office in Office::on_each_database().await {
        let (moved, control) = (key("moved", 1), key("control", 1));
        office
            .file("moved", &moved, Some((200, "deemed_granted")))
            .await;
        office
            .file("control", &control, Some((250, "deemed_granted")))
            .await;
        // A holiday was inserted; then an old repeat arrives late.
        for due in [300, 200] {
            let deadline = Some((due, "deemed_granted"));
            let repeat = office.apply(GRANT, "moved", &moved, 1, deadline).await;
            let pending = onething_participant::Pending::from_status(&repeat.unwrap_err());
            assert_eq!(pending.unwrap().due, Some(300));
        }
        office.set_clock(299);
        eventually("the control", async || {
            office.outcome(&control).await == Outcome::Succeeded
        })
        .await;
        assert_eq!(office.outcome(&moved).await, Outcome::Pending);
        office.set_clock(300);
        eventually("the deemed grant", async || {
            office.outcome(&moved).await == Outcome::Succeeded
        })
        .await;
    }
}

#[tokio::test]
async fn s36_an_officer_in_time_wins_and_one_after_the_time_does_not() {
    for office in Office::on_each_database().await {
        let (early, late) = (key("early", 1), key("late", 1));
        office
            .file("early", &early, Some((200, "deemed_granted")))
            .await;
        office
            .file("late", &late, Some((200, "deemed_refused")))
            .await;
        let decided = office
            .ledger
            .decide(&early, Decision::Approve, "officer")
            .await;
        assert_eq!(decided.unwrap().recorded, Recorded::Succeeded);
        office.set_clock(200);
        // Whether the background task was faster or not, the law has decided.
        match office
            .ledger
            .decide(&late, Decision::Approve, "officer")
            .await
        {
            Err(DecisionError::Conflict { recorded }) => assert_eq!(recorded, Recorded::Refused),
            other => panic!("{other:?}"),
        }
        let told = office.decisions("", 2).await;
        let deemed: Vec<_> = told.iter().map(|decision| decision.deemed).collect();
        assert_eq!(deemed, [false, true]);
        assert_eq!(office.in_force().await, ["early"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s32_many_reviews_of_two_instances_are_each_deemed_once() {
    const MANY: usize = 150;
    for office in Office::on_each_database().await {
        let other = office.another().await;
        for n in 0..MANY {
            let filing = if n % 2 == 0 { &office } else { &other };
            let deadline = Some((200, "deemed_granted"));
            filing
                .file("holder", &key(&format!("s{n}"), 1), deadline)
                .await;
        }
        // One was withdrawn in time.
        assert_eq!(office.undo(&key("s7", 1)).await, UndoOutcome::NothingToUndo);
        office.set_clock(200);
        let told = office.decisions("", MANY - 1).await;
        let mut sagas: Vec<_> = told.iter().map(|d| d.key.clone().unwrap().saga).collect();
        sagas.sort();
        sagas.dedup();
        assert_eq!(sagas.len(), MANY - 1);
        assert!(!sagas.contains(&"s7".to_owned()));
        assert_eq!(office.in_force().await.len(), MANY - 1);
        // None is told twice: what follows is the next one.
        let next = key("next", 1);
        office.file("holder", &next, None).await;
        office
            .ledger
            .decide(&next, Decision::Approve, "officer")
            .await
            .unwrap();
        let last = told.last().unwrap().cursor.clone();
        let [follows] = &office.decisions(&last, 1).await[..] else {
            panic!("one decision")
        };
        assert_eq!(follows.key.as_ref().unwrap().saga, "next");
    }
}

#[tokio::test]
async fn s55_a_review_that_cannot_be_concluded_keeps_no_other_waiting() {
    for office in Office::on_each_database().await {
        let (first, second) = (key("first", 1), key("second", 1));
        office.switches.broken.store(true, Ordering::SeqCst);
        office
            .file("fragile", &first, Some((150, "deemed_granted")))
            .await;
        office
            .file("holder", &second, Some((151, "deemed_granted")))
            .await;
        office.set_clock(200);
        eventually("the other", async || {
            office.outcome(&second).await == Outcome::Succeeded
        })
        .await;
        assert_eq!(office.outcome(&first).await, Outcome::Pending);
        office.switches.broken.store(false, Ordering::SeqCst);
        eventually("the first", async || {
            office.outcome(&first).await == Outcome::Succeeded
        })
        .await;
    }
}
