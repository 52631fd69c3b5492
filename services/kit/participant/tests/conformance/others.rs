//! What else every department keeps: requests, suspensions, limits, lists.

use onething_participant::{Key, MATTER_SUSPENDED, Refusal, Rejection, STATEMENTS, Suspension};
use onething_proto::participant::{ListEffectsRequest, Outcome};
use tonic::Code;

use crate::{
    department::{Department, card, key},
    on_both,
};

#[tokio::test]
async fn s54_an_answer_over_the_callers_limit_is_no_refusal_and_a_repeat_gets_it() {
    on_both(async |mut d| {
        let step = key("s", "card", 1);
        let cut = d.reading_at_most(4).issue(card("holder"), &step, 1).await;
        let status = cut.unwrap_err();
        assert_eq!(
            (
                Refusal::from_status(&status),
                Rejection::from_status(&status)
            ),
            (None, None)
        );
        assert_eq!(
            d.outcome(&step, 1).await.unwrap().outcome(),
            Outcome::Succeeded
        );
        d.issue(card("holder"), &step, 1).await.unwrap();
        assert_eq!(d.effects().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn s54_an_answer_that_no_caller_could_read_takes_no_effect() {
    on_both(async |mut d| {
        let step = key("s", "card", 1);
        let status = d.issue(card("huge"), &step, 1).await.unwrap_err();
        assert_eq!(
            (status.code(), Refusal::from_status(&status)),
            (Code::Internal, None)
        );
        assert!(d.effects().await.is_empty());
        assert_eq!(
            d.outcome(&step, 1).await.unwrap().outcome(),
            Outcome::NotSeen
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
