//! The real service on a free port, once on each database, with clients and the population that it
//! was given.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::sync::Arc;

use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::testing::{TestDb, databases};
use onething_identity::Identity;
use onething_participant::{Refusal, metadata};
use onething_population::{Enterprise, Population};
use onething_proto::{
    identity::{
        VerifyLegalRepresentativeRequest, VerifyLegalRepresentativeResponse, VerifyPersonRequest,
        VerifyPersonResponse, identity_service_client::IdentityServiceClient,
    },
    participant::{StepKey, participant_service_client::ParticipantServiceClient},
};
use onething_runtime::{MemoryDiscovery, Running, boot, configure};
use tonic::{Code, Request, Status, transport::Channel};

const PERSONS: u32 = 200;

/// The service and its clients.
pub(crate) struct Department {
    running: Running,
    database: TestDb,
    pub(crate) identity: IdentityServiceClient<Channel>,
    pub(crate) participant: ParticipantServiceClient<Channel>,
    pub(crate) population: Population,
}

impl Department {
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let mut departments = Vec::new();
        for database in databases(&[]).await {
            departments.push(Self::start(database, 1, "[]").await);
        }
        departments
    }

    /// The same service after a restart, with another seed and other suspensions.
    pub(crate) async fn restarted(self, seed: u64, suspensions: &str) -> Self {
        self.running.stop().await;
        Self::start(self.database, seed, suspensions).await
    }

    async fn start(database: TestDb, seed: u64, suspensions: &str) -> Self {
        let variables = [
            ("ONETHING__SERVER__LISTEN", "127.0.0.1:0".to_owned()),
            ("ONETHING__DATABASE__URL", database.url.clone()),
            ("ONETHING__POPULATION__PERSONS", PERSONS.to_string()),
            ("ONETHING__POPULATION__SEED", seed.to_string()),
            ("ONETHING__SUSPENSIONS", suspensions.to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let (common, settings) = configure::<Identity>(None, variables).unwrap();
        let running = boot::<Identity>(common, settings, Arc::new(MemoryDiscovery::new()))
            .await
            .unwrap();
        let channel = Channel::from_shared(format!("http://{}", running.addr()))
            .unwrap()
            .connect()
            .await
            .unwrap();
        Self {
            running,
            database,
            identity: IdentityServiceClient::new(channel.clone()),
            participant: ParticipantServiceClient::new(channel),
            population: Population::generate(PERSONS.into(), seed, local_date(Timestamp::now())),
        }
    }

    pub(crate) async fn verify(&mut self, id_number: &str) -> Result<VerifyPersonResponse, Status> {
        let id_number = id_number.to_owned();
        let request = as_step(VerifyPersonRequest { id_number }, "parents");
        Ok(self.identity.verify_person(request).await?.into_inner())
    }

    pub(crate) async fn verify_representative(
        &mut self,
        credit_code: &str,
        id_number: &str,
    ) -> Result<VerifyLegalRepresentativeResponse, Status> {
        let request = VerifyLegalRepresentativeRequest {
            credit_code: credit_code.to_owned(),
            id_number: id_number.to_owned(),
        };
        let response = self.identity.verify_legal_representative(request).await?;
        Ok(response.into_inner())
    }

    pub(crate) fn enterprise(&self) -> Enterprise {
        self.population
            .sample_enterprise()
            .unwrap()
            .enterprise
            .clone()
    }

    pub(crate) fn deceased(&self) -> String {
        let mut persons = self.population.persons.iter();
        persons.find(|p| !p.alive).unwrap().id_number.clone()
    }
}

pub(crate) fn key(step: &str) -> StepKey {
    StepKey {
        coordinator: "gateway".to_owned(),
        saga: "s".to_owned(),
        step: step.to_owned(),
        item: String::new(),
        round: 1,
    }
}

/// A call as a saga's step makes it.
pub(crate) fn as_step<T>(message: T, step: &str) -> Request<T> {
    let mut request = Request::new(message);
    let StepKey {
        coordinator, saga, ..
    } = key(step);
    for (name, value) in [
        (metadata::COORDINATOR, coordinator.as_str()),
        (metadata::SAGA, &saga),
        (metadata::STEP, step),
        (metadata::ROUND, "1"),
        (metadata::EPOCH, "1"),
    ] {
        request.metadata_mut().insert(name, value.parse().unwrap());
    }
    request
}

/// What a refusal says: its code, its reason and the field it is about.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String, String) {
    let status = answer.unwrap_err();
    let refusal = Refusal::from_status(&status).unwrap();
    (status.code(), refusal.reason, refusal.field)
}
