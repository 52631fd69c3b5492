//! A running connector with a synthetic population, and its clients.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::sync::Arc;

use onething_connector::Connector;
use onething_db::testing::{TestDb, databases};
use onething_participant::{Refusal, metadata};
use onething_population::Population;
use onething_proto::{
    bank::bank_service_client::BankServiceClient,
    connector::{GetRecordRequest, connector_service_client::ConnectorServiceClient},
    health::health_service_client::HealthServiceClient,
    housing_fund::housing_fund_service_client::HousingFundServiceClient,
    participant::{
        StepKey, UndoRequest, UndoResponse, participant_service_client::ParticipantServiceClient,
    },
    post::post_service_client::PostServiceClient,
    tax::tax_service_client::TaxServiceClient,
};
use onething_runtime::{MemoryDiscovery, Running, boot, configure};
use serde_json::Value;
use tonic::{Request, Status, transport::Channel};

const PERSONS: u32 = 400;
const SEED: u64 = 3;

/// A connector of one test.
pub(crate) struct Served {
    pub(crate) test: TestDb,
    running: Running,
    channel: Channel,
    pub(crate) population: Population,
}

impl Served {
    /// One on each database, with more settings as variables.
    pub(crate) async fn on_both(settings: &[(&str, &str)]) -> Vec<Self> {
        let mut all = Vec::new();
        for test in databases(&[]).await {
            all.push(Self::start(test, settings).await);
        }
        all
    }

    /// Starts one on a database.
    pub(crate) async fn start(test: TestDb, settings: &[(&str, &str)]) -> Self {
        let persons = PERSONS.to_string();
        let seed = SEED.to_string();
        let own = [
            ("SERVER__LISTEN", "127.0.0.1:0"),
            ("DATABASE__URL", test.url.as_str()),
            ("POPULATION__PERSONS", persons.as_str()),
            ("POPULATION__SEED", seed.as_str()),
        ];
        let variables = own
            .iter()
            .chain(settings)
            .map(|(name, value)| (format!("ONETHING__{name}"), (*value).to_owned()));
        let (common, settings) = configure::<Connector>(None, variables).unwrap();
        let discovery = Arc::new(MemoryDiscovery::new());
        let running = boot::<Connector>(common, settings, discovery)
            .await
            .unwrap();
        let channel = Channel::from_shared(format!("http://{}", running.addr()))
            .unwrap()
            .connect()
            .await
            .unwrap();
        let today = onething_calendar::local_date(jiff::Timestamp::now());
        Self {
            test,
            running,
            channel,
            population: Population::generate(u64::from(PERSONS), SEED, today),
        }
    }

    /// Stops it and starts another on the same database.
    pub(crate) async fn restarted(self, settings: &[(&str, &str)]) -> Self {
        self.running.stop().await;
        Self::start(self.test, settings).await
    }

    pub(crate) fn health(&self) -> HealthServiceClient<Channel> {
        HealthServiceClient::new(self.channel.clone())
    }

    pub(crate) fn tax(&self) -> TaxServiceClient<Channel> {
        TaxServiceClient::new(self.channel.clone())
    }

    pub(crate) fn housing_fund(&self) -> HousingFundServiceClient<Channel> {
        HousingFundServiceClient::new(self.channel.clone())
    }

    pub(crate) fn bank(&self) -> BankServiceClient<Channel> {
        BankServiceClient::new(self.channel.clone())
    }

    pub(crate) fn post(&self) -> PostServiceClient<Channel> {
        PostServiceClient::new(self.channel.clone())
    }

    pub(crate) fn connector(&self) -> ConnectorServiceClient<Channel> {
        ConnectorServiceClient::new(self.channel.clone())
    }

    pub(crate) fn participant(&self) -> ParticipantServiceClient<Channel> {
        ParticipantServiceClient::new(self.channel.clone())
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A record's state, version and attributes.
    pub(crate) async fn record(
        &self,
        department: &str,
        kind: &str,
        key: &str,
    ) -> Result<(String, i64, Value), Status> {
        let request = GetRecordRequest {
            department: department.to_owned(),
            kind: kind.to_owned(),
            key: key.to_owned(),
        };
        let record = self.connector().get_record(request).await?.into_inner();
        let body = serde_json::from_str(&record.body).unwrap();
        Ok((record.state, record.version, body))
    }

    /// Undoes the step of a saga.
    pub(crate) async fn undo(&self, saga: &str, step: &str) -> UndoResponse {
        let key = StepKey {
            coordinator: "gateway".to_owned(),
            saga: saga.to_owned(),
            step: step.to_owned(),
            item: String::new(),
            round: 1,
        };
        let request = UndoRequest {
            key: Some(key),
            epoch: 1,
        };
        let response = self.participant().undo(request).await.unwrap();
        response.into_inner()
    }
}

/// A call as the step of a saga.
pub(crate) fn step<T>(saga: &str, step: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let keys = [
        (metadata::COORDINATOR, "gateway"),
        (metadata::SAGA, saga),
        (metadata::STEP, step),
        (metadata::ROUND, "1"),
        (metadata::EPOCH, "1"),
    ];
    for (name, value) in keys {
        request.metadata_mut().insert(name, value.parse().unwrap());
    }
    request
}

/// The reason and the field of a refusal.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, String) {
    let status = answer.unwrap_err();
    let refusal =
        Refusal::from_status(&status).unwrap_or_else(|| panic!("not a refusal: {status:?}"));
    (refusal.reason, refusal.field)
}

/// A refusal as [`refused`] tells it.
pub(crate) fn reason(reason: &str, field: &str) -> (String, String) {
    (reason.to_owned(), field.to_owned())
}
