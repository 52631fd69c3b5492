//! The services of changes, repairs and conversions on the same port as the registry, and an officer.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_population::Population;
use onething_proto::{
    enterprise_registry::{
        RegisterChangeRequest, RegisterChangeResponse, ReserveNameRequest,
        change_service_client::ChangeServiceClient,
        conversion_service_client::ConversionServiceClient,
        penalty_service_client::PenaltyServiceClient,
    },
    participant::{
        DecideRequest, GetOutcomeRequest, Outcome, StepKey, Verdict,
        review_service_client::ReviewServiceClient,
    },
};
use prost::Message;
use tonic::{Status, transport::Channel};

use crate::registry::{Registry, keyed, today};

/// The population behind every registry of these tests.
pub(crate) fn population() -> Population {
    Population::generate(
        crate::registry::PERSONS.into(),
        crate::registry::SEED,
        today(),
    )
}

/// Clients beside the registry's own.
pub(crate) struct Changes {
    pub(crate) registry: Registry,
    pub(crate) changes: ChangeServiceClient<Channel>,
    pub(crate) penalties: PenaltyServiceClient<Channel>,
    pub(crate) conversions: ConversionServiceClient<Channel>,
    reviews: ReviewServiceClient<Channel>,
}

impl Changes {
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let registries = Registry::on_each_database().await;
        registries.into_iter().map(Self::beside).collect()
    }

    fn beside(registry: Registry) -> Self {
        let channel = registry.channel.clone();
        Self {
            registry,
            changes: ChangeServiceClient::new(channel.clone()),
            penalties: PenaltyServiceClient::new(channel.clone()),
            conversions: ConversionServiceClient::new(channel.clone()),
            reviews: ReviewServiceClient::new(channel),
        }
    }

    /// An officer approves a step's review.
    pub(crate) async fn approve(&self, saga: &str, step: &str) -> Outcome {
        let request = DecideRequest {
            key: Some(key(saga, step)),
            verdict: Verdict::Approve.into(),
            officer: "officer-1".to_owned(),
            ..DecideRequest::default()
        };
        let answer = self.reviews.clone().decide(request).await.unwrap();
        answer.into_inner().outcome()
    }

    /// An officer refuses a step's review for a reason.
    pub(crate) async fn dismiss(&self, saga: &str, step: &str, reason: &str) -> Outcome {
        let request = DecideRequest {
            key: Some(key(saga, step)),
            verdict: Verdict::Refuse.into(),
            reason: reason.to_owned(),
            message: "The documents do not agree.".to_owned(),
            officer: "officer-1".to_owned(),
            ..DecideRequest::default()
        };
        let answer = self.reviews.clone().decide(request).await.unwrap();
        answer.into_inner().outcome()
    }

    /// The answer of a step that was decided later.
    pub(crate) async fn outcome<T: Message + Default>(&self, saga: &str, step: &str) -> T {
        let request = GetOutcomeRequest {
            key: Some(key(saga, step)),
            epoch: 1,
        };
        let answer = self.registry.participant.clone().get_outcome(request).await;
        let answer = answer.unwrap().into_inner();
        assert_eq!(answer.outcome(), Outcome::Succeeded, "{saga}/{step}");
        T::decode(answer.response).unwrap()
    }

    pub(crate) async fn reserve(
        &self,
        saga: &str,
        code: &str,
        name: &str,
    ) -> Result<String, Status> {
        let request = ReserveNameRequest {
            credit_code: code.to_owned(),
            name: name.to_owned(),
        };
        let request = keyed(saga, "reserve", request);
        let answer = self.changes.clone().reserve_name(request).await?;
        Ok(answer.into_inner().reservation_number)
    }

    pub(crate) async fn register_change(
        &self,
        saga: &str,
        request: RegisterChangeRequest,
    ) -> Result<RegisterChangeResponse, Status> {
        let request = keyed(saga, "change", request);
        let answer = self.changes.clone().register_change(request).await;
        answer.map(tonic::Response::into_inner)
    }
}

fn key(saga: &str, step: &str) -> StepKey {
    StepKey {
        coordinator: "gateway".to_owned(),
        saga: saga.to_owned(),
        step: step.to_owned(),
        item: String::new(),
        round: 1,
    }
}

/// Whether a call waits for an officer.
pub(crate) fn waits<T: std::fmt::Debug>(answer: Result<T, Status>) -> bool {
    onething_participant::Pending::from_status(&answer.unwrap_err()).is_some()
}
