//! Sagas for operators: found, looked at, verified, and acted on. Every act is journaled by the
//! engine with the operator's name before it takes effect.

use std::sync::Arc;

use onething_saga::{
    Definitions, Engine, EngineError, Operator as Act, Plan, SagaId, StepIndex, store::Store,
};

use super::{
    error::SagaError,
    list::{Listing, Query},
    roster::{Operator, Roster},
    view::{self, Chain, Detail, Row, Rows, Summary},
};

/// Everything that operators' requests need. Clones share it.
#[derive(Clone)]
pub(crate) struct Sagas {
    engine: Engine,
    store: Arc<dyn Store>,
    definitions: Arc<dyn Definitions>,
    roster: Arc<Roster>,
}

impl Sagas {
    /// The sagas of an engine and its store, for the operators of a roster.
    pub(crate) fn new(
        engine: Engine,
        store: Arc<dyn Store>,
        definitions: Arc<dyn Definitions>,
        roster: Roster,
    ) -> Self {
        Self {
            engine,
            store,
            definitions,
            roster: Arc::new(roster),
        }
    }

    /// Who may look and act.
    pub(crate) fn roster(&self) -> &Roster {
        &self.roster
    }

    /// A page of sagas, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(crate) async fn list(&self, query: &Query) -> Result<Listing, SagaError> {
        let filter = query.filter(view::now());
        let mut rows = self.engine.list(filter, query.page()).await?;
        let more = rows.len() > query.size as usize;
        rows.truncate(query.size as usize);
        Ok(Listing {
            next_page_token: rows.last().filter(|_| more).map(|row| row.saga.to_string()),
            sagas: rows.iter().map(Summary::from).collect(),
        })
    }

    /// A saga with everything in it, as far as its journal can be read.
    ///
    /// # Errors
    /// When it is unknown, or the journal does not answer.
    pub(crate) async fn show(&self, id: &str) -> Result<Detail, SagaError> {
        let saga = saga_id(id)?;
        let journal = self.store.load(saga).await?;
        match self.engine.state(saga).await {
            Ok(state) => Ok(Detail::new(&journal, Ok(&state))),
            Err(EngineError::Quarantined { reason, .. }) => Ok(Detail::new(&journal, Err(reason))),
            Err(error) => Err(error.into()),
        }
    }

    /// A page of a saga's journal, from row `from` on.
    ///
    /// # Errors
    /// When it is unknown, or the journal does not answer.
    pub(crate) async fn rows(&self, id: &str, from: u64, size: u32) -> Result<Rows, SagaError> {
        let saga = saga_id(id)?;
        let plan = self.plan(saga).await?;
        let mut events = self
            .store
            .events(saga, from, size.saturating_add(1))
            .await?;
        let more = events.len() > size as usize;
        events.truncate(size as usize);
        let next = events.last().filter(|_| more).map(|event| event.seq + 1);
        Ok(Rows {
            next_page_token: next.map(|next| next.to_string()),
            events: events
                .iter()
                .map(|event| Row::new(event, plan.as_deref()))
                .collect(),
        })
    }

    /// Whether a saga's journal is what was written.
    ///
    /// # Errors
    /// When it is unknown, or the journal does not answer.
    pub(crate) async fn verify(&self, id: &str) -> Result<Chain, SagaError> {
        let journal = self.store.load(saga_id(id)?).await?;
        Ok(Chain::from(&journal))
    }

    /// Has a refused or halted step tried again.
    ///
    /// # Errors
    /// When the saga's state does not allow it; see [`SagaError`].
    pub(crate) async fn retry(
        &self,
        operator: &Operator,
        id: &str,
        step: &str,
        reason: &str,
    ) -> Result<Detail, SagaError> {
        let (saga, step) = self.locate(id, step).await?;
        let (by, reason) = (operator.name.clone(), reason.to_owned());
        self.act(saga, Act::Retry { step, by, reason }).await
    }

    /// Has a failed undo tried again.
    ///
    /// # Errors
    /// When the saga's state does not allow it; see [`SagaError`].
    pub(crate) async fn undo(
        &self,
        operator: &Operator,
        id: &str,
        step: &str,
        reason: &str,
    ) -> Result<Detail, SagaError> {
        let (saga, step) = self.locate(id, step).await?;
        let (by, reason) = (operator.name.clone(), reason.to_owned());
        self.act(saga, Act::RetryUndo { step, by, reason }).await
    }

    async fn act(&self, saga: SagaId, act: Act) -> Result<Detail, SagaError> {
        self.engine.operator(saga, act).await?;
        tracing::info!(saga.id = %saga, "an operator's act is journaled");
        self.show(&saga.to_string()).await
    }

    async fn locate(&self, id: &str, step: &str) -> Result<(SagaId, StepIndex), SagaError> {
        let saga = saga_id(id)?;
        let Some(plan) = self.plan(saga).await? else {
            let why = "the bundle of its version is not loaded".to_owned();
            return Err(SagaError::SetAside(why));
        };
        let found = plan
            .step_indices()
            .find(|index| plan.step(*index).id == step);
        match found {
            Some(index) => Ok((saga, index)),
            None => Err(SagaError::UnknownStep {
                step: step.chars().take(64).collect(),
                known: plan
                    .steps
                    .iter()
                    .map(|step| step.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }

    /// The plan that a saga follows: as its journal has it, or else by its row alone.
    async fn plan(&self, saga: SagaId) -> Result<Option<Arc<Plan>>, SagaError> {
        match self.engine.state(saga).await {
            Ok(state) => Ok(Some(state.plan().clone())),
            Err(EngineError::Quarantined { .. }) => {
                let row = self.store.load(saga).await?.row;
                Ok(self.definitions.get(&row.definition, row.version))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A text that is no id is the id of no saga.
fn saga_id(text: &str) -> Result<SagaId, SagaError> {
    text.parse().map_err(|_| SagaError::Unknown)
}
