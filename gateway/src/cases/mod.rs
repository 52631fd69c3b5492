//! Cases: how one is filed, how it stands, what happens to it and what its applicant does later, for
//! REST and gRPC alike.

mod act;
mod happening;
mod submission;
#[cfg(test)]
mod tests;
mod turn;
mod view;

use std::sync::Arc;

use futures::{Stream, StreamExt};
use onething_bundle::Bundle;
use onething_saga::{Engine, EngineError, SagaId, State};
use tokio_util::sync::CancellationToken;

pub(crate) use act::{ActError, Done, LONGEST_REASON};
pub(crate) use happening::Happening;
pub(crate) use submission::SubmitError;
pub(crate) use view::{CaseView, Item, snake, step_state_name, timestamp};

use crate::departments::BundlePlans;

/// Everything that filing, reading and changing cases needs. Clones share it.
#[derive(Clone)]
pub(crate) struct Cases {
    engine: Engine,
    plans: Arc<BundlePlans>,
    stopping: CancellationToken,
}

/// Why a case cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// There is no such case.
    #[error("there is no such case")]
    Unknown,
    /// The case's journal cannot be read; operators are told, others are not affected.
    #[error("the case is set aside for an operator")]
    SetAside(#[source] EngineError),
    /// The journal does not answer.
    #[error("the journal does not answer")]
    Unavailable(#[source] EngineError),
}

impl From<EngineError> for ReadError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound(_) => Self::Unknown,
            error @ EngineError::Quarantined { .. } => Self::SetAside(error),
            error => Self::Unavailable(error),
        }
    }
}

impl Cases {
    /// Cases of an engine; streams end when `stopping` is cancelled.
    pub(crate) fn new(
        engine: Engine,
        plans: Arc<BundlePlans>,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            engine,
            plans,
            stopping,
        }
    }

    pub(crate) fn plans(&self) -> &BundlePlans {
        &self.plans
    }

    /// How a case stands.
    ///
    /// # Errors
    /// When it is unknown or cannot be read.
    pub(crate) async fn read(&self, id: &str) -> Result<CaseView, ReadError> {
        let (_, state, bundle) = self.load(id).await?;
        Ok(CaseView::new(bundle, &state))
    }

    /// A case as the journal has it, and the bundle that it follows.
    async fn load(&self, id: &str) -> Result<(SagaId, State, Arc<Bundle>), ReadError> {
        let saga: SagaId = id.parse().map_err(|_| ReadError::Unknown)?;
        let state = self.engine.state(saga).await?;
        let (name, version) = (&state.plan().name, state.plan().version);
        let bundle = self.plans.version(name, version).ok_or_else(|| {
            let reason = format!("bundle {name} {version} is not loaded");
            ReadError::SetAside(EngineError::Quarantined { saga, reason })
        })?;
        Ok((saga, state, bundle))
    }

    /// What happens to a case, from the sequence number after `after` on, until it has ended or the
    /// gateway stops.
    ///
    /// # Errors
    /// When it is unknown or cannot be read.
    pub(crate) async fn follow(
        &self,
        id: &str,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Happening, ReadError>> + Send + use<>, ReadError> {
        let case = self.read(id).await?;
        let events = self.engine.subscribe(case.saga.id, after.saturating_add(1));
        let stopping = self.stopping.clone().cancelled_owned();
        Ok(events
            .map(|event| Ok(Happening::from(event?)))
            .take_until(stopping))
    }
}
