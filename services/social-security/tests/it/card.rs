//! Issuing and cancelling social security cards.

use std::collections::HashSet;

use onething_db::{Sql, args};
use onething_proto::{
    participant::UndoOutcome,
    social_security::{IssueSocialSecurityCardRequest, IssueSocialSecurityCardResponse},
};
use tonic::Status;

use crate::department::{BROTHER, CHILD, Department, NAME, as_step, declared, invalid, refusal};

const CARDS: Sql =
    Sql::both("SELECT card_number FROM card WHERE card_number < 'N' ORDER BY card_number");

fn request(id_number: &str, bank: Option<&str>) -> IssueSocialSecurityCardRequest {
    IssueSocialSecurityCardRequest {
        id_number: id_number.to_owned(),
        name: NAME.to_owned(),
        bank: bank.map(str::to_owned),
    }
}

async fn issue(
    d: &mut Department,
    request: IssueSocialSecurityCardRequest,
    saga: &str,
) -> Result<IssueSocialSecurityCardResponse, Status> {
    let answer = d
        .social_security
        .issue_social_security_card(as_step(request, saga))
        .await?;
    Ok(answer.into_inner())
}

#[tokio::test]
async fn a_card_carries_the_bank_that_was_chosen_or_the_default() {
    for mut d in Department::on_each_database().await {
        let chosen = issue(&mut d, request(CHILD, Some("psbc")), "a")
            .await
            .unwrap();
        assert_eq!(
            (chosen.card_number.as_str(), chosen.bank.as_str()),
            ("A00000001", "psbc")
        );
        assert_eq!(d.enrolment(CHILD).await.card_number, "A00000001");
        // Wuhai's, and the region's for a number of no division.
        let default = issue(&mut d, request(BROTHER, None), "b").await.unwrap();
        assert_eq!(default.bank, "icbc");
        let elsewhere = d.population.persons[0].id_number.clone();
        let default = issue(&mut d, request(&elsewhere, Some("")), "c")
            .await
            .unwrap();
        assert_eq!(default.bank, "abc");
    }
}

#[tokio::test]
async fn a_card_that_the_rules_do_not_admit_is_refused_without_effect() {
    for mut d in Department::on_each_database().await {
        let wrong_number = request("150105201907159961", None);
        let answer = issue(&mut d, wrong_number, "a").await;
        assert_eq!(refusal(answer), declared("NUMBER_INVALID", "id_number"));
        let answer = issue(&mut d, request(CHILD, Some("mattress")), "b").await;
        assert_eq!(refusal(answer), invalid("bank"));
        let nameless = IssueSocialSecurityCardRequest {
            name: String::new(),
            ..request(CHILD, None)
        };
        assert_eq!(refusal(issue(&mut d, nameless, "c").await), invalid("name"));
        assert!(d.texts(CARDS, args![]).await.is_empty());

        issue(&mut d, request(CHILD, None), "d").await.unwrap();
        let answer = issue(&mut d, request(CHILD, Some("boc")), "e").await;
        assert_eq!(refusal(answer), declared("CARD_EXISTS", "id_number"));
        assert_eq!(d.texts(CARDS, args![]).await.len(), 1);
    }
}

#[tokio::test]
async fn undoing_cancels_the_card_and_its_number_is_not_issued_again() {
    for mut d in Department::on_each_database().await {
        let first = issue(&mut d, request(CHILD, None), "a").await.unwrap();
        for _ in 0..2 {
            assert_eq!(d.undone("a").await, UndoOutcome::Undone);
        }
        assert_eq!(d.enrolment(CHILD).await.card_number, "");
        let second = issue(&mut d, request(CHILD, None), "b").await.unwrap();
        assert_ne!(second.card_number, first.card_number);
        assert_eq!(d.enrolment(CHILD).await.card_number, second.card_number);
        // Undoing once more does not touch the new card.
        assert_eq!(d.undone("a").await, UndoOutcome::Undone);
        assert_eq!(d.enrolment(CHILD).await.card_number, second.card_number);
        assert_eq!(d.texts(CARDS, args![]).await.len(), 2);
    }
}

#[tokio::test]
async fn cards_issued_at_once_have_different_numbers() {
    for d in Department::on_each_database().await {
        // The man who retires has one already.
        let retiree = d.population.sample_retiree().unwrap().person;
        let persons = d.population.persons.iter();
        let holders: Vec<_> = persons
            .filter(|person| *person != retiree)
            .take(20)
            .collect();
        let mut calls = tokio::task::JoinSet::new();
        for holder in &holders {
            let request = as_step(request(&holder.id_number, None), &holder.id_number);
            let mut client = d.social_security.clone();
            calls.spawn(async move { client.issue_social_security_card(request).await });
        }
        let answers = calls.join_all().await;
        let numbers = answers
            .into_iter()
            .map(|answer| answer.unwrap().into_inner().card_number);
        assert_eq!(numbers.collect::<HashSet<_>>().len(), holders.len());
    }
}
