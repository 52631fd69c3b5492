//! Education and identity: their queries, a seat that can be undone, and an entry that must succeed.

use onething_proto::education::{
    ReviewPupilRequest, education_service_client::EducationServiceClient,
};
use onething_tests::Suite;
use serde_json::{Value, json};
use tonic::Request;

use super::{check_with, sample, with};

const EDUCATION: &str = "onething.education.v1.EducationService";
const IDENTITY: &str = "onething.identity.v1.IdentityService";

/// Registers the sample child by a plain call, and gives the number of the registration.
async fn registered(suite: &Suite) -> String {
    let sample = suite.samples.population.sample_pupil().unwrap();
    let (home, guardian) = (sample.household, &sample.guardian.id_number);
    let mut request = Request::new(ReviewPupilRequest {
        child_id_number: sample.child.id_number.clone(),
        child_name: sample.child.name.clone(),
        born_on: sample.child.birth_date.to_string(),
        guardian_id_number: guardian.clone(),
        mother_id_number: Some(guardian.clone()),
        birth_order: 1,
        household_region: home.region.clone(),
        household_address: home.address.clone(),
        mother_home_region: Some(home.region.clone()),
        mother_home_address: Some(home.address.clone()),
        assistance: "none".to_owned(),
        ..ReviewPupilRequest::default()
    });
    let header = "registered-before".parse().unwrap();
    request.metadata_mut().insert("onething-request-id", header);
    let url = suite.departments().url("education");
    let mut education = EducationServiceClient::connect(url).await.unwrap();
    let answer = education.review_pupil(request).await.unwrap();
    answer.into_inner().review_number
}

#[tokio::test(flavor = "multi_thread")]
async fn education_keeps_the_rules() {
    let suite = Suite::start().await;
    let pupil = suite.samples.population.sample_pupil().unwrap();
    let area = json!({
        "region": pupil.household.region,
        "child_born_on": pupil.child.birth_date.to_string(),
    });
    let child = json!({ "id_number": pupil.child.id_number });
    let seat = json!({ "review_number": registered(&suite).await });
    let nobody = json!({ "review_number": "RX150302-2026-999999" });
    let samples = [
        sample(
            EDUCATION,
            "FindSchoolArea",
            &area,
            &with(&area, json!({ "region": "x" })),
        ),
        sample(
            EDUCATION,
            "GetStudentRecord",
            &child,
            &json!({ "id_number": "x" }),
        ),
        sample(EDUCATION, "PlacePupil", &seat, &nobody),
    ];
    let methods = ["FindSchoolArea", "GetStudentRecord", "PlacePupil"];
    let url = suite.departments().url("education");
    check_with(&url, &samples, &methods, &[]).await.passed();
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_keeps_the_rules() {
    let suite = Suite::start().await;
    let pupil = suite.samples.population.sample_pupil().unwrap();
    let login = json!({
        "child_id_number": pupil.child.id_number,
        "login_code": pupil.login_code,
    });
    let enterprise = &suite.samples.mover(0)["enterprise"];
    let entry = json!({
        "credit_code_after": enterprise["credit_code"],
        "id_number": enterprise["legal_representative_id_number"],
    });
    let samples = [
        sample(
            IDENTITY,
            "VerifyGuardianLogin",
            &login,
            &with(&login, json!({ "child_id_number": "x" })),
        ),
        sample(IDENTITY, "AppointLegalRepresentative", &entry, &Value::Null),
    ];
    let methods = ["VerifyGuardianLogin", "AppointLegalRepresentative"];
    let url = suite.departments().url("identity");
    let checked = check_with(&url, &samples, &methods, &[]).await;
    checked.passed();
    // What nothing undoes is named.
    assert_eq!(checked.report()["left"].as_array().unwrap().len(), 1);
}
