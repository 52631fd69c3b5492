//! A coordinator's calls to a department: an action with its key in the metadata, and the
//! participant's own service.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::uri::PathAndQuery;
use onething_participant::metadata;
use onething_proto::participant::{
    Effect, ForgetBeforeRequest, GetOutcomeRequest, GetOutcomeResponse, ListEffectsRequest,
    ListEffectsResponse, StepKey, UndoRequest, UndoResponse,
    participant_service_client::ParticipantServiceClient,
};
use onething_runtime::Raw;
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue},
    transport::{Channel, Endpoint},
};

use super::{answer::Answer, decisions::Decisions};

/// Connects to a department.
///
/// # Errors
/// When the URL is none, or nobody listens there.
pub(super) async fn connect(url: &str, timeout: Duration) -> anyhow::Result<Channel> {
    let url = match url.split_once("://") {
        Some(("http", _)) => url.to_owned(),
        Some((scheme, _)) => bail!("{url}: {scheme} is not spoken here; give http://HOST:PORT"),
        None => format!("http://{url}"),
    };
    let endpoint = Endpoint::from_shared(url.clone())
        .with_context(|| format!("{url} is no URL; give http://HOST:PORT"))?
        .connect_timeout(timeout);
    endpoint
        .connect()
        .await
        .with_context(|| format!("nobody speaks gRPC at {url}: is the department running?"))
}

/// A coordinator of its own name, so that what it does is apart from everything else.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    channel: Channel,
    coordinator: String,
    timeout: Duration,
    patience: Duration,
}

/// One action call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The method's full name, `package.Service/Method`.
    pub(super) path: String,
    /// Its key.
    pub(super) key: StepKey,
    /// The fencing number of the coordinator's lease.
    pub(super) epoch: u64,
    /// The request's bytes.
    pub(super) request: Bytes,
    /// What else is in its metadata.
    pub(super) metadata: Vec<(String, String)>,
}

impl Call {
    /// The same call under another epoch.
    pub(super) fn at(&self, epoch: u64) -> Self {
        Self {
            epoch,
            ..self.clone()
        }
    }

    /// The metadata that makes it a saga's call.
    fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![
            (metadata::COORDINATOR, self.key.coordinator.clone()),
            (metadata::SAGA, self.key.saga.clone()),
            (metadata::STEP, self.key.step.clone()),
            (metadata::ROUND, self.key.round.to_string()),
            (metadata::EPOCH, self.epoch.to_string()),
            (metadata::PURPOSE, "participant-check".to_owned()),
        ];
        if !self.key.item.is_empty() {
            headers.push((metadata::ITEM, self.key.item.clone()));
        }
        let mut headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        // The samples may replace what is said by default, the purpose for example.
        headers.retain(|(name, _)| !self.metadata.iter().any(|(own, _)| own == name));
        headers.extend(self.metadata.iter().cloned());
        headers
    }
}

static KEYS: AtomicU64 = AtomicU64::new(1);

impl Caller {
    /// A coordinator over a channel.
    pub(super) fn new(channel: Channel, timeout: Duration, patience: Duration) -> Self {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let short: String = name.chars().take(12).collect();
        Self {
            channel,
            coordinator: format!("check-{short}"),
            timeout,
            patience,
        }
    }

    /// The coordinator's name.
    pub(super) fn coordinator(&self) -> &str {
        &self.coordinator
    }

    /// How long to wait for something that is due.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// A key that nobody used before.
    pub(super) fn key(&self, step: &str) -> StepKey {
        StepKey {
            coordinator: self.coordinator.clone(),
            saga: format!("saga-{}", KEYS.fetch_add(1, Ordering::Relaxed)),
            step: step.to_owned(),
            item: String::new(),
            round: 1,
        }
    }

    /// Makes an action call.
    pub(super) async fn act(&self, call: &Call) -> Answer {
        self.act_with(call, &call.headers()).await
    }

    /// Makes an action call without some of its metadata; without all of the key if `missing` is
    /// empty.
    pub(super) async fn act_without(&self, call: &Call, missing: &str) -> Answer {
        let mut headers = call.headers();
        headers.retain(|(name, _)| {
            if missing.is_empty() {
                !name.starts_with("onething-")
            } else {
                name != missing
            }
        });
        self.act_with(call, &headers).await
    }

    async fn act_with(&self, call: &Call, headers: &[(String, String)]) -> Answer {
        let request = call.request.clone();
        Answer::of(self.unary(&call.path, request, headers).await)
    }

    /// Makes a plain call, outside any saga.
    pub(super) async fn plain(&self, path: &str, request: Bytes) -> Result<Bytes, Status> {
        let id = uuid::Uuid::new_v4().to_string();
        let headers = [(metadata::REQUEST_ID.to_owned(), id)];
        self.unary(path, request, &headers).await
    }

    async fn unary(
        &self,
        path: &str,
        request: Bytes,
        headers: &[(String, String)],
    ) -> Result<Bytes, Status> {
        let path = PathAndQuery::from_maybe_shared(format!("/{path}"))
            .map_err(|_| Status::internal("no method name"))?;
        let mut request = Request::new(request);
        put(request.metadata_mut(), headers)?;
        request.set_timeout(self.timeout);
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let answer = client.unary(request, path, Raw);
        self.in_time(answer).await.map(Response::into_inner)
    }

    /// Undoes a call.
    pub(super) async fn undo(&self, key: &StepKey, epoch: u64) -> Result<UndoResponse, Status> {
        let request = UndoRequest {
            key: Some(key.clone()),
            epoch,
        };
        self.undo_as(request).await
    }

    /// Sends any undo request.
    pub(super) async fn undo_as(&self, request: UndoRequest) -> Result<UndoResponse, Status> {
        let mut client = ParticipantServiceClient::new(self.channel.clone());
        let answer = client.undo(self.request(request));
        self.in_time(answer).await.map(Response::into_inner)
    }

    /// Asks what became of a call.
    pub(super) async fn outcome(
        &self,
        key: &StepKey,
        epoch: u64,
    ) -> Result<GetOutcomeResponse, Status> {
        let request = GetOutcomeRequest {
            key: Some(key.clone()),
            epoch,
        };
        self.outcome_as(request).await
    }

    /// Sends any question for an outcome.
    pub(super) async fn outcome_as(
        &self,
        request: GetOutcomeRequest,
    ) -> Result<GetOutcomeResponse, Status> {
        let mut client = ParticipantServiceClient::new(self.channel.clone());
        let answer = client.get_outcome(self.request(request));
        self.in_time(answer).await.map(Response::into_inner)
    }

    /// Raises a coordinator's low-water mark.
    pub(super) async fn forget_before(&self, coordinator: &str, saga: &str) -> Result<(), Status> {
        let request = ForgetBeforeRequest {
            coordinator: coordinator.to_owned(),
            saga: saga.to_owned(),
        };
        let mut client = ParticipantServiceClient::new(self.channel.clone());
        let answer = client.forget_before(self.request(request));
        self.in_time(answer).await.map(drop)
    }

    /// One page of what is recorded for this coordinator, or of one saga.
    pub(super) async fn page(
        &self,
        saga: &str,
        page_size: i32,
        page_token: &str,
    ) -> Result<ListEffectsResponse, Status> {
        let request = ListEffectsRequest {
            coordinator: self.coordinator.clone(),
            saga: saga.to_owned(),
            page_size,
            page_token: page_token.to_owned(),
        };
        let mut client = ParticipantServiceClient::new(self.channel.clone());
        let answer = client.list_effects(self.request(request));
        self.in_time(answer).await.map(Response::into_inner)
    }

    /// Everything that is recorded for this coordinator, or for one saga.
    pub(super) async fn effects(&self, saga: &str) -> Result<Vec<Effect>, Status> {
        let mut effects = Vec::new();
        let mut token = String::new();
        loop {
            let page = self.page(saga, 100, &token).await?;
            effects.extend(page.effects);
            if page.next_page_token.is_empty() {
                return Ok(effects);
            }
            if page.next_page_token == token {
                return Err(Status::internal(
                    "ListEffects gives the same next_page_token again",
                ));
            }
            token = page.next_page_token;
        }
    }

    /// The decisions behind a cursor, as they come.
    pub(super) fn decisions(&self, cursor: &str) -> Decisions {
        Decisions::open(self.channel.clone(), &self.coordinator, cursor)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        request
    }

    /// A department that does not mind the deadline is not waited for.
    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(Status::deadline_exceeded(format!(
                "no answer within {} s",
                self.timeout.as_secs()
            ))),
        }
    }
}

fn put(into: &mut MetadataMap, headers: &[(String, String)]) -> Result<(), Status> {
    for (name, value) in headers {
        let key: MetadataKey<Ascii> = name
            .parse()
            .map_err(|_| Status::internal(format!("{name:?} is no metadata key")))?;
        let value: MetadataValue<Ascii> = value
            .parse()
            .map_err(|_| Status::internal(format!("{value:?} is no metadata value")))?;
        into.insert(key, value);
    }
    Ok(())
}
