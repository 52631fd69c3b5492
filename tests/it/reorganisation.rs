//! An enterprise under a court-approved reorganisation plan: its sanctions are suspended although its
//! records cannot be repaired yet, and its records are repaired when they can be.

use onething_db::Sql;
use onething_tests::{Case, Officer, Plan, Suite};
use serde_json::{Value, json};

/// The form of the enterprise whose plan a court approved.
fn form(suite: &Suite) -> Value {
    let population = &suite.samples.population;
    let [ruling] = &population.reorganisations()[..] else {
        panic!("one ruling")
    };
    let mut enterprises = population.enterprises.iter();
    let found = enterprises.find(|known| known.credit_code == ruling.credit_code);
    json!({
        "enterprise": { "credit_code": ruling.credit_code },
        "representative": { "id_number": found.unwrap().legal_representative_id_number },
        "credit": { "commitment_given": true },
    })
}

async fn ended(suite: &Suite) -> Case {
    let client = suite.client();
    let case = client.file("credit-repair", &form(suite)).await;
    client.ended(case.id()).await
}

/// Whether an item was refused for a reason; of a repeated step its item says why.
fn refused_for(case: &Case, reason: &str) -> bool {
    let mut items = case.json()["items"].as_array().unwrap().iter();
    items.any(|item| item["reason"] == reason)
}

#[tokio::test]
async fn sanctions_are_suspended_on_the_ruling_though_nothing_can_be_repaired() {
    let suite = Plan::default().start().await;
    let [ruling] = &suite.samples.population.reorganisations()[..] else {
        panic!("one ruling")
    };
    let case = ended(&suite).await;
    assert_eq!(case.state(), "partial", "{case:#?}");
    assert!(refused_for(&case, "DUTY_NOT_FULFILLED"), "{case:#?}");
    assert_eq!(case.remainders()[0]["outcome"], "suspended-not-repaired");
    let certificates = case.json()["certificates"].as_array().unwrap();
    let until = ruling.plan_until.to_string();
    assert!(
        certificates.iter().any(|c| c["value"] == until.as_str()),
        "{certificates:?}"
    );

    // Nothing is suspended twice: the repair alone is asked for, refused for its own reason, and leaves
    // nothing behind.
    let again = ended(&suite).await;
    assert_eq!(again.state(), "compensated", "{again:#?}");
    assert_eq!(again.state_of("suspend-sanctions"), "omitted");
    assert!(refused_for(&again, "DUTY_NOT_FULFILLED"), "{again:#?}");
    assert!(again.remainders().is_empty());
}

#[tokio::test]
async fn a_suspended_enterprise_is_repaired_as_soon_as_its_duties_are_fulfilled() {
    let mut suite = Plan::default().set("REVIEWS__OPEN", "true").start().await;
    let suspended = ended(&suite).await;
    assert_eq!(suspended.state(), "partial", "{suspended:#?}");

    // It corrects its misconduct and pays the one fine of the population that is open.
    let fulfilled = "UPDATE penalty SET duty_fulfilled = 1 WHERE duty_fulfilled = 0";
    let fulfilled = suite.edit("enterprise-registry", Sql::both(fulfilled));
    assert_eq!(fulfilled.await, 1);
    let paid = "UPDATE record SET body = replace(body, '\"fine_fen\"', '\"paid_on\":\"2026-01-05\",\"fine_fen\"') \
                WHERE kind = 'fine_bill' AND body NOT LIKE '%paid_on%'";
    assert_eq!(suite.edit("connector", Sql::both(paid)).await, 1);

    let client = suite.client();
    let repaired = client.file("credit-repair", &form(&suite)).await;
    let registrar = Officer::at(&suite.department("enterprise-registry").url(), "saran").await;
    registrar
        .approve(&registrar.next(repaired.id()).await)
        .await;
    let repaired = client.ended(repaired.id()).await;
    assert_eq!(repaired.state(), "completed", "{repaired:#?}");
    assert_eq!(repaired.state_of("suspend-sanctions"), "omitted");
    assert_eq!(repaired.state_of("end-publicity"), "succeeded");
}

#[tokio::test]
async fn without_a_plan_that_is_carried_out_the_repair_is_refused_as_before() {
    let suite = Plan::default().start().await;
    // The court ended the plan's execution.
    let ended_early = "UPDATE record SET body = replace(body, '\"ended\":false', '\"ended\":true') \
                       WHERE kind = 'reorganisation'";
    assert_eq!(suite.edit("connector", Sql::both(ended_early)).await, 1);
    let case = ended(&suite).await;
    assert_eq!(case.state(), "compensated", "{case:#?}");
    assert_eq!(case.state_of("reorganisation"), "omitted");
    assert_eq!(case.state_of("suspend-sanctions"), "omitted");
    assert!(case.remainders().is_empty());
}
