//! The real service on a free port, once on each database, with clients.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::sync::Arc;

use onething_db::testing::{TestDb, databases};
use onething_education::Education;
use onething_participant::{Refusal, metadata};
use onething_proto::{
    education::{
        FindSchoolAreaRequest, FindSchoolAreaResponse,
        education_service_client::EducationServiceClient,
    },
    participant::{StepKey, participant_service_client::ParticipantServiceClient},
};
use onething_runtime::{MemoryDiscovery, Running, boot, configure};
use tonic::{Code, Request, Status, transport::Channel};

/// The service and its clients.
pub(crate) struct Department {
    running: Running,
    database: TestDb,
    pub(crate) education: EducationServiceClient<Channel>,
    pub(crate) participant: ParticipantServiceClient<Channel>,
}

impl Department {
    pub(crate) async fn on_each_database(persons: u32) -> Vec<Self> {
        let mut departments = Vec::new();
        for database in databases(&[]).await {
            departments.push(Self::start(database, persons, "[]", "[]").await);
        }
        departments
    }

    /// The same service after a restart, with another population and other suspensions.
    pub(crate) async fn restarted(self, persons: u32, suspensions: &str) -> Self {
        self.running.stop().await;
        Self::start(self.database, persons, suspensions, "[]").await
    }

    /// The same service after a restart, with windows of registration.
    pub(crate) async fn registering(self, windows: &str) -> Self {
        self.running.stop().await;
        Self::start(self.database, 1, "[]", windows).await
    }

    async fn start(database: TestDb, persons: u32, suspensions: &str, windows: &str) -> Self {
        let variables = [
            ("ONETHING__SERVER__LISTEN", "127.0.0.1:0".to_owned()),
            ("ONETHING__DATABASE__URL", database.url.clone()),
            ("ONETHING__POPULATION__PERSONS", persons.to_string()),
            ("ONETHING__SUSPENSIONS", suspensions.to_owned()),
            ("ONETHING__ENROLMENT__WINDOWS", windows.to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let (common, settings) = configure::<Education>(None, variables).unwrap();
        let running = boot::<Education>(common, settings, Arc::new(MemoryDiscovery::new()))
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
            education: EducationServiceClient::new(channel.clone()),
            participant: ParticipantServiceClient::new(channel),
        }
    }

    pub(crate) async fn find(
        &mut self,
        region: &str,
        child_born_on: &str,
    ) -> Result<FindSchoolAreaResponse, Status> {
        let request = as_step(question(region, child_born_on), "school");
        Ok(self.education.find_school_area(request).await?.into_inner())
    }
}

pub(crate) fn question(region: &str, child_born_on: &str) -> FindSchoolAreaRequest {
    FindSchoolAreaRequest {
        region: region.to_owned(),
        child_born_on: child_born_on.to_owned(),
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
