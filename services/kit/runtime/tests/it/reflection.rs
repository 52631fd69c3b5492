//! Reflection, in the version of today and the one that older clients know.

use std::sync::Arc;

use onething_runtime::{Application, MemoryDiscovery, start};
use tonic::Request;
use tonic_reflection::pb::{v1, v1alpha};

use crate::kit::{common, peers};

#[tokio::test]
async fn both_versions_list_what_is_served() {
    let discovery = MemoryDiscovery::new();
    let served = "onething.participant.v1.ParticipantService";
    let application = Application::new("target").named([served]);
    let running = start(application, &common(""), Arc::new(discovery.clone()))
        .await
        .unwrap();
    let peer = peers(&discovery).peer("target");

    let mut client = v1::server_reflection_client::ServerReflectionClient::new(peer.clone());
    let ask = v1::server_reflection_request::MessageRequest::ListServices(String::new());
    let ask = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(ask),
    };
    let answers = client
        .server_reflection_info(Request::new(tokio_stream::iter([ask])))
        .await;
    let answer = answers
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap();
    let Some(v1::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        answer.message_response
    else {
        panic!("not a list")
    };
    let mut names: Vec<String> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    names.sort();
    assert_eq!(names, ["grpc.health.v1.Health", served]);

    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(peer);
    let symbol = "grpc.health.v1.Health".to_owned();
    let ask = v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(symbol);
    let ask = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(ask),
    };
    let answers = client
        .server_reflection_info(Request::new(tokio_stream::iter([ask])))
        .await;
    let answer = answers
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(
        answer.message_response,
        Some(v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse(_))
    ));
    running.stop().await;
}

#[tokio::test]
async fn descriptors_that_are_none_are_refused_at_start() {
    let application = Application::new("target").descriptors(b"nonsense".to_vec());
    let started = start(application, &common(""), Arc::new(MemoryDiscovery::new())).await;
    assert!(matches!(
        started,
        Err(onething_runtime::BootError::Descriptors(_))
    ));
}
