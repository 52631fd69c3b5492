//! What must be true of a case that ended in a certain way, held against the departments' own
//! records.

use onething_elements::{BirthCertificate, ResidentNumber};
use onething_proto::enterprise_registry::Enterprise;
use onething_tests::{Case, Departments, assert_each_effect_once, bundle_steps};
use serde_json::Value;

/// A newborn's case was done: every number is valid and known where it was given.
pub(crate) async fn newborn_completed(departments: &Departments, form: &Value, case: &Case) {
    assert_eq!(case.state(), "completed", "{case:#?}");
    for (step, state) in case.items() {
        assert!(
            ["succeeded", "omitted"].contains(&state),
            "{step} is {state}"
        );
    }
    let number = child_registered(departments, form, case).await;
    let enrolment = departments.enrolment(&number).await;
    assert!(!enrolment.insurance_number.is_empty() && !enrolment.card_number.is_empty());
    assert_eq!(
        case.certificate("medical-insurance"),
        enrolment.insurance_number
    );
    assert_eq!(
        case.certificate("social-security-card"),
        enrolment.card_number
    );
    assert_each_effect_once(departments, case).await;
}

/// A newborn's case ended without the insurance: what was decided stands, what is left is named.
pub(crate) async fn newborn_uninsured(departments: &Departments, form: &Value, case: &Case) {
    assert_eq!(case.state(), "partial", "{case:#?}");
    let refused = case.item("medical-insurance");
    assert_eq!(
        (&refused["state"], &refused["reason"]),
        (&"refused".into(), &"MATTER_SUSPENDED".into())
    );
    let number = child_registered(departments, form, case).await;
    let enrolment = departments.enrolment(&number).await;
    assert_eq!(enrolment.insurance_number, "");
    assert_eq!(
        case.certificate("social-security-card"),
        enrolment.card_number
    );
    assert!(!case.certified().contains(&"medical-insurance"));
    let [remainder] = case.remainders() else {
        panic!("{case:#?}")
    };
    for text in ["title", "owner", "next"] {
        for language in ["zh", "mn", "en"] {
            assert_ne!(
                remainder[text][language].as_str().unwrap(),
                "",
                "{text} {language}"
            );
        }
    }
    assert_each_effect_once(departments, case).await;
}

/// The birth is certified and registered: gives the child's resident number.
async fn child_registered(departments: &Departments, form: &Value, case: &Case) -> String {
    let certificate = case.certificate("birth-certificate");
    BirthCertificate::parse(certificate).unwrap();
    let number = case.certificate("birth-registration").to_owned();
    let parsed = ResidentNumber::parse(&number).unwrap();
    let resident = departments.resident(&number).await.unwrap();
    assert_eq!(resident.name, form["child"]["name"]);
    assert_eq!(resident.birth_certificate_number, certificate);
    assert_eq!(resident.birth_date, parsed.birth_date().to_string());
    assert_eq!(resident.sex, parsed.sex().code());
    assert_ne!(resident.registration_number, "");
    number
}

/// An enterprise's move was done: the code is unchanged, everything else is the destination's.
pub(crate) async fn relocation_completed(
    departments: &Departments,
    form: &Value,
    before: &Enterprise,
    case: &Case,
) {
    assert_eq!(case.state(), "completed", "{case:#?}");
    let target = form["enterprise"]["target_registrar"].as_str().unwrap();
    assert_ne!(before.registrar, target);
    let after = departments.enterprise(&before.credit_code).await;
    let moved = Enterprise {
        registrar: target.to_owned(),
        address: form["enterprise"]["target_address"]
            .as_str()
            .unwrap()
            .to_owned(),
        archive_holder: target.to_owned(),
        licence_number: after.licence_number.clone(),
        ..before.clone()
    };
    assert_eq!(after, moved);
    assert_ne!(after.licence_number, "");
    assert_ne!(after.licence_number, before.licence_number);
    let values: Vec<_> = case.json()["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert!(
        values
            .iter()
            .any(|c| c["value"] == after.licence_number.as_str()),
        "{values:#?}"
    );
    assert_eq!(
        departments.seal(&before.credit_code).await.registrar,
        target
    );
    let unit = departments.unit(&before.credit_code).await;
    assert_eq!(
        (
            unit.social_insurance_office.as_str(),
            unit.medical_insurance_office.as_str()
        ),
        (target, target)
    );
    assert_each_effect_once(departments, case).await;
}

/// An enterprise's move was refused at a step and undone: the record is as it was before.
pub(crate) async fn relocation_undone(
    departments: &Departments,
    before: &Enterprise,
    refused: &str,
    case: &Case,
) {
    assert_eq!(case.state(), "compensated", "{refused}: {case:#?}");
    let item = case.item(refused);
    assert_eq!(
        (&item["state"], &item["reason"]),
        (&"refused".into(), &"MATTER_SUSPENDED".into())
    );
    assert_ne!(item["message"].as_str().unwrap(), "");
    assert!(
        case.certified().is_empty() && case.remainders().is_empty(),
        "{case:#?}"
    );
    undone_in_reverse(case);
    let after = departments.enterprise(&before.credit_code).await;
    assert_eq!(after.lock_number, "", "the record is unlocked");
    assert_eq!(
        after.archive_holder, before.registrar,
        "the archive is back"
    );
    assert_eq!(&after, before);
    assert_each_effect_once(departments, case).await;
}

/// Every effect was undone before those that it had built on.
fn undone_in_reverse(case: &Case) {
    let steps = bundle_steps(case.bundle());
    let undone = case.undone();
    for (place, id) in undone.iter().enumerate() {
        let step = steps.iter().find(|step| step.id == *id).unwrap();
        let too_early = undone[..place]
            .iter()
            .find(|earlier| step.behind.contains(**earlier));
        assert_eq!(too_early, None, "{id} was still in force then: {undone:?}");
    }
    let left = case.items().into_iter().filter(|(id, state)| {
        let step = steps.iter().find(|step| step.id == *id).unwrap();
        step.changes_something() && *state == "succeeded"
    });
    assert_eq!(left.collect::<Vec<_>>(), []);
}
