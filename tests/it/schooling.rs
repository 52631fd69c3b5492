//! The school that the parents of a third child choose, across processes.

use onething_db::Sql;
use onething_tests::{Case, Plan, Suite, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const CHOSEN: &str = "海勃湾区蒙古族小学";

/// The form of the population's third child, with a school.
fn third_child(suite: &Suite, school: &str) -> Value {
    let sample = suite.samples.population.sample_third_child().unwrap();
    json!({
        "child": { "id_number": sample.child.id_number },
        "guardian": { "login_code": sample.login_code },
        "choice": { "name": school },
    })
}

/// Files a case, has the guardian confirm the place if it comes to it, and gives the case as it ended.
async fn ended(suite: &Suite, form: &Value) -> Case {
    let client = suite.client();
    let case = client.file("school-enrollment", form).await;
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
    let unknown = ended(&suite, &third_child(&suite, "赛罕区第一小学")).await;
    assert_eq!(unknown.state(), "compensated");
    let item = unknown.item("school-choice");
    assert_eq!(item["reason"], "SCHOOL_NOT_FOUND");
    assert!(item["message"].as_str().unwrap().contains(CHOSEN), "{item}");
    assert_eq!(unknown.undone(), ["review"], "it can be filed again");

    let full = Sql::both("UPDATE school_seats SET seats = 0 WHERE school = '海勃湾区第一小学'");
    assert!(suite.edit("education", full).await > 0);
    let full = ended(&suite, &third_child(&suite, "海勃湾区第一小学")).await;
    assert_eq!(full.state(), "compensated");
    let item = full.item("school-choice");
    assert_eq!(item["reason"], "NO_SEAT");
    assert!(item["message"].as_str().unwrap().contains(CHOSEN), "{item}");

    let chosen = ended(&suite, &third_child(&suite, CHOSEN)).await;
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
        "choice": { "name": "没有这所学校" },
    });
    let case = ended(&suite, &form).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert_eq!(case.state_of("school-choice"), "omitted");
    assert!(school(&case).starts_with("海勃湾区"));
}
