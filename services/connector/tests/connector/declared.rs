//! Departments as declared services: methods, suspensions, health, and settings that do not load.

use onething_connector::Connector;
use onething_participant::MATTER_SUSPENDED;
use onething_proto::health::FindBirthRecordRequest;
use onething_runtime::configure;
use tonic::Code;
use tonic_prost::ProstCodec;

use crate::running::{Served, reason, refused, step};

#[tokio::test]
async fn a_method_that_the_service_lacks_is_unimplemented() {
    for served in Served::on_both(&[]).await {
        let mut client = tonic::client::Grpc::new(served.channel());
        client.ready().await.unwrap();
        let path = "/onething.health.v1.HealthService/BuryTheDead";
        let codec = ProstCodec::<FindBirthRecordRequest, FindBirthRecordRequest>::default();
        let answer = client
            .unary(
                tonic::Request::new(FindBirthRecordRequest::default()),
                path.parse().unwrap(),
                codec,
            )
            .await;
        assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
    }
}

#[tokio::test]
async fn suspended_matters_are_refused_queries_too() {
    let suspended = r#"[
        { method = "onething.health.v1.HealthService/FindBirthRecord" },
        { method = "onething.health.v1.HealthService/IssueBirthCertificate", step = "paper" },
    ]"#;
    for served in Served::on_both(&[("SUSPENSIONS", suspended)]).await {
        let family = served.population.sample_family().unwrap();
        let request = FindBirthRecordRequest {
            mother_id_number: family.mother.id_number.clone(),
        };
        let expected = reason(MATTER_SUSPENDED, "");
        let found = served.health().find_birth_record(request).await;
        assert_eq!(refused(found), expected);
        let request = crate::health::certificate_for(&served);
        let paper = served
            .health()
            .issue_birth_certificate(step("s", "paper", request))
            .await;
        assert_eq!(refused(paper), expected);
        crate::health::issued(&served, "s").await;
    }
}

#[test]
fn broken_files_are_told_when_the_configuration_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.toml", "b.toml"] {
        std::fs::write(folder.path().join(name), "service = \"nothing\"\n").unwrap();
    }
    let variable = (
        "ONETHING__CONNECTOR__DEPARTMENTS_DIR".to_owned(),
        folder.path().display().to_string(),
    );
    let problems = configure::<Connector>(None, [variable]).unwrap_err();
    let reasons: Vec<_> = problems.0.iter().map(|p| p.reason.as_str()).collect();
    let expected = [
        "a.toml:1: no contract has a service `nothing`",
        "b.toml:1: no contract has a service `nothing`",
    ];
    assert_eq!(reasons, expected);
}
