//! An enterprise under a court-approved reorganisation plan: its sanctions are suspended although its
//! records cannot be repaired yet.

use onething_db::Sql;
use onething_tests::{Case, Plan, Suite};
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

#[tokio::test]
async fn sanctions_are_suspended_on_the_ruling_though_nothing_can_be_repaired() {
    let suite = Plan::default().start().await;
    let [ruling] = &suite.samples.population.reorganisations()[..] else {
        panic!("one ruling")
    };
    let case = ended(&suite).await;
    assert_eq!(case.state(), "partial", "{case:#?}");
    // Of the repeated step, the item that was refused says why.
    let items = case.json()["items"].as_array().unwrap();
    assert!(
        items
            .iter()
            .any(|item| item["reason"] == "DUTY_NOT_FULFILLED")
    );
    assert_eq!(case.remainders()[0]["outcome"], "suspended-not-repaired");
    let certificates = case.json()["certificates"].as_array().unwrap();
    let until = ruling.plan_until.to_string();
    assert!(
        certificates.iter().any(|c| c["value"] == until.as_str()),
        "{certificates:?}"
    );

    // Suspended is suspended: nothing new takes effect, and the case leaves nothing behind.
    let again = ended(&suite).await;
    assert_eq!(again.state(), "compensated", "{again:#?}");
    assert_eq!(
        again.item("suspend-sanctions")["reason"],
        "ALREADY_SUSPENDED"
    );
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
