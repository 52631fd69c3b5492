//! The participant's rules, on both databases, over real gRPC.

mod department;

use department::{Department, card, key, register_birth};
use onething_participant::{Key, MATTER_SUSPENDED, Refusal, Rejection, STATEMENTS, Suspension};
use onething_proto::participant::{ListEffectsRequest, Outcome, UndoOutcome};
use tonic::Code;

/// Runs one rule against a department on each database.
async fn on_both<F>(rule: impl Fn(Department) -> F)
where
    F: Future<Output = ()>,
{
    for department in Department::on_each_database(Vec::new()).await {
        rule(department).await;
    }
}

#[tokio::test]
async fn s10_the_same_call_again_gets_the_stored_answer_and_one_effect() {
    on_both(async |mut d| {
        let first = d
            .issue(card("holder"), &key("s", "card", 1), 1)
            .await
            .unwrap();
        let again = d
            .issue(card("holder"), &key("s", "card", 1), 1)
            .await
            .unwrap();
        assert_eq!(first, again);
        assert_eq!(d.effects().await, [("holder".to_owned(), false)]);
    })
    .await;
}

#[tokio::test]
async fn s10_the_same_key_with_other_bytes_is_a_mismatch_and_changes_nothing() {
    on_both(async |mut d| {
        d.issue(card("holder"), &key("s", "card", 1), 1)
            .await
            .unwrap();
        let status = d
            .issue(card("other"), &key("s", "card", 1), 1)
            .await
            .unwrap_err();
        assert_eq!(
            Rejection::from_status(&status),
            Some(Rejection::DigestMismatch)
        );
        assert_eq!(Refusal::from_status(&status), None);
        assert_eq!(d.effects().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_asserts_no_effect_and_is_stored() {
    on_both(async |mut d| {
        // The action writes before it refuses: what it wrote is taken back.
        let refused = d
            .issue(card("refuse"), &key("s", "card", 1), 1)
            .await
            .unwrap_err();
        let refusal = Refusal::from_status(&refused).unwrap();
        assert_eq!(refusal.reason, "CARD_EXISTS");
        assert!(d.effects().await.is_empty());
        let again = d
            .issue(card("refuse"), &key("s", "card", 1), 1)
            .await
            .unwrap_err();
        assert_eq!(Refusal::from_status(&again), Some(refusal));
        let outcome = d.outcome(&key("s", "card", 1), 1).await.unwrap();
        assert_eq!(outcome.outcome(), Outcome::Refused);
        assert_eq!(outcome.refusal.unwrap().reason, "CARD_EXISTS");
    })
    .await;
}

#[tokio::test]
async fn a_failure_is_never_stored_and_the_same_call_may_succeed_later() {
    on_both(async |mut d| {
        d.fail_next();
        let status = d
            .issue(card("holder"), &key("s", "card", 1), 1)
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert_eq!(Refusal::from_status(&status), None);
        assert!(d.effects().await.is_empty());
        assert_eq!(
            d.outcome(&key("s", "card", 1), 1).await.unwrap().outcome(),
            Outcome::NotSeen
        );
        d.issue(card("holder"), &key("s", "card", 1), 1)
            .await
            .unwrap();
        assert_eq!(d.effects().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_undeclared_reason_is_a_failure_and_no_refusal() {
    on_both(async |mut d| {
        let status = d
            .issue(card("undeclared"), &key("s", "card", 1), 1)
            .await
            .unwrap_err();
        assert_eq!(
            (status.code(), Refusal::from_status(&status)),
            (Code::Internal, None)
        );
    })
    .await;
}

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
async fn items_of_a_repeated_step_have_keys_of_their_own() {
    on_both(async |mut d| {
        for item in ["a", "b"] {
            let step = Key {
                item: item.to_owned(),
                ..key("s", "card", 1)
            };
            d.issue(card(item), &step, 1).await.unwrap();
        }
        assert_eq!(d.effects().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn concurrent_calls_with_one_key_have_one_effect_and_one_answer() {
    on_both(async |d| {
        let calls = (0..16).map(|_| {
            let mut d = d.clone();
            tokio::spawn(async move { d.issue(card("holder"), &key("s", "card", 1), 1).await })
        });
        let mut answers = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            answers.push(call.await.unwrap().unwrap());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1);
        assert_eq!(d.effects().await.len(), 1);
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

#[tokio::test]
async fn a_call_outside_a_saga_is_recorded_under_its_request_id() {
    on_both(async |mut d| {
        let first = d.issue_as_request(card("holder"), "r1").await.unwrap();
        assert_eq!(
            d.issue_as_request(card("holder"), "r1").await.unwrap(),
            first
        );
        assert_ne!(
            d.issue_as_request(card("holder"), "r2").await.unwrap(),
            first
        );
        assert_eq!(d.effects().await.len(), 2);
        let nameless = d.issue_plain(card("holder")).await.unwrap_err();
        assert_eq!(nameless.code(), Code::InvalidArgument);
        assert_eq!(d.effects().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_matter_is_refused_but_a_repeat_gets_its_stored_answer() {
    let suspension = Suspension {
        method: "onething.social_security.v1.SocialSecurityService/IssueSocialSecurityCard".into(),
        step: "card".into(),
        note: String::new(),
    };
    for mut d in Department::on_each_database(vec![suspension]).await {
        let status = d
            .issue(card("holder"), &key("s", "card", 1), 1)
            .await
            .unwrap_err();
        assert_eq!(
            Refusal::from_status(&status).unwrap().reason,
            MATTER_SUSPENDED
        );
        d.issue(card("holder"), &key("s", "other-step", 1), 1)
            .await
            .unwrap();
        assert_eq!(d.effects().await.len(), 1);
        let mut resumed = d.resumed().await;
        let status = resumed
            .issue(card("holder"), &key("s", "card", 1), 1)
            .await
            .unwrap_err();
        assert_eq!(
            Refusal::from_status(&status).unwrap().reason,
            MATTER_SUSPENDED
        );
    }
}

#[tokio::test]
async fn effects_are_listed_in_pages_without_gap_or_repeat() {
    on_both(async |mut d| {
        for n in 0..25 {
            d.issue(card("holder"), &key(&format!("s{n}"), "card", 1), 1)
                .await
                .unwrap();
        }
        d.undo(&key("s3", "card", 1), 1).await.unwrap();
        d.undo(&key("never", "card", 1), 1).await.unwrap();
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let page = d
                .list(ListEffectsRequest {
                    page_size: 7,
                    page_token: token,
                    ..list_all()
                })
                .await
                .unwrap();
            seen.extend(page.effects);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        let count = |outcome| seen.iter().filter(|e| e.outcome() == outcome).count();
        assert_eq!(seen.len(), 26);
        assert_eq!(
            (
                count(Outcome::Succeeded),
                count(Outcome::Undone),
                count(Outcome::Closed)
            ),
            (24, 1, 1)
        );
        let one = d
            .list(ListEffectsRequest {
                saga: "s3".into(),
                ..list_all()
            })
            .await
            .unwrap();
        assert_eq!(one.effects.len(), 1);
        assert!(one.effects[0].method.ends_with("IssueSocialSecurityCard"));
        let wrong = ListEffectsRequest {
            page_token: "nonsense".into(),
            ..list_all()
        };
        assert_eq!(
            d.list(wrong).await.unwrap_err().code(),
            Code::InvalidArgument
        );
    })
    .await;
}

fn list_all() -> ListEffectsRequest {
    ListEffectsRequest {
        coordinator: "gateway".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn every_statement_is_well_formed_on_both_databases() {
    on_both(async |d| {
        let problems = onething_db::verify_statements(d.db(), STATEMENTS).await;
        assert!(problems.is_empty(), "{problems:#?}");
    })
    .await;
}
