//! Power cuts: a gateway or a department is killed in the middle of a case and started again on the
//! same data. The case ends by itself, and every effect is there exactly once.

use futures::StreamExt;
use onething_tests::{Case, Happening, Plan, Suite, fill};
use serde_json::Value;

use crate::outcomes::{
    newborn_completed, newborn_uninsured, relocation_completed, relocation_undone,
};

/// Families and enterprises enough to try several times.
const PERSONS: u32 = 300;

/// Kills the gateway once the case's journal has reached a length, starts it again and waits for the
/// end of the case. Tells as well whether the case was under way when the power went.
async fn cut_at(suite: &mut Suite, bundle: &str, form: &Value, sequence: u64) -> (Case, bool) {
    let client = suite.client();
    let key = uuid::Uuid::new_v4().to_string();
    let filed = client.file_as(bundle, form, &key).await;
    let mut events = Box::pin(client.events(filed.id(), None).await);
    while let Some(event) = events.next().await {
        if event.sequence() >= sequence {
            break;
        }
    }
    suite.gateway.kill();
    let under_way = suite.unended_cases().await == 1;
    suite.gateway.restart().await;

    let client = suite.client();
    let again = client.submit(bundle, form, &key).await;
    assert_eq!(again.header("idempotent-replayed"), "true", "{again:?}");
    assert_eq!(Case::new(again.json()).id(), filed.id());
    (client.ended(filed.id()).await, under_way)
}

/// At least half of the kills must have hit a case under way, or the test shows nothing.
fn assert_hit(hits: &[bool]) {
    let hit = hits.iter().filter(|hit| **hit).count();
    println!("{hit} of {} kills hit a case under way", hits.len());
    assert!(
        hit * 2 >= hits.len(),
        "only {hit} of {} kills hit a case under way",
        hits.len()
    );
}

#[tokio::test]
async fn a_gateway_killed_at_any_point_ends_a_newborns_case() {
    let mut suite = Plan::default().persons(PERSONS).start().await;
    let mut hits = Vec::new();
    for (family, sequence) in [1, 2, 5, 8, 11, 14, 17, 20, 23, 26].into_iter().enumerate() {
        let form = fill(&suite.client(), "newborn", &suite.samples.parents(family)).await;
        let (case, under_way) = cut_at(&mut suite, "newborn", &form, sequence).await;
        newborn_completed(&suite.departments(), &form, &case).await;
        hits.push(under_way);
    }
    assert_hit(&hits);
}

#[tokio::test]
async fn a_gateway_killed_at_any_point_ends_a_relocation_done_or_undone() {
    let mut suite = Plan::default().persons(PERSONS).start().await;
    let departments = suite.departments();
    let mut hits = Vec::new();
    for (enterprise, sequence) in [4, 9, 14, 19, 24].into_iter().enumerate() {
        let form = fill(
            &suite.client(),
            "enterprise-relocation",
            &suite.samples.mover(enterprise),
        )
        .await;
        let code = form["enterprise"]["credit_code"].as_str().unwrap();
        let before = departments.enterprise(code).await;
        let (case, under_way) = cut_at(&mut suite, "enterprise-relocation", &form, sequence).await;
        relocation_completed(&departments, &form, &before, &case).await;
        hits.push(under_way);
    }
    assert_hit(&hits);
}

/// Also while it is being undone. The same enterprise each time: nothing may be left behind.
#[tokio::test]
async fn a_gateway_killed_at_any_point_undoes_a_refused_relocation() {
    let plan = Plan::default().refuse("enterprise-relocation", "transfer-archive");
    let mut suite = plan.start().await;
    let departments = suite.departments();
    let form = suite.samples.relocation(&suite.client()).await;
    let code = form["enterprise"]["credit_code"].as_str().unwrap();
    let before = departments.enterprise(code).await;
    let mut hits = Vec::new();
    for sequence in [1, 4, 7, 10, 12, 14, 16, 17, 18, 19, 20] {
        let (case, under_way) = cut_at(&mut suite, "enterprise-relocation", &form, sequence).await;
        relocation_undone(&departments, &before, "transfer-archive", &case).await;
        hits.push(under_way);
    }
    assert_hit(&hits);
}

#[tokio::test]
async fn a_gateway_killed_around_a_refusal_ends_in_the_declared_partial_outcome() {
    let plan = Plan::default()
        .persons(PERSONS)
        .refuse("newborn", "medical-insurance");
    let mut suite = plan.start().await;
    let mut hits = Vec::new();
    for (family, sequence) in [10, 16, 19, 22].into_iter().enumerate() {
        let form = fill(&suite.client(), "newborn", &suite.samples.parents(family)).await;
        let (case, under_way) = cut_at(&mut suite, "newborn", &form, sequence).await;
        newborn_uninsured(&suite.departments(), &form, &case).await;
        hits.push(under_way);
    }
    assert_hit(&hits);
}

/// The power goes again while the gateway is recovering.
#[tokio::test]
async fn a_gateway_killed_again_and_again_still_ends_its_cases() {
    let mut suite = Plan::default().persons(PERSONS).start().await;
    let mut filed = Vec::new();
    for family in 0..4 {
        let client = suite.client();
        let form = fill(&client, "newborn", &suite.samples.parents(family)).await;
        filed.push((client.file("newborn", &form).await, form));
        suite.gateway.kill();
        suite.gateway.restart().await;
    }
    let client = suite.client();
    for (case, form) in filed {
        let case = client.ended(case.id()).await;
        newborn_completed(&suite.departments(), &form, &case).await;
    }
}

/// A department is killed while a call to it is under way, and comes back on its data.
#[tokio::test]
async fn a_department_killed_in_the_middle_does_every_act_once() {
    let mut suite = Plan::default().persons(PERSONS).start().await;
    let client = suite.client();
    let crashes = [
        ("connector", "birth-certificate"),
        ("public-security", "birth-registration"),
        ("social-security", "social-security-card"),
        ("social-security", "medical-insurance"),
    ];
    for (family, (department, step)) in crashes.into_iter().enumerate() {
        let form = fill(&client, "newborn", &suite.samples.parents(family)).await;
        let case = client.file("newborn", &form).await;
        client
            .until(case.id(), |event| {
                event.kind == "step.intended" && event.step() == step
            })
            .await;
        suite.department(department).kill();
        suite.department(department).restart_in_place().await;
        let case = client.ended(case.id()).await;
        newborn_completed(&suite.departments(), &form, &case).await;
    }
}

/// Departments that hold a newborn's case up one after the other, and the event at which each does:
/// then its next call is under way to a frozen department.
pub(crate) const HOLDS: [(&str, &str, &str); 4] = [
    ("civil-affairs", "step.succeeded", "birth-record"),
    ("connector", "step.intended", "birth-certificate"),
    ("public-security", "step.intended", "birth-registration"),
    ("social-security", "step.intended", "medical-insurance"),
];

/// Files a newborn's case and follows it until the last of `holds` is frozen with a call under way to it.
pub(crate) async fn held_up(
    suite: &mut Suite,
    form: &Value,
    holds: &[(&'static str, &'static str, &'static str)],
) -> Case {
    let client = suite.client();
    suite.department(holds[0].0).freeze();
    let case = client.file("newborn", form).await;
    for (at, (department, kind, step)) in holds.iter().enumerate() {
        if at > 0 {
            suite.department(department).freeze();
            suite.department(holds[at - 1].0).thaw();
        }
        let reached = |event: &Happening| event.kind == *kind && event.step() == *step;
        client.until(case.id(), reached).await;
    }
    case
}

/// A department takes a call and answers nothing; meanwhile the gateway loses its power. The
/// department then sees the first call, its repetition under a higher epoch, or both.
#[tokio::test]
async fn a_call_that_outlives_its_gateway_takes_effect_once() {
    let mut suite = Plan::default().persons(PERSONS).start().await;
    for last in 1..HOLDS.len() {
        let client = suite.client();
        let form = fill(&client, "newborn", &suite.samples.parents(last)).await;
        let case = held_up(&mut suite, &form, &HOLDS[..=last]).await;
        suite.gateway.kill();
        assert_eq!(suite.unended_cases().await, 1);
        suite.department(HOLDS[last].0).thaw();
        suite.gateway.restart().await;
        let case = suite.client().ended(case.id()).await;
        newborn_completed(&suite.departments(), &form, &case).await;
    }
}
