//! Calls to the department, as the gateway makes them: the journaled bytes with the key in the
//! metadata. The engine and the bare loop both use it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::uri::PathAndQuery;
use onething_participant::{Refusal, Rejection, metadata};
use onething_proto::participant::{
    StepKey, UndoOutcome, UndoRequest, participant_service_client::ParticipantServiceClient,
};
use onething_runtime::Raw;
use onething_saga::{
    Answer, Call, Definition, Facts, OutcomeAnswer, Participants, Prepared, PreparedCall,
    StepIndex, UndoAnswer,
};
use tokio::runtime::Handle;
use tonic::{Request, Response, Status, metadata::MetadataMap, transport::Channel};

use super::workload::{ACTION, request};

/// The department over one connection.
#[derive(Clone)]
pub(super) struct Caller {
    channel: Channel,
    path: PathAndQuery,
    request: Bytes,
    in_turn: bool,
}

impl Caller {
    /// Connects, with the connection in the runtime that calls are made in.
    pub(super) async fn connect(within: &Handle, url: &str) -> Result<Self, String> {
        let opened = within.spawn(Self::open(url.to_owned()));
        opened.await.map_err(|error| error.to_string())?
    }

    async fn open(url: String) -> Result<Self, String> {
        let endpoint = Channel::from_shared(url).map_err(|error| error.to_string())?;
        let channel = endpoint
            .tcp_nodelay(true)
            .connect()
            .await
            .map_err(|error| error.to_string())?;
        let path = PathAndQuery::from_maybe_shared(format!("/{ACTION}"))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            channel,
            path,
            request: request(),
            in_turn: false,
        })
    }

    /// Builds requests only in their steps' turn.
    pub(super) fn in_turn(self, in_turn: bool) -> Self {
        Self { in_turn, ..self }
    }

    /// Makes an action call.
    pub(super) async fn call(
        &self,
        key: StepKey,
        epoch: u64,
        message: Bytes,
        purpose: &str,
        timeout: Duration,
    ) -> Result<Bytes, Status> {
        let mut request = Request::new(message);
        put_key(request.metadata_mut(), key, epoch, purpose)?;
        request.set_timeout(timeout);
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        client
            .unary(request, self.path.clone(), Raw)
            .await
            .map(Response::into_inner)
    }

    /// Undoes a call.
    pub(super) async fn annul(
        &self,
        key: StepKey,
        epoch: u64,
        timeout: Duration,
    ) -> Result<UndoOutcome, Status> {
        let mut request = Request::new(UndoRequest {
            key: Some(key),
            epoch,
        });
        request.set_timeout(timeout);
        let answer = ParticipantServiceClient::new(self.channel.clone())
            .undo(request)
            .await?;
        Ok(answer.into_inner().outcome())
    }

    /// The request of every step.
    pub(super) fn request(&self) -> Bytes {
        self.request.clone()
    }
}

#[async_trait]
impl Participants for Caller {
    fn prepare(&self, _: &Definition, _: &Facts<'_>, _: StepIndex) -> Prepared {
        Prepared::Call {
            request: self.request(),
            target: None,
        }
    }

    fn prepare_ahead(&self, _: &Definition, _: &Facts<'_>, _: StepIndex) -> Option<PreparedCall> {
        // As in a bundle whose steps need nothing of each other's answers.
        (!self.in_turn).then(|| PreparedCall {
            request: self.request(),
            target: None,
        })
    }

    async fn act(&self, call: &Call) -> Answer {
        let (message, purpose) = (call.request.clone(), &call.plan.name);
        let answer = self
            .call(key(call), call.epoch, message, purpose, call.timeout)
            .await;
        match answer {
            Ok(response) => Answer::Succeeded { response },
            Err(status) => failed(&status),
        }
    }

    async fn outcome(&self, _: &Call) -> OutcomeAnswer {
        OutcomeAnswer::NotSeen
    }

    async fn undo(&self, call: &Call) -> UndoAnswer {
        match self.annul(key(call), call.epoch, call.timeout).await {
            Ok(UndoOutcome::Undone) => UndoAnswer::Undone,
            Ok(UndoOutcome::NothingToUndo) => UndoAnswer::NothingToUndo,
            Ok(other) => UndoAnswer::Unknown {
                kind: format!("{other:?}"),
            },
            Err(status) => UndoAnswer::Doubt {
                why: status.to_string(),
            },
        }
    }
}

fn failed(status: &Status) -> Answer {
    if let Some(refusal) = Refusal::from_status(status) {
        return Answer::Refused(onething_saga::Refusal {
            reason: refusal.reason,
            message: refusal.message,
            detail: serde_json::Value::Null,
        });
    }
    match Rejection::from_status(status) {
        Some(Rejection::StaleEpoch) => Answer::StaleEpoch,
        Some(Rejection::DigestMismatch) => Answer::Mismatch,
        Some(Rejection::Closed) => Answer::Closed,
        Some(Rejection::RoundNotOpen) | None => Answer::Doubt {
            why: status.to_string(),
        },
    }
}

fn key(call: &Call) -> StepKey {
    StepKey {
        coordinator: call.key.coordinator.clone(),
        saga: call.key.saga.to_string(),
        step: call.key.step.clone(),
        item: String::new(),
        round: call.key.round,
    }
}

fn put_key(into: &mut MetadataMap, key: StepKey, epoch: u64, purpose: &str) -> Result<(), Status> {
    let mut put = |name: &'static str, value: String| {
        value
            .parse()
            .map(|value| drop(into.insert(name, value)))
            .map_err(|_| Status::internal(format!("{name} is no metadata")))
    };
    put(metadata::COORDINATOR, key.coordinator)?;
    put(metadata::SAGA, key.saga)?;
    put(metadata::STEP, key.step)?;
    put(metadata::ROUND, key.round.to_string())?;
    put(metadata::EPOCH, epoch.to_string())?;
    put(metadata::PURPOSE, purpose.to_owned())
}
