//! Departments in Rust, behind the connector too.

use onething_tests::Suite;
use serde_json::{Value, json};

use super::{check_with, sample, with};

const CIVIL_AFFAIRS: &str = "onething.civil_affairs.v1.CivilAffairsService";
const HEALTH: &str = "onething.health.v1.HealthService";
const PUBLIC_SECURITY: &str = "onething.public_security.v1.PublicSecurityService";
const REGISTRY: &str = "onething.enterprise_registry.v1.EnterpriseRegistryService";
const SOCIAL_SECURITY: &str = "onething.social_security.v1.SocialSecurityService";

#[tokio::test(flavor = "multi_thread")]
async fn our_own_departments_keep_the_rules() {
    let suite = Suite::start().await;
    let population = &suite.samples.population;
    let url = |name: &str| suite.departments().url(name);
    let family = population.sample_family().unwrap();
    let mother = &family.mother.id_number;

    let married = sample(
        CIVIL_AFFAIRS,
        "GetMarriage",
        &json!({ "id_number": mother }),
        &json!({ "id_number": "x" }),
    );
    check_with(&url("civil-affairs"), &[married], &["GetMarriage"], &[])
        .await
        .passed();

    let enterprise = &suite.samples.mover(0)["enterprise"];
    let request = json!({
        "credit_code": enterprise["credit_code"],
        "target_registrar": enterprise["target_registrar"],
    });
    let acceptance = with(
        &request,
        json!({
            "target_address": enterprise["target_address"],
            "premises_right": enterprise["premises_right"],
            "resolution_date": enterprise["resolution_date"],
        }),
    );
    let nowhere = json!({ "target_registrar": enterprise["registrar"] });
    let samples = [
        sample(
            REGISTRY,
            "LockRecord",
            &request,
            &with(&request, nowhere.clone()),
        ),
        sample(
            REGISTRY,
            "AcceptRelocation",
            &acceptance,
            &with(&acceptance, nowhere),
        ),
    ];
    let methods = ["LockRecord", "AcceptRelocation"];
    check_with(&url("enterprise-registry"), &samples, &methods, &[])
        .await
        .passed();
    let code = enterprise["credit_code"].as_str().unwrap();
    let after = suite.departments().enterprise(code).await;
    assert_eq!(after.lock_number, "", "the lock is left behind");

    let household = json!({
        "mother_id_number": mother,
        "father_id_number": family.father.id_number,
        "follows": "mother",
    });
    let birth = json!({
        "birth_certificate_number": "U150009999",
        "child_name": family.child_name,
        "child_sex": family.birth.child_sex.code(),
        "born_on": family.birth.born_on().to_string(),
        "mother_id_number": mother,
        "father_id_number": family.father.id_number,
        "household_id": family.household.id,
    });
    let seal = json!({ "credit_code": code, "registrar": enterprise["target_registrar"] });
    let samples = [
        sample(
            PUBLIC_SECURITY,
            "FindParentHousehold",
            &household,
            &with(
                &household,
                json!({ "mother_id_number": "x", "father_id_number": "x" }),
            ),
        ),
        sample(
            PUBLIC_SECURITY,
            "RegisterBirth",
            &birth,
            &with(&birth, json!({ "household_id": "HK150302-9999999" })),
        ),
        sample(PUBLIC_SECURITY, "RefileSeal", &seal, &Value::Null),
    ];
    let methods = ["FindParentHousehold", "RegisterBirth", "RefileSeal"];
    let checked = check_with(&url("public-security"), &samples, &methods, &[]).await;
    checked.passed();
    // What nothing undoes is named.
    assert_eq!(checked.report()["left"].as_array().unwrap().len(), 2);

    let holder = json!({ "id_number": suite.samples.newcomer(), "name": family.child_name });
    let enrolment = with(&holder, json!({ "region": family.household.region }));
    let samples = [
        sample(
            SOCIAL_SECURITY,
            "IssueSocialSecurityCard",
            &holder,
            &with(&holder, json!({ "id_number": "x" })),
        ),
        sample(
            SOCIAL_SECURITY,
            "EnrollResidentMedicalInsurance",
            &enrolment,
            &with(&enrolment, json!({ "region": "000000" })),
        ),
    ];
    let methods = ["IssueSocialSecurityCard", "EnrollResidentMedicalInsurance"];
    check_with(&url("social-security"), &samples, &methods, &[])
        .await
        .passed();

    let certificate = json!({
        "record_number": family.birth.record_number,
        "child_name": family.child_name,
        "mother_id_number": mother,
        "mother_name": family.mother.name,
        "father_id_number": family.father.id_number,
        "father_name": family.father.name,
    });
    let samples = [sample(
        HEALTH,
        "IssueBirthCertificate",
        &certificate,
        &with(&certificate, json!({ "record_number": "none" })),
    )];
    check_with(&url("connector"), &samples, &["IssueBirthCertificate"], &[])
        .await
        .passed();
}
