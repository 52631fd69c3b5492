//! The real service on a free port, once on each database, with clients and the population that it
//! was given.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::sync::Arc;

use jiff::civil::date;
use onething_civil_affairs::CivilAffairs;
use onething_db::{
    Sql,
    testing::{TestDb, databases},
};
use onething_participant::{Refusal, metadata};
use onething_population::{Marriage, Population};
use onething_proto::{
    civil_affairs::{
        GetMarriageRequest, GetMarriageResponse,
        civil_affairs_service_client::CivilAffairsServiceClient,
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
    pub(crate) civil_affairs: CivilAffairsServiceClient<Channel>,
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
        let (common, settings) = configure::<CivilAffairs>(None, variables).unwrap();
        let running = boot::<CivilAffairs>(common, settings, Arc::new(MemoryDiscovery::new()))
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
            civil_affairs: CivilAffairsServiceClient::new(channel.clone()),
            participant: ParticipantServiceClient::new(channel),
            // Marriages do not depend on the day.
            population: Population::generate(PERSONS.into(), seed, date(2026, 6, 1)),
        }
    }

    pub(crate) async fn marriage_of(
        &mut self,
        id_number: &str,
    ) -> Result<GetMarriageResponse, Status> {
        let id_number = id_number.to_owned();
        let request = as_step(GetMarriageRequest { id_number }, "marriage");
        Ok(self.civil_affairs.get_marriage(request).await?.into_inner())
    }

    pub(crate) async fn write(&self, sql: Sql, args: onething_db::Args) {
        let mut tx = self.database.db.begin().await.unwrap();
        assert_eq!(tx.execute(sql, args).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }

    pub(crate) fn sample(&self) -> Marriage {
        self.population.sample_family().unwrap().marriage.clone()
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
