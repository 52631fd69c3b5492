//! The real service on a free port, once on each database, with clients, the population that it was
//! given and a handle to its database.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use onething_calendar::local_date;
use onething_db::{
    Args, Sql,
    testing::{TestDb, databases},
};
use onething_participant::{INVALID_INPUT, Refusal, metadata};
use onething_population::Population;
use onething_proto::{
    participant::{
        DecideRequest, DecideResponse, GetOutcomeRequest, StepKey, UndoOutcome, UndoRequest,
        UndoResponse, Verdict, participant_service_client::ParticipantServiceClient,
        review_service_client::ReviewServiceClient,
    },
    social_security::{
        GetEnrolmentRequest, GetEnrolmentResponse,
        social_security_service_client::SocialSecurityServiceClient,
    },
};
use onething_runtime::{MemoryDiscovery, Running, boot, configure};
use onething_social_security::SocialSecurity;
use tonic::{Code, Request, Status, transport::Channel};

const PERSONS: u32 = 200;

/// A newborn's number; nobody in the population has it.
pub(crate) const CHILD: &str = "15010520190715996X";
/// Another one's.
pub(crate) const BROTHER: &str = "150302196603159977";
pub(crate) const NAME: &str = "王晨";

/// The service and its clients.
pub(crate) struct Department {
    running: Running,
    database: TestDb,
    pub(crate) social_security: SocialSecurityServiceClient<Channel>,
    participant: ParticipantServiceClient<Channel>,
    reviews: ReviewServiceClient<Channel>,
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
            ("ONETHING__REVIEWS__OPEN", "true".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let (common, settings) = configure::<SocialSecurity>(None, variables).unwrap();
        let running = boot::<SocialSecurity>(common, settings, Arc::new(MemoryDiscovery::new()))
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
            social_security: SocialSecurityServiceClient::new(channel.clone()),
            participant: ParticipantServiceClient::new(channel.clone()),
            reviews: ReviewServiceClient::new(channel),
            population: Population::generate(PERSONS.into(), seed, today()),
        }
    }

    /// What a person has, as any department reads it.
    pub(crate) async fn enrolment(&mut self, id_number: &str) -> GetEnrolmentResponse {
        let id_number = id_number.to_owned();
        let answer = self
            .social_security
            .get_enrolment(GetEnrolmentRequest { id_number })
            .await;
        answer.unwrap().into_inner()
    }

    /// What an officer decides: with a reason, a refusal.
    pub(crate) async fn decide(
        &mut self,
        saga: &str,
        reason: &str,
    ) -> Result<DecideResponse, Status> {
        let verdict = if reason.is_empty() {
            Verdict::Approve
        } else {
            Verdict::Refuse
        };
        let request = DecideRequest {
            key: Some(key(saga)),
            verdict: verdict.into(),
            reason: reason.to_owned(),
            message: match verdict {
                Verdict::Refuse => "The objection is right.".to_owned(),
                _ => String::new(),
            },
            officer: "saran".to_owned(),
            ..DecideRequest::default()
        };
        Ok(self.reviews.decide(request).await?.into_inner())
    }

    /// The answer of a step that was decided later.
    pub(crate) async fn answer<M: prost::Message + Default>(&mut self, saga: &str) -> M {
        let request = GetOutcomeRequest {
            key: Some(key(saga)),
            epoch: 1,
        };
        let outcome = self.participant.get_outcome(request).await.unwrap();
        M::decode(outcome.into_inner().response).unwrap()
    }

    pub(crate) async fn undo(&mut self, saga: &str) -> UndoResponse {
        let request = UndoRequest {
            key: Some(key(saga)),
            epoch: 1,
        };
        self.participant.undo(request).await.unwrap().into_inner()
    }

    pub(crate) async fn undone(&mut self, saga: &str) -> UndoOutcome {
        self.undo(saga).await.outcome()
    }

    /// Changes rows behind the service's back.
    pub(crate) async fn write(&self, sql: Sql, args: Args) {
        let mut tx = self.database.db.begin().await.unwrap();
        assert!(tx.execute(sql, args).await.unwrap() > 0);
        tx.commit().await.unwrap();
    }

    pub(crate) async fn number(&self, sql: Sql, args: Args) -> i64 {
        let (number,): (i64,) = self.database.db.fetch_one(sql, args).await.unwrap();
        number
    }

    pub(crate) async fn texts(&self, sql: Sql, args: Args) -> Vec<String> {
        let rows: Vec<(String,)> = self.database.db.fetch_all(sql, args).await.unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }

    /// Somebody of the population whom an employer insures.
    pub(crate) fn employee(&self) -> String {
        let mut persons = self.population.persons.iter();
        let employee = persons.find(|person| person.employee_insured);
        employee.unwrap().id_number.clone()
    }
}

pub(crate) fn today() -> Date {
    local_date(Timestamp::now())
}

fn key(saga: &str) -> StepKey {
    StepKey {
        coordinator: "gateway".to_owned(),
        saga: saga.to_owned(),
        step: "step".to_owned(),
        item: String::new(),
        round: 1,
    }
}

/// A call as a saga's step makes it.
pub(crate) fn as_step<T>(message: T, saga: &str) -> Request<T> {
    let mut request = Request::new(message);
    for (name, value) in [
        (metadata::COORDINATOR, "gateway"),
        (metadata::SAGA, saga),
        (metadata::STEP, "step"),
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

pub(crate) fn declared(reason: &str, field: &str) -> (Code, String, String) {
    let code = Code::FailedPrecondition;
    (code, reason.to_owned(), field.to_owned())
}

pub(crate) fn invalid(field: &str) -> (Code, String, String) {
    let code = Code::InvalidArgument;
    (code, INVALID_INPUT.to_owned(), field.to_owned())
}
