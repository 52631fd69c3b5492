//! Do: one effect, one answer, whatever is repeated.

use onething_participant::{Refusal, Rejection};
use onething_proto::participant::Outcome;
use tonic::Code;

use crate::{
    department::{card, key},
    on_both,
};

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
