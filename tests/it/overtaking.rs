//! An enterprise that moves twice, while the departments are late with the first move: each ends with the
//! last registration.

use onething_bundle::ActionKind;
use onething_db::Sql;
use onething_tests::{Case, Plan, Step, bundle_steps, eventually};
use serde_json::{Value, json};

use crate::outcomes::relocation_completed;

const BUNDLE: &str = "enterprise-relocation";

/// The steps that follow the licence.
fn follow_ups() -> Vec<Step> {
    let steps = bundle_steps(BUNDLE).into_iter();
    steps
        .filter(|step| step.kind == ActionKind::Forward)
        .collect()
}

/// The departments that they concern.
const LATE: [&str; 3] = ["public-security", "social-security", "connector"];

/// Has a department record nothing of a case.
fn obstacle(case: &Case) -> Sql {
    let trigger = format!(
        "CREATE TRIGGER obstacle BEFORE INSERT ON ledger WHEN NEW.saga = '{}' \
         BEGIN SELECT RAISE(ABORT, 'late'); END",
        case.id()
    );
    Sql::both(trigger.leak())
}
const OBSTACLE_GONE: Sql = Sql::both("DROP TRIGGER obstacle");

#[tokio::test]
async fn a_move_that_departments_are_late_with_takes_no_later_one_back() {
    let late = follow_ups();
    assert_eq!(late.len(), 6);
    let plan = late
        .iter()
        .fold(Plan::default(), |plan, step| plan.refuse(BUNDLE, &step.id));
    let mut suite = plan.start().await;
    let client = suite.client();
    let first_form = suite.samples.relocation(&client).await;
    let code = first_form["enterprise"]["credit_code"].as_str().unwrap();
    let first = client.file(BUNDLE, &first_form).await;
    eventually("the first move is registered", async || {
        let first = client.case(first.id()).await;
        (first.state_of("register-relocation") == "succeeded").then_some(())
    })
    .await;
    for department in LATE {
        suite.edit(department, obstacle(&first)).await;
        suite.suspend(department, &[]).await;
    }

    let departments = suite.departments();
    let registered = departments.enterprise(code).await;
    let mut second_form = first_form.clone();
    second_form["enterprise"]["target_registrar"] = json!("150105");
    second_form["enterprise"]["target_address"] = json!("内蒙古自治区呼和浩特市赛罕区新华大街1号");
    let second = client.file(BUNDLE, &second_form).await;
    let second = client.ended(second.id()).await;
    relocation_completed(&departments, &second_form, &registered, &second).await;
    assert_eq!(
        registered.registrar,
        first_form["enterprise"]["target_registrar"]
    );

    let waiting = client.case(first.id()).await;
    for step in &late {
        assert_ne!(waiting.state_of(&step.id), "succeeded", "{}", step.id);
    }
    for department in LATE {
        suite.edit(department, OBSTACLE_GONE).await;
    }
    let first = client.ended(first.id()).await;
    assert_eq!(first.state(), "completed", "{first:#?}");
    for step in &late {
        assert_eq!(first.state_of(&step.id), "succeeded", "{}", step.id);
    }

    // Everything is as the second move left it, and the first case was told the numbers that are in force.
    relocation_completed(&departments, &second_form, &registered, &second).await;
    for step in [
        "seal-filing",
        "social-insurance-transfer",
        "medical-insurance-transfer",
        "housing-fund-transfer",
    ] {
        assert_eq!(first.certificate(step), second.certificate(step), "{step}");
    }
    let record = async |department: &str, kind: &str, key: &str| -> Value {
        let record = departments.record(department, kind, key).await.unwrap();
        serde_json::from_str(&record.body).unwrap()
    };
    let taxpayer = record("TX", "taxpayer", code).await;
    assert_eq!(taxpayer["office"], "150105");
    let unit = record("HF", "unit", code).await;
    assert_eq!(
        (&unit["centre"], &unit["unit_number"]),
        (
            &json!("150105"),
            &json!(second.certificate("housing-fund-transfer"))
        )
    );
    let account = record("BK", "account", code).await;
    assert_eq!(
        account["address"],
        second_form["enterprise"]["target_address"]
    );
    let overtaken = async |case: &Case, kept: bool| {
        for (department, kind, step) in [
            ("TX", "transfer", "tax-transfer"),
            ("BK", "notice", "bank-notice"),
        ] {
            let entry = record(department, kind, case.certificate(step)).await;
            assert_eq!(entry["overtaken"], kept, "{step}");
        }
    };
    overtaken(&first, true).await;
    overtaken(&second, false).await;
}
