//! What education answers and why it refuses, on both databases, over real gRPC.

mod department;
#[cfg(test)]
mod enrolment;

use department::{Department, as_step, key, question, refusal};
use onething_participant::{INVALID_INPUT, MATTER_SUSPENDED};
use onething_proto::{
    education::FindSchoolAreaResponse,
    participant::{GetOutcomeRequest, Outcome, UndoOutcome, UndoRequest},
};
use tonic::Code;

/// 海勃湾区 of Wuhai: the age counts on 31 August.
const HAIBOWAN: &str = "150302";
/// 赛罕区 of Hohhot: the age counts on 31 December.
const SAIHAN: &str = "150105";
/// A development zone, which has no schools of its own.
const ZONE: &str = "150172";

fn refused(code: Code, reason: &str, field: &str) -> (Code, String, String) {
    (code, reason.to_owned(), field.to_owned())
}

fn no_school_area() -> (Code, String, String) {
    refused(Code::FailedPrecondition, "NO_SCHOOL_AREA", "")
}

#[tokio::test]
async fn a_household_finds_its_school_and_the_childs_year() {
    for mut d in Department::on_each_database(1).await {
        let found = d.find(HAIBOWAN, "2026-11-20").await.unwrap();
        let expected = FindSchoolAreaResponse {
            area: "海勃湾区第一学区".to_owned(),
            school: "海勃湾区第一小学".to_owned(),
            enrolment_year: 2033,
        };
        assert_eq!(found, expected);
        let found = d.find(SAIHAN, "2026-11-20").await.unwrap();
        let expected = FindSchoolAreaResponse {
            area: "赛罕区第一学区".to_owned(),
            school: "赛罕区第一小学".to_owned(),
            enrolment_year: 2032,
        };
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_division_without_an_area_is_refused() {
    for mut d in Department::on_each_database(1).await {
        let answer = d.find(ZONE, "2026-11-20").await;
        assert_eq!(refusal(answer), no_school_area());
    }
    for mut d in Department::on_each_database(0).await {
        let answer = d.find(HAIBOWAN, "2026-11-20").await;
        assert_eq!(refusal(answer), no_school_area());
    }
}

#[tokio::test]
async fn a_malformed_input_is_refused_with_its_field() {
    for mut d in Department::on_each_database(1).await {
        let expected = refused(Code::InvalidArgument, INVALID_INPUT, "region");
        // Nothing, no division, a city, the whole region.
        for wrong in ["", "159901", "150300", "150000"] {
            assert_eq!(refusal(d.find(wrong, "2026-11-20").await), expected);
        }
        let expected = refused(Code::InvalidArgument, INVALID_INPUT, "child_born_on");
        for wrong in ["", "2026-02-29", "20261120", "1985-12-31"] {
            assert_eq!(refusal(d.find(HAIBOWAN, wrong).await), expected);
        }
    }
}

#[tokio::test]
async fn the_areas_come_into_an_empty_register_and_stay() {
    for d in Department::on_each_database(0).await {
        let mut d = d.restarted(5, "[]").await;
        let found = d.find(HAIBOWAN, "2026-11-20").await.unwrap();
        let mut d = d.restarted(7, "[]").await;
        assert_eq!(d.find(HAIBOWAN, "2026-11-20").await.unwrap(), found);
    }
}

#[tokio::test]
async fn a_suspended_matter_is_refused_for_its_step_only() {
    let suspensions = r#"[{ method = "onething.education.v1.EducationService/FindSchoolArea",
        step = "school" }]"#;
    for d in Department::on_each_database(1).await {
        let mut d = d.restarted(1, suspensions).await;
        let expected = refused(Code::FailedPrecondition, MATTER_SUSPENDED, "");
        assert_eq!(refusal(d.find(SAIHAN, "2026-11-20").await), expected);
        let request = as_step(question(SAIHAN, "2026-11-20"), "sibling");
        d.education.find_school_area(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_question_leaves_nothing_to_undo_and_its_key_can_be_closed() {
    for mut d in Department::on_each_database(1).await {
        d.find(SAIHAN, "2026-11-20").await.unwrap();
        let asked = GetOutcomeRequest {
            key: Some(key("school")),
            epoch: 1,
        };
        let outcome = d.participant.get_outcome(asked.clone()).await.unwrap();
        assert_eq!(outcome.into_inner().outcome(), Outcome::NotSeen);
        let undo = UndoRequest {
            key: Some(key("school")),
            epoch: 1,
        };
        let undone = d.participant.undo(undo).await.unwrap().into_inner();
        assert_eq!(undone.outcome(), UndoOutcome::NothingToUndo);
        let outcome = d.participant.get_outcome(asked).await.unwrap();
        assert_eq!(outcome.into_inner().outcome(), Outcome::Closed);
    }
}
