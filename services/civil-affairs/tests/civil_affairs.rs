//! What civil affairs answers and why it refuses, on both databases, over real gRPC.

mod department;

use department::{Department, as_step, key, refusal};
use onething_db::{Sql, args};
use onething_participant::{INVALID_INPUT, MATTER_SUSPENDED};
use onething_population::Marriage;
use onething_proto::{
    civil_affairs::{GetMarriageRequest, GetMarriageResponse},
    participant::{GetOutcomeRequest, Outcome, UndoOutcome, UndoRequest},
};
use tonic::Code;

const END: Sql = Sql::both("UPDATE marriage SET state = $2 WHERE certificate_number = $1");
const MARRY: Sql = Sql::both(
    "INSERT INTO marriage (certificate_number, wife_id_number, husband_id_number, \
     registered_on, region, state) VALUES ($1, $2, $3, '2026-05-20', '150302', 'registered')",
);

fn seen_from(marriage: &Marriage, spouse_id_number: &str) -> GetMarriageResponse {
    GetMarriageResponse {
        certificate_number: marriage.certificate_number.clone(),
        registered_on: marriage.registered_on.to_string(),
        spouse_id_number: spouse_id_number.to_owned(),
    }
}

fn refused(code: Code, reason: &str, field: &str) -> (Code, String, String) {
    (code, reason.to_owned(), field.to_owned())
}

fn not_married() -> (Code, String, String) {
    refused(Code::FailedPrecondition, "NOT_MARRIED", "")
}

#[tokio::test]
async fn either_spouse_finds_the_marriage_and_the_other_spouse() {
    for mut d in Department::on_each_database().await {
        assert!(!d.population.marriages.is_empty());
        for marriage in d.population.marriages.clone() {
            let (wife, husband) = (&marriage.wife_id_number, &marriage.husband_id_number);
            let by_wife = d.marriage_of(wife).await.unwrap();
            assert_eq!(by_wife, seen_from(&marriage, husband));
            let by_husband = d.marriage_of(husband).await.unwrap();
            assert_eq!(by_husband, seen_from(&marriage, wife));
        }
    }
}

#[tokio::test]
async fn who_lives_in_no_marriage_is_refused() {
    for mut d in Department::on_each_database().await {
        let single = d
            .population
            .sample_enterprise()
            .unwrap()
            .legal_representative;
        let single = single.id_number.clone();
        for id_number in [&single, "150302196603159977"] {
            assert_eq!(refusal(d.marriage_of(id_number).await), not_married());
        }
    }
}

#[tokio::test]
async fn a_marriage_that_ended_does_not_count_and_the_next_one_does() {
    for mut d in Department::on_each_database().await {
        let first = d.sample();
        let (wife, husband) = (&first.wife_id_number, &first.husband_id_number);
        for state in ["divorced", "annulled"] {
            d.write(END, args![&first.certificate_number, state]).await;
            for spouse in [wife, husband] {
                assert_eq!(refusal(d.marriage_of(spouse).await), not_married());
            }
        }
        let single = d
            .population
            .sample_enterprise()
            .unwrap()
            .legal_representative;
        let single = single.id_number.clone();
        d.write(MARRY, args!["J150302-2026-900001", wife, &single])
            .await;
        let next = d.marriage_of(wife).await.unwrap();
        assert_eq!(next.certificate_number, "J150302-2026-900001");
        assert_eq!(next.spouse_id_number, single);
        assert_eq!(refusal(d.marriage_of(husband).await), not_married());
    }
}

#[tokio::test]
async fn a_malformed_number_is_refused_with_its_field() {
    for mut d in Department::on_each_database().await {
        let expected = refused(Code::InvalidArgument, INVALID_INPUT, "id_number");
        for wrong in ["", "150302196603159978", "姓名"] {
            assert_eq!(refusal(d.marriage_of(wrong).await), expected);
        }
    }
}

#[tokio::test]
async fn a_register_that_is_not_empty_keeps_its_marriages_at_a_restart() {
    for d in Department::on_each_database().await {
        let old = d.population.clone();
        let mut d = d.restarted(2, "[]").await;
        let new = d.population.marriages.iter();
        let new = new
            .map(|marriage| marriage.wife_id_number.clone())
            .find(|wife| old.person(wife).is_none())
            .unwrap();
        let kept = old.marriages.first().unwrap();
        let seen = d.marriage_of(&kept.wife_id_number).await.unwrap();
        assert_eq!(seen, seen_from(kept, &kept.husband_id_number));
        assert_eq!(refusal(d.marriage_of(&new).await), not_married());
    }
}

#[tokio::test]
async fn a_suspended_matter_is_refused_for_its_step_only() {
    let suspensions = r#"[{ method = "onething.civil_affairs.v1.CivilAffairsService/GetMarriage",
        step = "marriage" }]"#;
    for d in Department::on_each_database().await {
        let mut d = d.restarted(1, suspensions).await;
        let id_number = d.sample().wife_id_number;
        let expected = refused(Code::FailedPrecondition, MATTER_SUSPENDED, "");
        assert_eq!(refusal(d.marriage_of(&id_number).await), expected);
        let request = as_step(GetMarriageRequest { id_number }, "spouse");
        d.civil_affairs.get_marriage(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_question_leaves_nothing_to_undo_and_its_key_can_be_closed() {
    for mut d in Department::on_each_database().await {
        d.marriage_of(&d.sample().wife_id_number).await.unwrap();
        let asked = GetOutcomeRequest {
            key: Some(key("marriage")),
            epoch: 1,
        };
        let outcome = d.participant.get_outcome(asked.clone()).await.unwrap();
        assert_eq!(outcome.into_inner().outcome(), Outcome::NotSeen);
        let undo = UndoRequest {
            key: Some(key("marriage")),
            epoch: 1,
        };
        let undone = d.participant.undo(undo).await.unwrap().into_inner();
        assert_eq!(undone.outcome(), UndoOutcome::NothingToUndo);
        let outcome = d.participant.get_outcome(asked).await.unwrap();
        assert_eq!(outcome.into_inner().outcome(), Outcome::Closed);
    }
}
