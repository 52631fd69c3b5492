//! What every department's ledger has of a case, whatever its bundle: asked of the departments
//! themselves, not read out of the gateway's journal.

use anyhow::Context as _;
use onething_proto::participant::{
    ListEffectsRequest, Outcome, participant_service_client::ParticipantServiceClient,
};
use serde::Serialize;
use tonic::transport::Channel;

use crate::suite::Suite;

/// The gateway's name in every key.
const COORDINATOR: &str = "gateway";

/// One call that a department has on record.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Effect {
    /// The department's process.
    pub(super) department: &'static str,
    /// The step.
    pub(super) step: String,
    /// Its item, if it is repeated.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) item: String,
    /// What became of it, for example `succeeded` or `undone`.
    pub(super) outcome: String,
}

impl Effect {
    /// In words.
    pub(super) fn says(&self) -> &str {
        match self.outcome.as_str() {
            "succeeded" => "in force",
            "undone" => "annulled",
            "closed" => "closed without effect",
            other => other,
        }
    }
}

/// Everything on record for a case.
pub(super) async fn of(case: &str, suite: &Suite) -> anyhow::Result<Vec<Effect>> {
    let mut all = Vec::new();
    for (department, address) in &suite.departments {
        let channel = Channel::from_shared(format!("http://{address}"))?;
        let mut participant = ParticipantServiceClient::new(channel.connect().await?);
        let request = ListEffectsRequest {
            coordinator: COORDINATOR.to_owned(),
            saga: case.to_owned(),
            page_size: 1_000,
            page_token: String::new(),
        };
        let listed = participant.list_effects(request).await;
        let listed = listed.with_context(|| format!("{department} lists no effects"))?;
        all.extend(listed.into_inner().effects.into_iter().map(|effect| {
            let outcome = name(effect.outcome());
            let key = effect.key.unwrap_or_default();
            Effect {
                department,
                step: key.step,
                item: key.item,
                outcome,
            }
        }));
    }
    Ok(all)
}

/// `OUTCOME_NOT_SEEN` as `not_seen`.
fn name(outcome: Outcome) -> String {
    let name = outcome.as_str_name();
    name.trim_start_matches("OUTCOME_").to_ascii_lowercase()
}
