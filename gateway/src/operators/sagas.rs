//! Sagas for operators: found, looked at, verified, and acted on. Every act is journaled by the
//! engine with the operator's name before it takes effect.

use std::sync::Arc;

use onething_saga::{
    Definitions, Engine, EngineError, Event, Operator as Act, OwnerAct, Plan, SagaId, StepIndex,
    store::Store,
};

use super::{
    detail::{Detail, Proposed, step_name, step_named},
    error::SagaError,
    list::{Listing, Query},
    roster::{Operator, Roster},
    rows::{Row, Rows},
    view::{self, Chain, Summary},
};

/// What is tried again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Again {
    /// A refused or halted step.
    Step,
    /// A failed undo.
    Undo,
}

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

    /// Has a step, or its undo, tried again.
    ///
    /// # Errors
    /// When the saga's state does not allow it; see [`SagaError`].
    pub(crate) async fn again(
        &self,
        operator: &Operator,
        id: &str,
        step: &str,
        again: Again,
        reason: &str,
    ) -> Result<Detail, SagaError> {
        let (saga, step) = self.locate(id, step).await?;
        let (by, reason) = (operator.name.clone(), reason.to_owned());
        let act = match again {
            Again::Step => Act::Retry { step, by, reason },
            Again::Undo => Act::RetryUndo { step, by, reason },
        };
        self.act(saga, act).await
    }

    /// Proposes to settle a step by hand. The same proposal again is the same proposal.
    ///
    /// # Errors
    /// When the saga's state does not allow it; see [`SagaError`].
    pub(crate) async fn propose(
        &self,
        operator: &Operator,
        id: &str,
        step: &str,
        act: OwnerAct,
        reason: &str,
    ) -> Result<Proposed, SagaError> {
        let (saga, step) = self.locate(id, step).await?;
        if let Some(proposal) = self.open(saga, operator, step, &act, reason).await? {
            let saga = self.show(id).await?;
            return Ok(Proposed { proposal, saga });
        }
        let (by, because) = (operator.name.clone(), reason.to_owned());
        let wish = Act::Propose {
            step,
            act: act.clone(),
            by,
            reason: because,
        };
        let shown = self.act(saga, wish).await?;
        match self.open(saga, operator, step, &act, reason).await? {
            Some(proposal) => Ok(Proposed {
                proposal,
                saga: shown,
            }),
            None => Err(SagaError::Conflict(
                "the step changed while it was proposed".to_owned(),
            )),
        }
    }

    /// Approves another operator's proposal, which settles the step.
    ///
    /// # Errors
    /// When it is the operator's own, or the saga's state does not allow it; see [`SagaError`].
    pub(crate) async fn approve(
        &self,
        operator: &Operator,
        id: &str,
        proposal: &str,
    ) -> Result<Detail, SagaError> {
        let by = operator.name.clone();
        self.answer(id, proposal, |proposal| Act::Approve { proposal, by })
            .await
    }

    /// Declines a proposal; it may be the operator's own.
    ///
    /// # Errors
    /// When it is no longer open; see [`SagaError`].
    pub(crate) async fn decline(
        &self,
        operator: &Operator,
        id: &str,
        proposal: &str,
        reason: &str,
    ) -> Result<Detail, SagaError> {
        let (by, reason) = (operator.name.clone(), reason.to_owned());
        let decline = |proposal| Act::Decline {
            proposal,
            by,
            reason,
        };
        self.answer(id, proposal, decline).await
    }

    /// Erases what an ended case's journal carries of people's lives; again it changes nothing.
    ///
    /// # Errors
    /// When the case has not ended or must still be kept; see [`SagaError`].
    pub(crate) async fn erase(
        &self,
        operator: &Operator,
        id: &str,
        reason: &str,
    ) -> Result<Detail, SagaError> {
        let saga = saga_id(id)?;
        self.engine.erase(saga, &operator.name, reason).await?;
        tracing::info!(saga.id = %saga, "a case's payloads are erased");
        self.show(id).await
    }

    async fn answer(
        &self,
        id: &str,
        proposal: &str,
        act: impl FnOnce(u32) -> Act,
    ) -> Result<Detail, SagaError> {
        let saga = saga_id(id)?;
        let unknown = || SagaError::UnknownProposal(proposal.chars().take(64).collect());
        let Ok(number) = proposal.parse() else {
            // An unknown saga is named before an unknown proposal of it.
            self.store.load(saga).await?;
            return Err(unknown());
        };
        match self.act(saga, act(number)).await {
            // What was decided already is a conflict; what never was is unknown.
            Err(SagaError::Conflict(_)) if !self.was_proposed(saga, number).await? => {
                Err(unknown())
            }
            other => other,
        }
    }

    /// The open proposal that says just this, if there is one: the latest.
    async fn open(
        &self,
        saga: SagaId,
        operator: &Operator,
        step: StepIndex,
        act: &OwnerAct,
        reason: &str,
    ) -> Result<Option<u32>, SagaError> {
        let state = self.engine.state(saga).await?;
        let same = state.proposals().iter().rev().find(|open| {
            open.step == step
                && open.act == *act
                && open.by == operator.name
                && open.reason == reason
        });
        Ok(same.map(|open| open.number))
    }

    /// Whether a proposal of this number was ever made.
    async fn was_proposed(&self, saga: SagaId, number: u32) -> Result<bool, SagaError> {
        let journal = self.store.load(saga).await?;
        let mut events = journal.events.iter().filter_map(|row| row.decode().ok());
        Ok(events
            .any(|event| matches!(event, Event::Proposed { proposal, .. } if proposal == number)))
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
        match step_named(&plan, step) {
            Some(index) => Ok((saga, index)),
            None => Err(SagaError::UnknownStep {
                step: step.chars().take(64).collect(),
                known: plan
                    .step_indices()
                    .map(|index| step_name(&plan.step(index).id, plan.item(index)))
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
