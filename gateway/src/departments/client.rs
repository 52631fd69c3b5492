//! One call to a department, with its key in the metadata.

use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use onething_participant::metadata;
use onething_proto::participant::{
    GetOutcomeRequest, GetOutcomeResponse, StepKey, UndoRequest, UndoResponse,
    participant_service_client::ParticipantServiceClient,
};
use onething_runtime::{Peer, Raw};
use onething_saga::{Call, OnExpiry};
use tonic::{Request, Response, Status, metadata::MetadataMap};

/// Makes an action call: the journaled bytes to the journaled method.
pub(super) async fn act(peer: Peer, call: &Call) -> Result<Bytes, Status> {
    let path = format!("/{}", call.step().action);
    let path = PathAndQuery::from_maybe_shared(path)
        .map_err(|_| Status::internal("the step's action is no method name"))?;
    let mut request = Request::new(call.request.clone());
    put_key(request.metadata_mut(), call)?;
    limit(&mut request, call.timeout);
    let mut client = tonic::client::Grpc::new(peer);
    client
        .ready()
        .await
        .map_err(|e| Status::unavailable(e.to_string()))?;
    client
        .unary(request, path, Raw)
        .await
        .map(Response::into_inner)
}

/// Asks what became of a call.
pub(super) async fn outcome(peer: Peer, call: &Call) -> Result<GetOutcomeResponse, Status> {
    let mut request = Request::new(GetOutcomeRequest {
        key: Some(key(call)),
        epoch: call.epoch,
    });
    limit(&mut request, call.timeout);
    ParticipantServiceClient::new(peer)
        .get_outcome(request)
        .await
        .map(Response::into_inner)
}

/// Undoes a call.
pub(super) async fn undo(peer: Peer, call: &Call) -> Result<UndoResponse, Status> {
    let mut request = Request::new(UndoRequest {
        key: Some(key(call)),
        epoch: call.epoch,
    });
    limit(&mut request, call.timeout);
    ParticipantServiceClient::new(peer)
        .undo(request)
        .await
        .map(Response::into_inner)
}

fn limit<T>(request: &mut Request<T>, timeout: Duration) {
    request.set_timeout(timeout);
}

fn key(call: &Call) -> StepKey {
    StepKey {
        coordinator: call.key.coordinator.clone(),
        saga: call.key.saga.to_string(),
        step: call.key.step.clone(),
        item: item(call),
        round: call.key.round,
    }
}

/// A step that is not repeated has no item.
fn item(call: &Call) -> String {
    match call.key.item {
        0 => String::new(),
        item => item.to_string(),
    }
}

fn put_key(into: &mut MetadataMap, call: &Call) -> Result<(), Status> {
    let key = key(call);
    let mut put = |name: &'static str, value: String| {
        value
            .parse()
            .map(|value| drop(into.insert(name, value)))
            .map_err(|_| Status::internal(format!("{name} is no metadata")))
    };
    put(metadata::COORDINATOR, key.coordinator)?;
    put(metadata::SAGA, key.saga)?;
    put(metadata::STEP, key.step)?;
    if !key.item.is_empty() {
        put(metadata::ITEM, key.item)?;
    }
    if let Some((due, on_expiry)) = call.due {
        put(metadata::DUE, due.0.to_string())?;
        put(metadata::EXPIRY, expiry(on_expiry).to_owned())?;
    }
    put(metadata::ROUND, key.round.to_string())?;
    put(metadata::EPOCH, call.epoch.to_string())?;
    // The purpose is the bundle, wherever it is carried out.
    let purpose = call.plan.name.split('@').next().unwrap_or_default();
    put(metadata::PURPOSE, purpose.to_owned())
}

/// The name under which a department learns what follows when the statutory time is over.
fn expiry(on_expiry: OnExpiry) -> &'static str {
    match on_expiry {
        OnExpiry::Escalate => "escalate",
        OnExpiry::Compensate => "compensate",
        OnExpiry::DeemedGranted => "deemed_granted",
        OnExpiry::DeemedRefused => "deemed_refused",
    }
}
