//! Decisions: pending, approved, refused, returned, withdrawn, and who wins.

use std::sync::atomic::Ordering;

use onething_participant::{
    Decision, DecisionError, Pending, RETURNED, Refusal, Rejection,
    rules::{self, Recorded},
};
use onething_proto::participant::{Outcome, UndoOutcome};
use tonic::Code;

use crate::office::{GRANT, NOTE, Office, REGISTER, key};

fn refusal() -> Refusal {
    Refusal::new("NOT_QUALIFIED", "The officer says no.")
}

fn conflict(error: &DecisionError) -> Option<Recorded> {
    match error {
        DecisionError::Conflict { recorded } => Some(*recorded),
        _ => None,
    }
}

#[tokio::test]
async fn a_call_that_is_decided_later_is_pending_however_often_it_is_sent() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        for _ in 0..2 {
            let due = Some((500, "escalate"));
            let status = office
                .apply(GRANT, "holder", &key, 1, due)
                .await
                .unwrap_err();
            assert_eq!(status.code(), Code::Unavailable);
            assert_eq!(
                Pending::from_status(&status),
                Some(Pending { due: Some(500) })
            );
            assert_eq!(Refusal::from_status(&status), None);
        }
        let outcome = office.ledger.outcome(&key, 1).await.unwrap();
        assert_eq!(outcome.outcome(), Outcome::Pending);
        assert_eq!(Pending::from(outcome.pending.unwrap()).due, Some(500));
        let other = office
            .apply(GRANT, "other", &key, 1, None)
            .await
            .unwrap_err();
        assert_eq!(
            Rejection::from_status(&other),
            Some(Rejection::DigestMismatch)
        );
        let next = crate::office::key("s", 2);
        let early = office
            .apply(GRANT, "holder", &next, 1, None)
            .await
            .unwrap_err();
        assert_eq!(
            Rejection::from_status(&early),
            Some(Rejection::RoundNotOpen)
        );
        assert!(office.in_force().await.is_empty());
        assert_eq!(office.switches.conclusions.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn an_approval_takes_effect_and_is_answered_from_then_on() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        office.file("holder", &key, None).await;
        let decided = office
            .ledger
            .decide(&key, Decision::Approve, "officer")
            .await;
        assert_eq!(decided.unwrap().recorded, Recorded::Succeeded);
        assert_eq!(office.in_force().await, ["holder"]);
        let number = office.apply(GRANT, "holder", &key, 1, None).await.unwrap();
        let [decision] = &office.decisions("", 1).await[..] else {
            panic!("one decision")
        };
        assert_eq!(decision.outcome(), Outcome::Succeeded);
        assert_eq!(
            decision.response,
            office.ledger.outcome(&key, 1).await.unwrap().response
        );
        assert!(!decision.deemed && !number.is_empty());
        assert_eq!(decision.key.as_ref().unwrap().saga, "s");
        // What the officer granted can be annulled from what was recorded then.
        assert_eq!(office.undo(&key).await, UndoOutcome::Undone);
        assert!(office.in_force().await.is_empty());
    }
}

#[tokio::test]
async fn a_refusal_and_a_return_have_no_effect_and_open_the_next_round() {
    for office in Office::on_each_database().await {
        let first = key("s", 1);
        office.file("holder", &first, None).await;
        let decided = office
            .ledger
            .decide(&first, Decision::Refuse(refusal()), "officer");
        assert_eq!(decided.await.unwrap().recorded, Recorded::Refused);
        let status = office
            .apply(GRANT, "holder", &first, 1, None)
            .await
            .unwrap_err();
        assert_eq!(Refusal::from_status(&status), Some(refusal()));
        assert!(!Refusal::is_return(&status));

        let second = key("s", 2);
        office.file("holder", &second, None).await;
        let returned = Refusal::new(RETURNED, "A page is missing.").about("name");
        let decision = Decision::Return(returned.clone());
        let decided = office.ledger.decide(&second, decision, "officer").await;
        assert_eq!(decided.unwrap().recorded, Recorded::Returned);
        let status = office
            .apply(GRANT, "holder", &second, 1, None)
            .await
            .unwrap_err();
        assert_eq!(Refusal::from_status(&status), Some(returned.clone()));
        assert!(Refusal::is_return(&status));
        let outcome = office.ledger.outcome(&second, 1).await.unwrap();
        assert_eq!(outcome.outcome(), Outcome::Returned);
        assert!(outcome.refusal.unwrap().returned);
        assert_eq!(office.undo(&second).await, UndoOutcome::NothingToUndo);

        let third = key("s", 3);
        office.file("holder", &third, None).await;
        let late = office
            .ledger
            .decide(&second, Decision::Approve, "officer")
            .await;
        assert!(conflict(&late.unwrap_err()).is_some());
        assert!(office.in_force().await.is_empty());
        let log = office.decisions("", 2).await;
        let outcomes: Vec<_> = log.iter().map(|decision| decision.outcome()).collect();
        assert_eq!(outcomes, [Outcome::Refused, Outcome::Returned]);
        assert_eq!(log[1].refusal.as_ref().unwrap().reason, RETURNED);
        assert_eq!(office.switches.dismissals.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn s35_a_decision_after_the_close_or_after_another_is_a_conflict() {
    for office in Office::on_each_database().await {
        let (decided, withdrawn) = (key("decided", 1), key("withdrawn", 1));
        office.file("a", &decided, None).await;
        office.file("b", &withdrawn, None).await;
        let approve = || Decision::Approve;
        office
            .ledger
            .decide(&decided, approve(), "first")
            .await
            .unwrap();
        let again = office
            .ledger
            .decide(&decided, Decision::Refuse(refusal()), "second")
            .await;
        assert_eq!(conflict(&again.unwrap_err()), Some(Recorded::Succeeded));
        assert_eq!(office.undo(&withdrawn).await, UndoOutcome::NothingToUndo);
        assert_eq!(office.outcome(&withdrawn).await, Outcome::Closed);
        let late = office.ledger.decide(&withdrawn, approve(), "second").await;
        assert_eq!(conflict(&late.unwrap_err()), Some(Recorded::Closed));
        let never = office
            .ledger
            .decide(&key("never", 1), approve(), "second")
            .await;
        assert!(matches!(never, Err(DecisionError::NotSeen)));
        let call = office
            .apply(GRANT, "b", &withdrawn, 1, None)
            .await
            .unwrap_err();
        assert_eq!(Rejection::from_status(&call), Some(Rejection::Closed));
        assert_eq!(office.in_force().await, ["a"]);
        assert_eq!(office.decisions("", 1).await.len(), 1);
    }
}

#[tokio::test]
async fn s19_a_pivot_takes_effect_in_the_department_and_an_undo_asks_there_which_came_first() {
    for office in Office::on_each_database().await {
        let (kept, withdrawn) = (key("kept", 1), key("withdrawn", 1));
        for key in [&kept, &withdrawn] {
            let status = office
                .apply(REGISTER, "fact", key, 1, None)
                .await
                .unwrap_err();
            assert!(Pending::from_status(&status).is_some());
        }
        office
            .ledger
            .decide(&kept, Decision::Approve, "officer")
            .await
            .unwrap();
        assert_eq!(office.undo(&kept).await, UndoOutcome::AlreadyEffective);
        assert_eq!(office.outcome(&kept).await, Outcome::Succeeded);
        assert_eq!(office.undo(&withdrawn).await, UndoOutcome::NothingToUndo);
        let late = office
            .ledger
            .decide(&withdrawn, Decision::Approve, "officer")
            .await;
        assert_eq!(conflict(&late.unwrap_err()), Some(Recorded::Closed));
        assert_eq!(office.in_force().await, ["fact"]);
    }
}

#[tokio::test]
async fn s36_of_officers_and_an_undo_at_once_exactly_one_wins() {
    for office in Office::on_each_database().await {
        let other = office.another().await;
        for n in 0..8 {
            let key = key(&format!("s{n}"), 1);
            office.file("holder", &key, None).await;
            let deciding = (0..6).map(|officer| {
                let (office, key) = (
                    if officer % 2 == 0 {
                        office.clone()
                    } else {
                        other.clone()
                    },
                    key.clone(),
                );
                tokio::spawn(async move {
                    let decision = match officer % 3 {
                        0 => Decision::Refuse(refusal()),
                        _ => Decision::Approve,
                    };
                    let by = format!("officer {officer}");
                    office
                        .ledger
                        .decide(&key, decision, &by)
                        .await
                        .map(|decided| decided.recorded)
                })
            });
            let deciding: Vec<_> = deciding.collect();
            let undone = office.undo(&key).await;
            let mut won = Vec::new();
            for decision in deciding {
                match decision.await.unwrap() {
                    Ok(recorded) => won.push(recorded),
                    Err(error) => assert!(conflict(&error).is_some(), "{error:?}"),
                }
            }
            // Whoever came first, nothing is left in force: an approval was annulled by the undo.
            match (undone, &won[..]) {
                (UndoOutcome::Undone, [Recorded::Succeeded])
                | (UndoOutcome::NothingToUndo, [Recorded::Refused] | []) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(office.in_force().await.is_empty());
    }
}

#[tokio::test]
async fn an_approval_that_the_facts_no_longer_allow_ends_as_refused() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        office.file("unqualified", &key, None).await;
        let decided = office
            .ledger
            .decide(&key, Decision::Approve, "officer")
            .await
            .unwrap();
        assert_eq!(decided.recorded, Recorded::Refused);
        assert_eq!(decided.refusal.unwrap().reason, "NOT_QUALIFIED");
        assert_eq!(office.outcome(&key).await, Outcome::Refused);
        // What it wrote before it refused is taken back.
        assert!(office.in_force().await.is_empty());
        assert_eq!(office.decisions("", 1).await[0].outcome(), Outcome::Refused);
    }
}

#[tokio::test]
async fn a_failed_approval_and_an_undeclared_reason_leave_the_review_open() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        office.file("fragile", &key, None).await;
        office.switches.broken.store(true, Ordering::SeqCst);
        let failed = office
            .ledger
            .decide(&key, Decision::Approve, "officer")
            .await;
        assert!(matches!(failed, Err(DecisionError::Failed(_))));
        let unheard = Decision::Refuse(Refusal::new("NOBODY_SAID_SO", ""));
        let undeclared = office.ledger.decide(&key, unheard, "officer").await;
        assert!(matches!(undeclared, Err(DecisionError::Undeclared { .. })));
        assert_eq!(office.outcome(&key).await, Outcome::Pending);
        office.switches.broken.store(false, Ordering::SeqCst);
        office
            .ledger
            .decide(&key, Decision::Approve, "officer")
            .await
            .unwrap();
        assert_eq!(office.in_force().await, ["fragile"]);
        assert_eq!(office.decisions("", 1).await.len(), 1);
    }
}

#[tokio::test]
async fn s23_a_pending_key_knows_its_epoch() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        let pending = office
            .apply(GRANT, "holder", &key, 5, None)
            .await
            .unwrap_err();
        assert!(Pending::from_status(&pending).is_some());
        let stale = office
            .apply(GRANT, "holder", &key, 4, None)
            .await
            .unwrap_err();
        assert_eq!(Rejection::from_status(&stale), Some(Rejection::StaleEpoch));
        let stale = office.ledger.undo(&key, 4).await.unwrap_err();
        assert_eq!(Rejection::from_status(&stale), Some(Rejection::StaleEpoch));
        assert_eq!(
            office.ledger.outcome(&key, 5).await.unwrap().outcome(),
            Outcome::Pending
        );
    }
}

#[tokio::test]
async fn the_rules_over_plain_rows_say_what_the_database_does() {
    // One history, carried out in SQL and over a row in memory.
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        office.apply(NOTE, "holder", &key, 3, None).await.unwrap();
        let digest = rules::digest(b"\n\x06holder");
        let row = rules::Row {
            round: 1,
            epoch: 3,
            method: NOTE,
            digest: &digest,
            recorded: Recorded::Succeeded,
            due: None,
            expiry: rules::Expiry::Escalate,
        };
        for epoch in [2, 3, 4] {
            for name in ["holder", "other"] {
                let digest = rules::digest(
                    format!("\n{}{name}", char::from(u8::try_from(name.len()).unwrap())).as_bytes(),
                );
                let incoming = rules::Incoming {
                    round: 1,
                    epoch,
                    method: NOTE,
                    digest: &digest,
                };
                let verdict =
                    rules::call(rules::Found::Row(rules::Row { epoch: 3, ..row }), incoming);
                let answer = office.apply(NOTE, name, &key, epoch, None).await;
                match verdict {
                    rules::CallVerdict::Repeat => assert!(answer.is_ok()),
                    rules::CallVerdict::Rejected(rejection) => assert_eq!(
                        Rejection::from_status(&answer.unwrap_err()),
                        Some(rejection)
                    ),
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}
