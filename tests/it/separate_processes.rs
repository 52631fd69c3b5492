//! Every service as its own process on its own port, over real gRPC: the two bundles, done, undone
//! and partly done, on SQLite and on PostgreSQL.

use onething_bundle::ActionKind;
use onething_tests::{DEPARTMENTS, Foreign, Plan, Step, Suite, bundle_steps};

use crate::outcomes::{
    newborn_completed, newborn_uninsured, relocation_completed, relocation_undone,
};

async fn newborn_is_done(suite: &Suite) {
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let case = client.file("newborn", &form).await;
    let case = client.ended(case.id()).await;
    newborn_completed(&suite.departments(), &form, &case).await;
}

/// Moves the sample enterprise.
async fn relocation_is_done(suite: &Suite) {
    let (client, departments) = (suite.client(), suite.departments());
    let form = suite.samples.relocation(&client).await;
    let code = form["enterprise"]["credit_code"].as_str().unwrap();
    let before = departments.enterprise(code).await;
    let case = client.file("enterprise-relocation", &form).await;
    let case = client.ended(case.id()).await;
    relocation_completed(&departments, &form, &before, &case).await;
}

/// The steps of the relocation that come before the licence.
fn before_the_licence() -> Vec<Step> {
    let steps = bundle_steps("enterprise-relocation");
    let pivot = steps
        .iter()
        .find(|step| step.kind == ActionKind::Pivot)
        .unwrap()
        .clone();
    let before: Vec<_> = steps
        .into_iter()
        .filter(|step| pivot.behind.contains(&step.id) && !step.optional)
        .collect();
    let compensable = before
        .iter()
        .filter(|step| step.kind == ActionKind::Compensable)
        .count();
    assert!(
        compensable >= 4,
        "lock, acceptance, release and archive: {before:#?}"
    );
    before
}

#[tokio::test]
async fn the_two_bundles_are_done() {
    let suite = Suite::start().await;
    newborn_is_done(&suite).await;
    relocation_is_done(&suite).await;
}

/// Each step is refused for the same enterprise, one case after the other, and at last none: what one
/// undo leaves behind would stop the next case.
#[tokio::test]
async fn a_relocation_refused_at_any_step_before_the_licence_is_undone() {
    let mut suite = Suite::start().await;
    let (client, departments) = (suite.client(), suite.departments());
    let form = suite.samples.relocation(&client).await;
    let code = form["enterprise"]["credit_code"].as_str().unwrap();
    let before = departments.enterprise(code).await;
    for step in before_the_licence() {
        suite.suspend(&step.served_by, &[&step]).await;
        let case = client.file("enterprise-relocation", &form).await;
        let case = client.ended(case.id()).await;
        relocation_undone(&departments, &before, &step.id, &case).await;
        suite.suspend(&step.served_by, &[]).await;
    }
    relocation_is_done(&suite).await;
}

#[tokio::test]
async fn a_newborn_whose_insurance_is_refused_keeps_registration_and_card() {
    let suite = Plan::default()
        .refuse("newborn", "medical-insurance")
        .start()
        .await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let case = client.file("newborn", &form).await;
    let case = client.ended(case.id()).await;
    newborn_uninsured(&suite.departments(), &form, &case).await;
}

#[tokio::test]
async fn the_same_cases_end_the_same_on_postgresql() {
    if Foreign::Postgres.find().is_none() {
        return;
    }
    let mut suite = Plan::default().postgres().start().await;
    newborn_is_done(&suite).await;

    let (client, departments) = (suite.client(), suite.departments());
    let form = suite.samples.relocation(&client).await;
    let code = form["enterprise"]["credit_code"].as_str().unwrap();
    let before = departments.enterprise(code).await;
    let steps = before_the_licence();
    let last = steps.last().unwrap();
    suite.suspend(&last.served_by, &[last]).await;
    let case = client.file("enterprise-relocation", &form).await;
    let case = client.ended(case.id()).await;
    relocation_undone(&departments, &before, &last.id, &case).await;
    suite.suspend(&last.served_by, &[]).await;
    relocation_is_done(&suite).await;
}

#[tokio::test]
async fn a_suite_stops_in_order_and_keeps_what_it_did() {
    let mut suite = Suite::start().await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let case = client.file_as("newborn", &form, "kept").await;
    let ended = client.ended(case.id()).await;
    assert!(suite.gateway.terminate().await.success());
    for name in DEPARTMENTS {
        let process = suite.department(name);
        assert!(process.terminate().await.success(), "{name}");
        process.restart_in_place().await;
    }
    suite.gateway.restart().await;
    let client = suite.client();
    assert_eq!(client.case(case.id()).await, ended);
    assert_eq!(client.file_as("newborn", &form, "kept").await, ended);
    newborn_completed(&suite.departments(), &form, &ended).await;
}
