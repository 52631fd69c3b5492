//! An archive's examination, its publicity and the approval, on both databases, over real gRPC.

use onething_calendar::Calendar;
use onething_db::{Sql, args};
use onething_participant::Pending;
use onething_proto::{
    participant::{Outcome, UndoOutcome},
    social_security::{
        ApproveRetirementRequest, PublishExaminationRequest, PublishExaminationResponse,
        ReviewArchiveRequest, ReviewArchiveResponse,
    },
};
use tonic::{Code, Status};

use crate::department::{Department, as_step, declared, refusal, today};

/// The department's own setting.
const PUBLICITY: u32 = 5;

/// Examines the archive of who retires, and gives the examination's number.
async fn examined(d: &mut Department, saga: &str) -> String {
    let person = d.population.sample_retiree().unwrap().person;
    let request = ReviewArchiveRequest {
        id_number: person.id_number.clone(),
        name: person.name.clone(),
        born_on: person.birth_date.to_string(),
    };
    let answer = d
        .social_security
        .review_archive(as_step(request, saga))
        .await;
    assert!(Pending::from_status(&answer.unwrap_err()).is_some());
    d.decide(saga, "").await.unwrap();
    let answer: ReviewArchiveResponse = d.answer(saga).await;
    answer.examination_number
}

async fn publish(d: &mut Department, examination: &str, saga: &str) -> Status {
    let request = PublishExaminationRequest {
        id_number: d
            .population
            .sample_retiree()
            .unwrap()
            .person
            .id_number
            .clone(),
        examination_number: examination.to_owned(),
    };
    let answer = d
        .social_security
        .publish_examination(as_step(request, saga));
    answer.await.unwrap_err()
}

async fn approve(d: &mut Department, examination: &str, saga: &str) -> Result<String, Status> {
    let sample = d.population.sample_retiree().unwrap();
    let request = ApproveRetirementRequest {
        id_number: sample.person.id_number.clone(),
        name: sample.person.name.clone(),
        kind: "normal".to_owned(),
        retires_on: sample.retires_on.to_string(),
        noticed_on: None,
        examination_number: examination.to_owned(),
    };
    let answer = d.social_security.approve_retirement(as_step(request, saga));
    Ok(answer.await?.into_inner().approval_number)
}

/// Lets an examination's publicity have begun long ago.
async fn long_ago(d: &Department) {
    let sql = "UPDATE archive_examination SET public_from = '2026-03-02', public_to = '2026-03-09'";
    d.write(Sql::both(sql), args![]).await;
}

#[tokio::test]
async fn a_retirement_is_approved_once_the_publicity_has_ended() {
    for mut d in Department::on_each_database().await {
        let examination = examined(&mut d, "examine").await;
        let early = approve(&mut d, &examination, "early").await;
        let expected = declared("PUBLICITY_NOT_ENDED", "examination_number");
        assert_eq!(refusal(early), expected);
        let pending = publish(&mut d, &examination, "publish").await;
        assert!(Pending::from_status(&pending).is_some());

        // Whoever closes it too early is told until when it lasts, and it stays open.
        let last = Calendar::standard().add_working_days(today(), PUBLICITY);
        let early = d.decide("publish", "").await.unwrap_err();
        assert_eq!(early.code(), Code::FailedPrecondition);
        assert!(
            early.message().contains(&last.date.to_string()),
            "{early:?}"
        );
        long_ago(&d).await;
        let closed = d.decide("publish", "").await.unwrap();
        assert_eq!(closed.outcome(), Outcome::Succeeded);
        let answer: PublishExaminationResponse = d.answer("publish").await;
        assert_eq!(answer.public_to, "2026-03-09");
        let again = publish(&mut d, &examination, "again").await;
        let expected = declared("ALREADY_PUBLISHED", "examination_number");
        assert_eq!(refusal::<()>(Err(again)), expected);
        assert!(approve(&mut d, &examination, "approve").await.is_ok());
    }
}

#[tokio::test]
async fn an_objection_ends_it_at_any_time_and_a_withdrawn_publicity_counts_for_nothing() {
    for mut d in Department::on_each_database().await {
        let examination = examined(&mut d, "examine").await;
        publish(&mut d, &examination, "publish").await;
        let upheld = d.decide("publish", "OBJECTION_UPHELD").await.unwrap();
        assert_eq!(upheld.outcome(), Outcome::Refused);
        assert_eq!(d.undone("examine").await, UndoOutcome::Undone);

        let examination = examined(&mut d, "anew").await;
        publish(&mut d, &examination, "open").await;
        assert_eq!(d.undone("open").await, UndoOutcome::NothingToUndo);
        publish(&mut d, &examination, "closed").await;
        long_ago(&d).await;
        d.decide("closed", "").await.unwrap();
        assert_eq!(d.undone("closed").await, UndoOutcome::Undone);
        let count = "SELECT COUNT(*) FROM archive_publicity WHERE state = 'withdrawn'";
        assert_eq!(d.number(Sql::both(count), args![]).await, 1);
        let approved = approve(&mut d, &examination, "approve").await;
        let expected = declared("PUBLICITY_NOT_ENDED", "examination_number");
        assert_eq!(refusal(approved), expected);
    }
}
