//! Departments as declared services: methods, suspensions, health, and settings that do not load.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_connector::Connector;
use onething_participant::MATTER_SUSPENDED;
use onething_proto::health::FindBirthRecordRequest;
use onething_runtime::configure;
use tonic::{Code, Request};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

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
                Request::new(FindBirthRecordRequest::default()),
                path.parse().unwrap(),
                codec,
            )
            .await;
        assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
    }
}

/// The services that reflection lists.
async fn reflected(served: &Served) -> Vec<String> {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(served.channel())
        .server_reflection_info(Request::new(tokio_stream::once(request)))
        .await
        .unwrap()
        .into_inner();
    match answers.message().await.unwrap().unwrap().message_response {
        Some(MessageResponse::ListServicesResponse(list)) => list
            .service
            .into_iter()
            .map(|service| service.name)
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn declared_services_are_reflected_and_healthy() {
    for served in Served::on_both(&[]).await {
        let listed = reflected(&served).await;
        for service in [
            "onething.bank.v1.BankService",
            "onething.connector.v1.ConnectorService",
            "onething.health.v1.HealthService",
            "onething.housing_fund.v1.HousingFundService",
            "onething.natural_resources.v1.NaturalResourcesService",
            "onething.participant.v1.ParticipantService",
            "onething.post.v1.PostService",
            "onething.tax.v1.TaxService",
        ] {
            assert!(listed.iter().any(|name| name == service), "{listed:?}");
            let request = HealthCheckRequest {
                service: service.to_owned(),
            };
            let health = HealthClient::new(served.channel()).check(request).await;
            let status = health.unwrap().into_inner().status();
            assert_eq!(status, ServingStatus::Serving, "{service}");
        }
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
    let shown = "\n    service = \"nothing\"\n              ^^^^^^^^^";
    let expected = [
        format!("a.toml:1:11: no contract has a service `nothing`{shown}"),
        format!("b.toml:1:11: no contract has a service `nothing`{shown}"),
    ];
    assert_eq!(reasons, expected);
}
