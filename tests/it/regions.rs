//! Regions over the wire: a bundle is read, explained and filed as it is in a division, over REST and
//! gRPC alike; where there is no such division, nothing is written.

use onething_proto::gateway::{
    GetBundleRequest, Region, SubmitCaseRequest, bundle_service_client::BundleServiceClient,
    case_service_client::CaseServiceClient,
};
use onething_tests::{Answer, Case, Client, Plan, Suite};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::Code;

use crate::{
    bundle_files::{FIRST, write},
    grpc::{channel, reason, submission},
    malformed::{pair, problem},
};

/// A suite with the trial bundle, which has an overlay for Hohhot.
async fn suite() -> (Suite, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FIRST);
    let bundles = folder.path().display().to_string();
    (Plan::default().bundles(bundles).start().await, folder)
}

fn form(suite: &Suite) -> Value {
    let family = suite.samples.population.sample_family().unwrap();
    json!({ "citizen": { "id_number": family.mother.id_number } })
}

/// As REST tells a region.
fn told(region: Option<&Region>) -> Value {
    region.map_or(
        Value::Null,
        |region| json!({ "code": region.code, "year": region.year }),
    )
}

async fn post(client: &Client, form: &Value, region: Value, key: &str) -> Answer {
    let body = json!({ "bundle": "trial", "form": form, "region": region });
    let request = client.request(Method::POST, "/v1/cases");
    let request = request.header("Idempotency-Key", key);
    client.send(request.json(&body)).await
}

#[tokio::test]
async fn a_bundle_in_a_region_is_one_over_rest_and_grpc() {
    let (suite, _folder) = suite().await;
    let rest = suite.client();
    let mut bundles = BundleServiceClient::new(channel(&suite).await);
    let hohhot = json!({ "code": "150100", "year": null });
    let everywhere = ["consent", "verify"].as_slice();
    let there = ["consent", "verify", "verify-again"].as_slice();
    for (division, region, days, steps) in [
        ("", Value::Null, 5, everywhere),
        ("150302", Value::Null, 5, everywhere),
        ("150100", hohhot.clone(), 2, there),
        ("150105", hohhot, 2, there),
    ] {
        let query = match division {
            "" => String::new(),
            code => format!("?region={code}"),
        };
        let read = rest.get(&format!("/v1/bundles/trial{query}")).await.json();
        assert_eq!(read["region"], region, "{division}");
        assert_eq!(read["promise_working_days"], days, "{division}");
        let items = read["items"].as_array().unwrap().iter();
        let items: Vec<_> = items.map(|item| item["step"].as_str().unwrap()).collect();
        assert_eq!(items, steps, "{division}");

        let path = format!("/v1/bundles/trial/explanation{query}");
        let explained = rest.get(&path).await.json();
        assert_eq!(explained["region"], region, "{division}");
        assert_eq!(explained["working_days"]["after"], days, "{division}");
        let used = explained["sources"][0]["used_by"]
            .as_array()
            .unwrap()
            .iter();
        let used: Vec<_> = used.map(|step| step.as_str().unwrap()).collect();
        assert_eq!(used, steps[1..], "{division}");

        let request = GetBundleRequest {
            id: "trial".to_owned(),
            region: division.to_owned(),
        };
        let bundle = bundles.get_bundle(request).await.unwrap().into_inner();
        let bundle = bundle.bundle.unwrap();
        assert_eq!(told(bundle.region.as_ref()), region, "{division}");
        assert_eq!(bundle.promise_working_days, days, "{division}");
    }
}

#[tokio::test]
async fn a_guardian_reads_the_age_rule_of_the_region_before_filing() {
    let suite = Suite::start().await;
    let rest = suite.client();
    let mut bundles = BundleServiceClient::new(channel(&suite).await);
    let hohhot = json!({ "code": "150100", "year": null });
    for (division, region, rule) in [
        ("150302", Value::Null, "six years old by 31 August"),
        (
            "150100",
            hohhot.clone(),
            "turns six within the calendar year",
        ),
        ("150105", hohhot, "turns six within the calendar year"),
    ] {
        let path = format!("/v1/bundles/school-enrollment?region={division}");
        let read = rest.get(&path).await.json();
        assert_eq!(read["region"], region, "{division}");
        let guide = read["guide"]["en"].as_str().unwrap();
        assert!(guide.contains(rule), "{division}: {guide}");
        let request = GetBundleRequest {
            id: "school-enrollment".to_owned(),
            region: division.to_owned(),
        };
        let bundle = bundles.get_bundle(request).await.unwrap().into_inner();
        let told = bundle.bundle.unwrap().guide.unwrap();
        assert_eq!(told.en, guide, "{division}");
        assert_eq!(told.mn, read["guide"]["mn"], "{division}");
    }
    let silent = rest.get("/v1/bundles/newborn").await.json();
    assert_eq!(silent["guide"], Value::Null);
}

#[tokio::test]
async fn a_case_is_filed_in_a_region_over_grpc_and_keeps_it() {
    let (suite, _folder) = suite().await;
    let rest = suite.client();
    let mut cases = CaseServiceClient::new(channel(&suite).await);
    let form = form(&suite);
    let filed = |region: &str| SubmitCaseRequest {
        region: region.to_owned(),
        ..submission("trial", &form, "once")
    };

    let answer = cases.submit_case(filed("150105")).await.unwrap();
    let case = answer.into_inner().case.unwrap();
    let hohhot = json!({ "code": "150100", "year": null });
    assert_eq!(told(case.region.as_ref()), hohhot);
    let steps: Vec<_> = case.items.iter().map(|item| item.step.as_str()).collect();
    assert_eq!(steps, ["consent", "verify", "verify-again"]);
    assert_eq!(rest.case(&case.id).await.json()["region"], hohhot);

    // The same key in the same region is the same case, over REST as well; in another it is another.
    let again = post(&rest, &form, json!("150105"), "once").await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.text);
    assert_eq!(Case::new(again.json()).id(), case.id);
    let status = cases.submit_case(filed("")).await.unwrap_err();
    let reused = (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned(), vec![]);
    assert_eq!(reason(&status), reused);
    let other = post(&rest, &form, Value::Null, "once").await;
    assert_eq!(problem(&other, 422, "IDEMPOTENCY_KEY_REUSED"), []);
    assert_eq!(suite.journaled_cases().await, 1);
}

#[tokio::test]
async fn a_division_that_there_is_not_is_refused_and_writes_nothing() {
    let (suite, _folder) = suite().await;
    let rest = suite.client();
    let channel = channel(&suite).await;
    let form = form(&suite);
    let unknown = (
        Code::InvalidArgument,
        "REGION_UNKNOWN".to_owned(),
        vec!["region".to_owned()],
    );
    // Codes of no division, of a place outside the table, and of no code at all.
    for region in ["159901", "999999", "呼和浩特"] {
        let request = GetBundleRequest {
            id: "trial".to_owned(),
            region: region.to_owned(),
        };
        let mut bundles = BundleServiceClient::new(channel.clone());
        let status = bundles.get_bundle(request).await.unwrap_err();
        assert_eq!(reason(&status), unknown, "{region}");
        let request = SubmitCaseRequest {
            region: region.to_owned(),
            ..submission("trial", &form, "a")
        };
        let mut cases = CaseServiceClient::new(channel.clone());
        let status = cases.submit_case(request).await.unwrap_err();
        assert_eq!(reason(&status), unknown, "{region}");

        let bundle = rest
            .get(&format!("/v1/bundles/trial?region={region}"))
            .await;
        let path = format!("/v1/bundles/trial/explanation?region={region}");
        let explanation = rest.get(&path).await;
        let filed = post(&rest, &form, json!(region), "a").await;
        for answer in [bundle, explanation, filed] {
            let errors = problem(&answer, 422, "REGION_UNKNOWN");
            assert_eq!(errors, [pair("region", "UNKNOWN")], "{region}");
        }
    }

    let filed = post(&rest, &form, json!(150_100), "a").await;
    let errors = problem(&filed, 422, "REQUEST_INVALID");
    assert_eq!(errors, [pair("region", "TYPE")]);
    for path in ["/v1/bundles/trial", "/v1/bundles/trial/explanation"] {
        let answer = rest.get(&format!("{path}?region=")).await;
        let errors = problem(&answer, 422, "REGION_UNKNOWN");
        assert_eq!(errors, [pair("region", "UNKNOWN")]);
        let answer = rest.get(&format!("{path}?regoin=150100")).await;
        let errors = problem(&answer, 400, "PARAMETER_INVALID");
        assert_eq!(errors, [pair("regoin", "UNKNOWN")]);
    }
    let nothing = "/v1/bundles/no-such-thing/explanation?region=150100";
    let errors = problem(&rest.get(nothing).await, 404, "BUNDLE_UNKNOWN");
    assert_eq!(errors, [pair("bundle", "UNKNOWN")]);
    assert_eq!(suite.journaled_cases().await, 0);
}
