//! The school that the parents of a third child choose in Hohhot, across processes.

use onething_db::Sql;
use onething_tests::{Answer, Case, Plan, Suite, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::malformed::{pair, problem};

const HOHHOT: Option<&str> = Some("150100");
const CHOSEN: &str = "赛罕区蒙古族小学";

/// The form of the population's third child.
fn third_child(suite: &Suite) -> Value {
    let sample = suite.samples.population.sample_third_child().unwrap();
    json!({
        "child": { "id_number": sample.child.id_number },
        "guardian": { "login_code": sample.login_code },
    })
}

/// A form with a school.
fn choosing(mut form: Value, school: &str) -> Value {
    form["choice"] = json!({ "name": school });
    form
}

async fn submit(suite: &Suite, form: &Value, region: Option<&str>) -> Answer {
    let client = suite.client();
    let body = json!({ "bundle": "school-enrollment", "form": form, "region": region });
    let request = client.request(Method::POST, "/v1/cases");
    let request = request.header("Idempotency-Key", uuid::Uuid::new_v4().to_string());
    client.send(request.json(&body)).await
}

/// Files a case, has the guardian confirm the place if it comes to it, and gives the case as it ended.
async fn ended(suite: &Suite, form: &Value, region: Option<&str>) -> Case {
    let client = suite.client();
    let filed = submit(suite, form, region).await;
    assert_eq!(filed.status, StatusCode::ACCEPTED, "{}", filed.text);
    let case = Case::new(filed.json());
    let placed = eventually("a place, or the end", async || {
        let case = client.case(case.id()).await;
        (case.ended() || case.item("confirm")["acts_next"] == "applicant").then_some(case)
    });
    if !placed.await.ended() {
        let path = format!("/v1/cases/{}/acts/confirm", case.id());
        let request = client.request(Method::POST, &path);
        let request = request.header("Idempotency-Key", "confirm");
        let answer = client.send(request.json(&json!({}))).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    }
    client.ended(case.id()).await
}

/// The school that admitted the child.
fn school(case: &Case) -> &str {
    let certificates = case.json()["certificates"].as_array().unwrap();
    let of_admission = certificates.iter().filter(|c| c["step"] == "admission");
    let mut values = of_admission.map(|c| c["value"].as_str().unwrap());
    values.find(|value| value.ends_with("小学")).unwrap()
}

#[tokio::test]
async fn a_third_child_goes_to_the_school_that_its_parents_chose() {
    let suite = Plan::default().start().await;
    let third_child = |school| choosing(third_child(&suite), school);
    let unknown = ended(&suite, &third_child("海勃湾区第一小学"), HOHHOT).await;
    assert_eq!(unknown.state(), "compensated");
    let item = unknown.item("school-choice");
    assert_eq!(item["reason"], "SCHOOL_NOT_FOUND");
    assert!(item["message"].as_str().unwrap().contains(CHOSEN), "{item}");
    assert_eq!(unknown.undone(), ["review"], "it can be filed again");

    let full = Sql::both("UPDATE school_seats SET seats = 0 WHERE school = '赛罕区第一小学'");
    assert!(suite.edit("education", full).await > 0);
    let full = ended(&suite, &third_child("赛罕区第一小学"), HOHHOT).await;
    assert_eq!(full.state(), "compensated");
    let item = full.item("school-choice");
    assert_eq!(item["reason"], "NO_SEAT");
    assert!(item["message"].as_str().unwrap().contains(CHOSEN), "{item}");

    let chosen = ended(&suite, &third_child(CHOSEN), HOHHOT).await;
    assert_eq!(chosen.state(), "completed", "{chosen:#?}");
    assert_eq!(school(&chosen), CHOSEN);
}

#[tokio::test]
async fn a_first_child_is_placed_by_its_home_whatever_its_parents_name() {
    let suite = Plan::default().start().await;
    let sample = suite.samples.population.sample_pupil().unwrap();
    let form = json!({
        "child": { "id_number": sample.child.id_number },
        "guardian": { "login_code": sample.login_code },
    });
    let case = ended(&suite, &choosing(form, "没有这所学校"), HOHHOT).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert_eq!(case.state_of("school-choice"), "omitted");
    assert!(school(&case).starts_with("海勃湾区"));
}

#[tokio::test]
async fn where_nobody_chooses_the_school_is_not_asked_and_a_third_child_is_placed_by_the_rules() {
    let suite = Plan::default().start().await;
    let form = third_child(&suite);
    let filed = submit(&suite, &choosing(form.clone(), CHOSEN), None).await;
    let errors = problem(&filed, 422, "FORM_INVALID");
    assert_eq!(errors, [pair("form.choice", "UNKNOWN_FIELD")]);
    assert_eq!(suite.journaled_cases().await, 0);

    let case = ended(&suite, &form, None).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    let items = case.items();
    assert!(items.iter().all(|(step, _)| *step != "school-choice"));
    // The elder children go there.
    assert_eq!(school(&case), "赛罕区第一小学");
}
