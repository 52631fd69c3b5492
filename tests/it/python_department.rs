//! A department in Python takes part in cases in the place of one of ours: done, refused, undone, and
//! killed in the middle.

use onething_proto::{
    participant::Outcome,
    social_security::{
        EnrollResidentMedicalInsuranceRequest,
        social_security_service_client::SocialSecurityServiceClient,
    },
};
use onething_tests::{Case, Certificate, Plan, Python, Suite, effects, eventually, fill};
use serde_json::{Value, json};
use tonic::Request;

use crate::outcomes::newborn_completed;

/// Where the bundle is in which a step of ours stands before and behind the Python department's.
const BUNDLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/bundles");

/// The steps of that bundle.
const CARD: &str = "social-security-card";
const VACCINATION: &str = "vaccination-record";
const INSURANCE: &str = "medical-insurance";

fn certificate() -> Certificate {
    Certificate {
        number: "U150000001".to_owned(),
        child_name: "安宁".to_owned(),
    }
}

/// A suite whose connector is the department in Python.
async fn suite(python: &Python, plan: Plan, fault: Option<&str>) -> Suite {
    // Enough for a birth a test files.
    let plan = plan.persons(200);
    let population = plan.population();
    let spec = python.department(
        "connector",
        python.folder(),
        &population,
        &certificate(),
        fault,
    );
    plan.instead(spec).start().await
}

/// The form of a child who moves in.
fn newcomer(suite: &Suite) -> Value {
    let family = suite.samples.population.sample_family().unwrap();
    json!({
        "child": { "id_number": suite.samples.newcomer(), "name": certificate().child_name },
        "household": { "region": family.household.region },
        "birth": { "certificate_number": certificate().number },
    })
}

/// What is recorded for a case, as (step, outcome) in the order of the bundle.
async fn recorded(suite: &Suite, case: &Case) -> Vec<(String, Outcome)> {
    let all = effects(&suite.departments(), case.id()).await;
    let mut found: Vec<_> = all
        .into_iter()
        .map(|(_, effect)| (effect.key.as_ref().unwrap().step.clone(), effect.outcome()))
        .collect();
    let place = |step: &str| {
        [CARD, VACCINATION, INSURANCE]
            .iter()
            .position(|id| *id == step)
    };
    found.sort_by_key(|(step, _)| place(step));
    found
}

fn all_of(outcome: Outcome) -> Vec<(String, Outcome)> {
    [CARD, VACCINATION, INSURANCE]
        .map(|step| (step.to_owned(), outcome))
        .to_vec()
}

/// Waits until the department has killed itself, and starts it again without its mistake.
async fn back_again(suite: &mut Suite, python: &Python) {
    let process = suite.department("connector");
    eventually("the department kills itself", async || process.ended()).await;
    let population = &suite.samples.population;
    let spec = python.department(
        "connector",
        python.folder(),
        population,
        &certificate(),
        None,
    );
    let process = suite.department("connector");
    process.spec = spec;
    process.restart_in_place().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newborn_is_certified_in_python() {
    let Some(python) = Python::find() else {
        return;
    };
    let suite = suite(&python, Plan::default(), None).await;
    let client = suite.client();
    // The second family wants nothing sent home: the post is not part of the department.
    let form = fill(&client, "newborn", &suite.samples.parents(1)).await;
    let case = client.file("newborn", &form).await;
    let case = client.ended(case.id()).await;
    newborn_completed(&suite.departments(), &form, &case).await;
    assert_eq!(case.certificate("birth-certificate"), "U150000002");
    assert_eq!(case.certificate("vaccination-record"), "YF0000000001");
    // Everything that it recorded keeps the rules, seen from outside.
    let departments = suite.departments();
    let own = departments.effects("connector", "gateway", case.id()).await;
    let steps: Vec<_> = own
        .iter()
        .map(|e| e.key.as_ref().unwrap().step.as_str())
        .collect();
    assert_eq!(steps, ["birth-certificate", "vaccination-record"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_in_python_undoes_what_came_before() {
    let Some(python) = Python::find() else {
        return;
    };
    let suite = suite(&python, Plan::default().bundles(BUNDLES), None).await;
    let client = suite.client();
    let mut form = newcomer(&suite);
    form["birth"]["certificate_number"] = json!("U150000009");
    let case = client.file("newcomer", &form).await;
    let case = client.ended(case.id()).await;
    assert_eq!(case.state(), "compensated", "{case:#?}");
    let refused = case.item(VACCINATION);
    assert_eq!(refused["reason"], "CERTIFICATE_NOT_FOUND", "{refused:#?}");
    assert_eq!(case.undone(), [CARD]);
    let expected = [(CARD, Outcome::Undone), (VACCINATION, Outcome::Refused)];
    assert_eq!(
        recorded(&suite, &case).await,
        expected.map(|(step, is)| (step.to_owned(), is))
    );

    // Nothing is left behind: the same child's next application is done.
    let case = client.file("newcomer", &newcomer(&suite)).await;
    let case = client.ended(case.id()).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert_eq!(case.certificate(VACCINATION), "YF0000000001");
    assert_eq!(recorded(&suite, &case).await, all_of(Outcome::Succeeded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_in_python_killed_in_the_middle_does_its_act_once() {
    for fault in ["dies-before-the-commit", "dies-before-the-answer"] {
        let Some(python) = Python::find() else {
            return;
        };
        let plan = Plan::default().bundles(BUNDLES);
        let mut suite = suite(&python, plan, Some(fault)).await;
        let client = suite.client();
        let case = client.file("newcomer", &newcomer(&suite)).await;
        back_again(&mut suite, &python).await;
        let case = client.ended(case.id()).await;
        assert_eq!(case.state(), "completed", "{fault}: {case:#?}");
        // The first number: no second record was opened.
        assert_eq!(case.certificate(VACCINATION), "YF0000000001", "{fault}");
        assert_eq!(
            recorded(&suite, &case).await,
            all_of(Outcome::Succeeded),
            "{fault}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_in_python_killed_in_its_undo_annuls_once() {
    let Some(python) = Python::find() else {
        return;
    };
    let plan = Plan::default().bundles(BUNDLES);
    let mut suite = suite(&python, plan, Some("dies-after-the-undo")).await;
    let form = newcomer(&suite);
    // The child is insured already: the last step is refused.
    let text = |role: &str, field: &str| form[role][field].as_str().unwrap().to_owned();
    let mut request = Request::new(EnrollResidentMedicalInsuranceRequest {
        id_number: text("child", "id_number"),
        name: text("child", "name"),
        region: text("household", "region"),
    });
    let header = "before".parse().unwrap();
    request.metadata_mut().insert("onething-request-id", header);
    let channel = suite.departments().channel("social-security");
    let mut insurance = SocialSecurityServiceClient::new(channel);
    insurance
        .enroll_resident_medical_insurance(request)
        .await
        .unwrap();

    let client = suite.client();
    let case = client.file("newcomer", &form).await;
    back_again(&mut suite, &python).await;
    let case = client.ended(case.id()).await;
    assert_eq!(case.state(), "compensated", "{case:#?}");
    assert_eq!(case.item(INSURANCE)["reason"], "ALREADY_INSURED");
    assert_eq!(case.undone(), [VACCINATION, CARD]);
    let expected = [
        (CARD, Outcome::Undone),
        (VACCINATION, Outcome::Undone),
        (INSURANCE, Outcome::Refused),
    ];
    assert_eq!(
        recorded(&suite, &case).await,
        expected.map(|(step, is)| (step.to_owned(), is))
    );
}
