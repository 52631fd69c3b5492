//! What officers decide later, across processes: at their department, whether the gateway runs or not, and
//! what applicants do meanwhile.

use onething_db::{Db, Sql, args};
use onething_proto::{
    gateway::{PerformActRequest, case_service_client::CaseServiceClient},
    participant::{Outcome, Verdict},
};
use onething_tests::{Answer, Case, Client, Officer, Plan, Suite, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tonic::Code;

const OFFICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/office");

fn plan() -> Plan {
    Plan::default()
        .departments(format!("{OFFICE}/departments"))
        .bundles(format!("{OFFICE}/bundles"))
        .set("REVIEWS__OPEN", "true")
}

async fn officer(suite: &mut Suite, name: &str) -> Officer {
    Officer::at(&suite.department("connector").url(), name).await
}

/// A stall for a person of the population.
fn form(suite: &Suite, address: &str) -> Value {
    let family = suite.samples.population.sample_family().unwrap();
    json!({ "holder": { "id_number": family.mother.id_number }, "stall": { "address": address } })
}

async fn file(suite: &Suite, address: &str) -> Case {
    suite.client().file("stall", &form(suite, address)).await
}

async fn post(client: &Client, case: &Case, act: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/v1/cases/{}/{act}", case.id());
    let request = client.request(Method::POST, &path);
    client
        .send(request.header("Idempotency-Key", key).json(body))
        .await
}

/// Waits until an item is somebody's to act on, and gives it.
async fn turn(client: &Client, case: &Case, step: &str, whose: &str) -> Value {
    let theirs = async || {
        let item = client.case(case.id()).await.item(step).clone();
        (item["acts_next"] == whose).then_some(item)
    };
    eventually(&format!("{step} to be the {whose}'s"), theirs).await
}

#[tokio::test]
async fn an_officer_decides_and_the_case_goes_on() {
    let mut suite = plan().start().await;
    let (client, officer) = (suite.client(), officer(&mut suite, "saran").await);
    let case = file(&suite, "市场街 1 号").await;
    let item = turn(&client, &case, "permit", "department").await;
    assert!(
        item["since"].is_string() && item["due_at"].is_string(),
        "{item}"
    );

    let review = officer.next(case.id()).await;
    let read: Vec<_> = review
        .fields
        .iter()
        .map(|field| (field.element.as_str(), field.value.as_str()))
        .collect();
    let number = form(&suite, "")["holder"]["id_number"].clone();
    let number = number.as_str().unwrap();
    assert_eq!(
        read,
        [
            ("person.id_number", number),
            ("delivery.address", "市场街 1 号")
        ]
    );
    assert_eq!(review.purpose, "stall");
    assert!(review.due_at.is_some());
    let early = post(&client, &case, "acts/fee", "early", &json!({})).await;
    assert_eq!(
        (early.status, early.json()["code"].as_str()),
        (StatusCode::CONFLICT, Some("STEP_NOT_WAITING"))
    );

    officer.approve(&review).await;
    turn(&client, &case, "fee", "applicant").await;
    let paid = post(&client, &case, "acts/fee", "paid", &json!({})).await;
    assert_eq!(paid.status, StatusCode::ACCEPTED, "{}", paid.text);
    let ended = client.ended(case.id()).await;
    assert_eq!(ended.state(), "completed");
    assert_eq!(ended.certificate("permit"), "XK0001");
    let again = post(&client, &case, "acts/fee", "paid", &json!({})).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn a_bank_s_officer_decides_in_the_connector_and_the_case_goes_on() {
    let mut suite = Plan::default().set("REVIEWS__OPEN", "true").start().await;
    let client = suite.client();
    let registrar = Officer::at(&suite.department("enterprise-registry").url(), "saran").await;
    let bank = officer(&mut suite, "temur").await;
    let sample = suite.samples.population.sample_conversion().unwrap();
    let code = sample.enterprise.credit_code.clone();
    let case = client
        .file("individual-to-enterprise", &conversion(&suite))
        .await;
    registrar.approve(&registrar.next(case.id()).await).await;
    turn(&client, &case, "update-bank-account", "department").await;
    let review = bank.next(case.id()).await;
    assert_eq!(review.purpose, "individual-to-enterprise");
    let undecided = holder(&suite, "BK", "account", &code).await;
    assert_ne!(undecided, sample.name.as_str());

    bank.approve(&review).await;
    let ended = client.ended(case.id()).await;
    assert_eq!(ended.state(), "completed", "{ended:#?}");
    assert_ne!(ended.certificate("update-bank-account"), "");
    assert_eq!(
        holder(&suite, "BK", "account", &code).await,
        sample.name.as_str()
    );
    let title = sample.title_number.unwrap();
    assert_eq!(
        holder(&suite, "RE", "business_title", &title).await,
        sample.name.as_str()
    );
}

/// The form of an individual business that becomes an enterprise.
pub(crate) fn conversion(suite: &Suite) -> Value {
    let sample = suite.samples.population.sample_conversion().unwrap();
    json!({
        "enterprise": { "credit_code": sample.enterprise.credit_code },
        "representative": { "id_number": sample.legal_representative.id_number },
        "conversion": { "mode": sample.mode, "holders_consent": true },
        "planned": {
            "legal_form": sample.legal_form,
            "name": sample.name,
            "capital_fen": sample.capital_fen,
        },
        "estate": { "title_number": sample.title_number },
    })
}

/// Whose name a record of the connector is in.
async fn holder(suite: &Suite, department: &str, kind: &str, key: &str) -> Value {
    let found = suite.departments().record(department, kind, key).await;
    let body: Value = serde_json::from_str(&found.unwrap().body).unwrap();
    body["holder_name"].clone()
}

#[tokio::test]
async fn an_officer_decides_while_the_gateway_is_down() {
    let mut suite = plan().start().await;
    let officer = officer(&mut suite, "saran").await;
    let approved = file(&suite, "市场街 1 号").await;
    let refused = file(&suite, "市场街 2 号").await;
    for case in [&approved, &refused] {
        turn(&suite.client(), case, "permit", "department").await;
    }
    suite.gateway.kill();
    officer.approve(&officer.next(approved.id()).await).await;
    let review = officer.next(refused.id()).await;
    let reason = "PLACE_UNSUITABLE";
    let decided = officer.decide(&review, Verdict::Refuse, reason).await;
    assert_eq!(decided.unwrap().outcome(), Outcome::Refused);
    let other = Officer::at(&suite.department("connector").url(), "temur").await;
    let late = other.decide(&review, Verdict::Approve, "").await;
    assert_eq!(late.unwrap_err().code(), Code::FailedPrecondition);

    suite.gateway.restart_in_place().await;
    let client = suite.client();
    let ended = client.ended(refused.id()).await;
    assert_eq!(ended.state(), "compensated");
    assert_eq!(ended.item("permit")["reason"], reason);
    assert_eq!(ended.undone(), ["place"]);
    turn(&client, &approved, "fee", "applicant").await;
    let channel = tonic::transport::Channel::from_shared(suite.gateway.url());
    let channel = channel.unwrap().connect().await.unwrap();
    let act = PerformActRequest {
        id: approved.id().to_owned(),
        step: "fee".to_owned(),
        request_id: "paid".to_owned(),
    };
    let mut cases = CaseServiceClient::new(channel);
    cases.perform_act(act.clone()).await.unwrap();
    assert_eq!(client.ended(approved.id()).await.state(), "completed");
    let told = cases.perform_act(act).await.unwrap().into_inner().case;
    assert_eq!(told.unwrap().state, "completed");
}

#[tokio::test]
async fn what_an_officer_returns_the_applicant_corrects() {
    let mut suite = plan().start().await;
    let (client, officer) = (suite.client(), officer(&mut suite, "saran").await);
    let case = file(&suite, "市场街").await;
    let review = officer.next(case.id()).await;
    officer.decide(&review, Verdict::Return, "").await.unwrap();
    let item = turn(&client, &case, "permit", "applicant").await;
    assert_eq!(item["reason"], "RETURNED");

    let wrong = json!({ "form": { "stall": { "colour": "red" } } });
    let wrong = post(&client, &case, "correct", "wrong", &wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json()["errors"][0]["field"], "form.stall.colour");

    let right = json!({ "form": { "stall": { "address": "市场街 3 号" } } });
    let corrected = post(&client, &case, "correct", "right", &right).await;
    assert_eq!(corrected.status, StatusCode::ACCEPTED, "{}", corrected.text);
    let again = post(&client, &case, "correct", "right", &right).await;
    assert_eq!(
        again.header("idempotent-replayed"),
        "true",
        "{}",
        again.text
    );
    let review = officer.next(case.id()).await;
    assert_eq!(review.key.as_ref().unwrap().round, 2);
    assert_eq!(review.fields[1].value, "市场街 3 号");
    officer.approve(&review).await;
    turn(&client, &case, "fee", "applicant").await;
    post(&client, &case, "acts/fee", "paid", &json!({})).await;
    assert_eq!(client.ended(case.id()).await.state(), "completed");
    // The place that was held first was let go, and can be taken by somebody else.
    let other = file(&suite, "市场街").await;
    turn(&client, &other, "permit", "department").await;
}

#[tokio::test]
async fn a_withdrawn_case_leaves_nothing_for_the_officer() {
    let mut suite = plan().start().await;
    let (client, officer) = (suite.client(), officer(&mut suite, "saran").await);
    let case = file(&suite, "市场街 1 号").await;
    let review = officer.next(case.id()).await;
    let body = json!({ "reason": "no stall after all" });
    let withdrawn = post(&client, &case, "withdraw", "any", &body).await;
    assert_eq!(withdrawn.status, StatusCode::ACCEPTED, "{}", withdrawn.text);
    let ended = client.ended(case.id()).await;
    assert_eq!(ended.state(), "compensated");
    assert!(officer.waiting(case.id()).await.is_empty());
    let late = officer.decide(&review, Verdict::Approve, "").await;
    assert_eq!(late.unwrap_err().code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn a_department_lets_only_its_officers_decide() {
    let token = "the-token-of-the-office";
    let mut suite = plan()
        .set("REVIEWS__OPEN", "false")
        .set("REVIEWS__TOKEN", token)
        .start()
        .await;
    let case = file(&suite, "市场街 1 号").await;
    turn(&suite.client(), &case, "permit", "department").await;
    let url = suite.department("connector").url();
    let channel = tonic::transport::Channel::from_shared(url).unwrap();
    let channel = channel.connect().await.unwrap();
    let list = async |token: Option<&str>| {
        let mut request =
            tonic::Request::new(onething_proto::participant::ListReviewsRequest::default());
        if let Some(token) = token {
            let bearer = format!("Bearer {token}").parse().unwrap();
            request.metadata_mut().insert("authorization", bearer);
        }
        let mut client =
            onething_proto::participant::review_service_client::ReviewServiceClient::new(
                channel.clone(),
            );
        let listed = client.list_reviews(request).await;
        listed
            .map(|answer| answer.into_inner().reviews.len())
            .map_err(|status| status.code())
    };
    assert_eq!(list(None).await, Err(Code::Unauthenticated));
    assert_eq!(
        list(Some("another-token-of-it")).await,
        Err(Code::Unauthenticated)
    );
    // The call may still be on its way when the department's turn is shown.
    let one = async || (list(Some(token)).await == Ok(1)).then_some(());
    eventually("the review to be listed", one).await;
}

#[tokio::test]
async fn departments_are_told_which_cases_are_over() {
    const MARK: Sql = Sql::both("SELECT saga FROM ledger_low_water WHERE coordinator = 'gateway'");
    let plan = plan()
        .set_for("gateway", "GATEWAY__FORGET_EVERY_SECONDS", "1")
        .set_for("gateway", "GATEWAY__FORGET_AFTER_SECONDS", "0");
    let mut suite = plan.start().await;
    let client = suite.client();
    let over = file(&suite, "市场街 1 号").await;
    turn(&client, &over, "permit", "department").await;
    let open = file(&suite, "市场街 2 号").await;
    turn(&client, &open, "permit", "department").await;
    post(&client, &over, "withdraw", "any", &json!({})).await;
    client.ended(over.id()).await;
    let url = suite
        .department("connector")
        .spec
        .get("DATABASE__URL")
        .to_owned();
    let mark = async || {
        let db = Db::open(&url, 1).await.unwrap();
        let mark: Option<(String,)> = db.fetch_optional(MARK, args![]).await.unwrap();
        db.close().await;
        mark.map(|(saga,)| saga)
    };
    // The mark stands at the first case that has not ended, and never beyond it.
    eventually("the mark", async || {
        mark().await.filter(|mark| mark == open.id())
    })
    .await;
    post(&client, &open, "withdraw", "any", &json!({})).await;
    client.ended(open.id()).await;
    eventually("the next mark", async || {
        mark().await.filter(|mark| mark.as_str() > open.id())
    })
    .await;
}
