//! Who has to appear at a department is told before a case is filed, and of the case.

use onething_proto::gateway::{GetCaseRequest, case_service_client::CaseServiceClient};
use onething_tests::{Suite, fill};
use serde_json::{Value, json};

use crate::grpc::channel;

/// The steps that are marked.
fn marked(items: &Value) -> Vec<&str> {
    let items = items.as_array().unwrap().iter();
    let marked = items.filter(|item| item["in_person"] == true);
    marked.map(|item| item["step"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_couple_learns_that_it_has_to_appear_before_the_registrar_and_nowhere_else() {
    let suite = Suite::start().await;
    let client = suite.client();
    let bundle = client.get("/v1/bundles/marriage-hukou").await.json();
    assert_eq!(marked(&bundle["items"]), ["marriage"]);
    let path = "/v1/bundles/marriage-hukou/explanation";
    let explanation = client.get(path).await.json();
    assert_eq!(explanation["trips"]["after"], 1);
    let at = &explanation["in_person"][0];
    assert_eq!(at["step"], "marriage");
    assert_eq!(at["department"]["code"], "CA");

    let couple = suite.samples.population.sample_couple().unwrap();
    let applicant = json!({
        "mover": couple.bride,
        "host": couple.groom,
        "marriage": { "region": couple.household.region, "declared": true },
        "document": { "photo": "PHOTO-0001" },
        "household": { "head_consent": true },
        "delivery": { "address": couple.household.address },
    });
    let form = fill(&client, "marriage-hukou", &applicant).await;
    let case = client.file("marriage-hukou", &form).await;
    assert_eq!(marked(&case.json()["items"]), ["marriage"]);
    let mut cases = CaseServiceClient::new(channel(&suite).await);
    let id = case.id().to_owned();
    let told = cases.get_case(GetCaseRequest { id }).await.unwrap();
    let items = told.into_inner().case.unwrap().items;
    let told = items.iter().filter(|item| item.in_person);
    let told: Vec<_> = told.map(|item| item.step.as_str()).collect();
    assert_eq!(told, ["marriage"]);

    let newborn = client.get("/v1/bundles/newborn").await.json();
    assert_eq!(marked(&newborn["items"]), [""; 0]);
}
