//! Undo, epochs and rounds: what is annulled, closed and rejected.

use onething_participant::Rejection;
use onething_proto::participant::{Outcome, UndoOutcome};

use crate::{
    department::{card, key, register_birth},
    on_both,
};

#[tokio::test]
async fn s11_undo_twice_annuls_once_from_what_was_recorded() {
    on_both(async |mut d| {
        let step = key("s", "card", 1);
        d.issue(card("holder"), &step, 1).await.unwrap();
        for _ in 0..2 {
            assert_eq!(
                d.undo(&step, 1).await.unwrap().outcome(),
                UndoOutcome::Undone
            );
        }
        assert_eq!(d.effects().await, [("holder".to_owned(), true)]);
        assert_eq!(d.annulments(), 1);
        let late = d.issue(card("holder"), &step, 1).await.unwrap_err();
        assert_eq!(Rejection::from_status(&late), Some(Rejection::Closed));
        assert_eq!(
            d.outcome(&step, 1).await.unwrap().outcome(),
            Outcome::Undone
        );
    })
    .await;
}

#[tokio::test]
async fn s08_an_undo_before_the_call_closes_the_key() {
    on_both(async |mut d| {
        let step = key("s", "card", 1);
        assert_eq!(
            d.undo(&step, 1).await.unwrap().outcome(),
            UndoOutcome::NothingToUndo
        );
        let late = d.issue(card("holder"), &step, 1).await.unwrap_err();
        assert_eq!(Rejection::from_status(&late), Some(Rejection::Closed));
        assert!(d.effects().await.is_empty());
        assert_eq!(
            d.outcome(&step, 1).await.unwrap().outcome(),
            Outcome::Closed
        );
        assert_eq!(
            d.undo(&step, 1).await.unwrap().outcome(),
            UndoOutcome::NothingToUndo
        );
    })
    .await;
}

#[tokio::test]
async fn an_effective_pivot_is_not_undone() {
    on_both(async |mut d| {
        let step = key("s", "birth", 1);
        d.register(register_birth("child"), &step, 1).await.unwrap();
        assert_eq!(
            d.undo(&step, 1).await.unwrap().outcome(),
            UndoOutcome::AlreadyEffective
        );
        assert_eq!(d.effects().await, [("child".to_owned(), false)]);
        d.register(register_birth("child"), &step, 1).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_undo_that_is_impossible_or_pending_says_so_and_keeps_the_effect() {
    on_both(async |mut d| {
        let (paid, refund) = (key("s", "paid", 1), key("s", "refund", 1));
        d.issue(card("claimed"), &paid, 1).await.unwrap();
        let answer = d.undo(&paid, 1).await.unwrap();
        assert_eq!(answer.outcome(), UndoOutcome::Impossible);
        assert_eq!(answer.reason, "CLAIM_PAID");
        d.issue(card("refunding"), &refund, 1).await.unwrap();
        assert_eq!(
            d.undo(&refund, 1).await.unwrap().outcome(),
            UndoOutcome::Pending
        );
        assert_eq!(
            d.effects()
                .await
                .iter()
                .filter(|(_, annulled)| *annulled)
                .count(),
            0
        );
        assert_eq!(
            d.outcome(&paid, 1).await.unwrap().outcome(),
            Outcome::Succeeded
        );
    })
    .await;
}

#[tokio::test]
async fn s23_an_old_epoch_is_rejected_once_a_higher_one_was_seen_by_any_call() {
    on_both(async |mut d| {
        let step = key("s", "card", 1);
        d.issue(card("holder"), &step, 1).await.unwrap();
        // A replay with a higher epoch raises the stored one and gets the stored answer.
        d.issue(card("holder"), &step, 3).await.unwrap();
        let stale = d.issue(card("holder"), &step, 2).await.unwrap_err();
        assert_eq!(Rejection::from_status(&stale), Some(Rejection::StaleEpoch));
        d.outcome(&step, 5).await.unwrap();
        let stale = d.undo(&step, 4).await.unwrap_err();
        assert_eq!(Rejection::from_status(&stale), Some(Rejection::StaleEpoch));
        let stale = d.outcome(&step, 4).await.unwrap_err();
        assert_eq!(Rejection::from_status(&stale), Some(Rejection::StaleEpoch));
        assert_eq!(d.effects().await, [("holder".to_owned(), false)]);
        assert_eq!(
            d.undo(&step, 6).await.unwrap().outcome(),
            UndoOutcome::Undone
        );
    })
    .await;
}

#[tokio::test]
async fn a_tombstone_keeps_the_epoch_it_was_set_with() {
    on_both(async |mut d| {
        let step = key("s", "card", 1);
        d.undo(&step, 4).await.unwrap();
        let stale = d.issue(card("holder"), &step, 3).await.unwrap_err();
        assert_eq!(Rejection::from_status(&stale), Some(Rejection::StaleEpoch));
    })
    .await;
}

#[tokio::test]
async fn a_round_opens_only_after_one_without_effect_and_closes_those_before() {
    on_both(async |mut d| {
        let round = |n| key("s", "card", n);
        d.issue(card("refuse"), &round(1), 1).await.unwrap_err();
        d.issue(card("holder"), &round(2), 1).await.unwrap();
        let lower = d.issue(card("refuse"), &round(1), 1).await.unwrap_err();
        assert_eq!(Rejection::from_status(&lower), Some(Rejection::Closed));
        let early = d.issue(card("holder"), &round(3), 1).await.unwrap_err();
        assert_eq!(
            Rejection::from_status(&early),
            Some(Rejection::RoundNotOpen)
        );
        assert_eq!(
            d.undo(&round(1), 1).await.unwrap().outcome(),
            UndoOutcome::NothingToUndo
        );
        assert_eq!(
            d.outcome(&round(1), 1).await.unwrap().outcome(),
            Outcome::Refused
        );
        assert_eq!(
            d.undo(&round(2), 1).await.unwrap().outcome(),
            UndoOutcome::Undone
        );
        // An undo of a round never seen closes that round too.
        assert_eq!(
            d.undo(&round(3), 1).await.unwrap().outcome(),
            UndoOutcome::NothingToUndo
        );
        let late = d.issue(card("holder"), &round(3), 1).await.unwrap_err();
        assert_eq!(Rejection::from_status(&late), Some(Rejection::Closed));
        d.issue(card("holder"), &round(4), 1).await.unwrap();
        assert_eq!(
            d.effects()
                .await
                .iter()
                .filter(|(_, annulled)| !annulled)
                .count(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_call_and_its_undo_at_once_leave_no_effect_in_force() {
    on_both(async |d| {
        for n in 0..20 {
            let step = key(&format!("s{n}"), "card", 1);
            let (mut doing, mut undoing) = (d.clone(), d.clone());
            let (done, undone) = (step.clone(), step.clone());
            let call =
                tokio::spawn(async move { doing.issue(card("holder"), &done, 1).await.is_ok() });
            let undo =
                tokio::spawn(async move { undoing.undo(&undone, 1).await.unwrap().outcome() });
            match (call.await.unwrap(), undo.await.unwrap()) {
                (true, UndoOutcome::Undone) | (false, UndoOutcome::NothingToUndo) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(d.effects().await.iter().all(|(_, annulled)| *annulled));
    })
    .await;
}
