//! Bundles in files: added, changed and broken while the gateway runs, without a rebuild. Cases keep the
//! version and the region's overlay that they started with.

use std::path::Path;

use onething_tests::{Case, Client, Plan, Suite, eventually, program};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) const FIRST: &str = r#"
id = "trial"
version = 1
audience = "person"
lead = "PS"
promise_working_days = 5
title = { zh = "试办一件事", mn = "ᠲᠤᠷᠰᠢᠯᠲᠠ", en = "A trial" }

[roles.citizen]
kind = "person"
title = { zh = "公民", mn = "ᠢᠷᠭᠡᠨ", en = "Citizen" }

[[step]]
id = "consent"
await = { signal = "consent", title = { zh = "同意", mn = "ᠵᠥᠪᠰᠢᠶᠡᠷᠡᠬᠦ", en = "Consent" }, by = "applicant" }

[[step]]
id = "verify"
call = "onething.identity.v1.IdentityService/VerifyPerson"
roles = { person = "citizen" }
after = ["consent"]

[[region]]
code = "150100"
promise_working_days = 2

[[region.step]]
id = "verify-again"
call = "onething.identity.v1.IdentityService/VerifyPerson"
roles = { person = "citizen" }
after = ["verify"]

[sample.form]
citizen.id_number = "$family.mother.id_number"
"#;

/// The second version: another step, and the same everywhere.
fn second() -> String {
    let (everywhere, _) = FIRST.split_once("[[region]]").unwrap();
    let changed = everywhere.replace("version = 1", "version = 2");
    changed.replace("\"verify\"", "\"look-up\"")
        + "[sample.form]\ncitizen.id_number = \"$family.mother.id_number\"\n"
}

pub(crate) fn write(folder: &Path, text: &str) {
    std::fs::write(folder.join("trial.toml"), text).unwrap();
}

/// The bundle as the gateway offers it.
async fn offered(client: &Client, query: &str) -> Option<Value> {
    let answer = client.get(&format!("/v1/bundles/trial{query}")).await;
    (answer.status == StatusCode::OK).then(|| answer.json())
}

async fn offers_version(client: &Client, version: u32) {
    eventually("the version is on offer", async || {
        let bundle = offered(client, "").await?;
        (bundle["version"] == version).then_some(())
    })
    .await;
}

async fn file(client: &Client, suite: &Suite, region: Option<&str>) -> Case {
    let family = suite.samples.population.sample_family().unwrap();
    let form = json!({ "citizen": { "id_number": family.mother.id_number } });
    let body = json!({ "bundle": "trial", "form": form, "region": region });
    let request = client.request(Method::POST, "/v1/cases");
    let key = region.unwrap_or("everywhere").to_owned();
    let request = request.header("Idempotency-Key", format!("{key}-{}", uuid::Uuid::new_v4()));
    let answer = client.send(request.json(&body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    Case::new(answer.json())
}

/// The applicant consents, and the case ends; its items.
async fn completed(client: &Client, case: &Case) -> Vec<String> {
    let id = case.id();
    eventually("the case takes the consent", async || {
        let request = client.request(Method::POST, &format!("/v1/cases/{id}/acts/consent"));
        let request = request.header("Idempotency-Key", format!("consent-{id}"));
        let answer = client.send(request.json(&json!({}))).await;
        answer.status.is_success().then_some(())
    })
    .await;
    let case = client.ended(id).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    case.items()
        .iter()
        .map(|(step, _)| (*step).to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_added_and_changed_by_its_file_alone_while_its_cases_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let bundles = folder.path().display().to_string();
    let mut suite = Plan::default().bundles(bundles).start().await;
    let client = suite.client();
    assert_eq!(offered(&client, "").await, None);
    let built_in = client.get("/v1/bundles/newborn").await;
    assert_eq!(built_in.status, StatusCode::OK, "{}", built_in.text);

    write(folder.path(), FIRST);
    offers_version(&client, 1).await;
    let regional = offered(&client, "?region=150102").await.unwrap();
    assert_eq!(regional["promise_working_days"], 2, "{regional:#}");
    assert_eq!(offered(&client, "?region=999999").await, None);
    let everywhere = file(&client, &suite, None).await;
    let hohhot = file(&client, &suite, Some("150102")).await;
    assert_eq!(everywhere.json()["region"], Value::Null);
    let of = json!({ "code": "150100", "year": null });
    assert_eq!(hohhot.json()["region"], of, "{hohhot:#?}");

    write(folder.path(), &second());
    offers_version(&client, 2).await;
    let later = file(&client, &suite, Some("150102")).await;
    assert_eq!(later.json()["bundle_version"], 2);
    assert_eq!(
        later.json()["region"],
        Value::Null,
        "the second is the same everywhere"
    );

    // A broken file is told, and changes nothing.
    write(folder.path(), &second().replace("after =", "aftr ="));
    eventually("the mistake is in the log", async || {
        suite.gateway.log().contains("B002").then_some(())
    })
    .await;
    offers_version(&client, 2).await;
    write(folder.path(), &second());

    // A gateway that starts anew reads the kept versions, and each case goes on with its own.
    suite.gateway.restart().await;
    let client = suite.client();
    assert_eq!(client.case(hohhot.id()).await.json()["region"], of);
    assert_eq!(completed(&client, &everywhere).await, ["consent", "verify"]);
    let expected = ["consent", "verify", "verify-again"];
    assert_eq!(completed(&client, &hohhot).await, expected);
    assert_eq!(completed(&client, &later).await, ["consent", "look-up"]);
}

/// `onething bundle check`: its exit code, and what it prints.
fn check(files: &[&Path]) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(program("onething"));
    let output = command.args(["bundle", "check"]).args(files).output();
    let output = output.unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), told)
}

#[test]
fn the_built_in_bundles_are_right_and_one_of_them_is_different_in_hohhot() {
    let (code, told) = check(&[]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(told.lines().count(), 11, "{told}");
    for line in told.lines() {
        let where_ = match line.split(' ').next().unwrap() {
            "school-enrollment" => "; also in 150100",
            _ => "; the same everywhere",
        };
        assert!(
            line.contains(" is right: ") && line.ends_with(where_),
            "{line}"
        );
    }
}

#[test]
fn a_file_is_checked_before_it_is_offered() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FIRST);
    let (code, told) = check(&[folder.path()]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("trial version 1 is right") && told.contains("150100"),
        "{told}"
    );

    write(
        folder.path(),
        &FIRST.replace("by = \"applicant\"", "by = \"anybody\""),
    );
    let (code, told) = check(&[&folder.path().join("trial.toml")]);
    assert_eq!(code, Some(1), "{told}");
    for part in [
        "error[B042]",
        "trial.toml:15:",
        "= help: there are: applicant",
        "1 mistake",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}
