//! What happens to a case from outside after it was filed: the applicant withdraws it or corrects what
//! was returned, and an act is done that a step waits for. What may be done when is the engine's to say.

use bytes::Bytes;
use onething_bundle::{Bundle, Form, FormProblem};
use onething_saga::{
    Awaits, EngineError, Input, Rejection, State, StepIndex, StepState, Timestamp, WaitingFor,
    decide,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Cases, ReadError};

/// The longest reason of a withdrawal, in characters.
pub(crate) const LONGEST_REASON: usize = 500;
/// The name under which a case's journal keeps its applicant's wishes.
const APPLICANT: &str = "applicant";
/// The name of the message that keeps a correction's key. No step can wait for it: a bundle's names
/// have no colon.
const CORRECTION: &str = "case:correction";

/// Whether something was done, or had been done before under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was done now.
    Now,
    /// It had been done before.
    Before,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActError {
    /// The case cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The case has no such step.
    #[error("the case has no step `{0}`")]
    UnknownStep(String),
    /// The step does not wait for an act from outside.
    #[error("step `{step}` {why}")]
    NotWaiting {
        /// The step.
        step: String,
        /// Why not.
        why: &'static str,
    },
    /// The case's state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The key was used for something else.
    #[error("the key was used for something else in this case")]
    KeyReused,
    /// The corrected form is not as the bundle asks.
    #[error("the corrected form has {} problems", .0.len())]
    Form(Vec<FormProblem>),
    /// The gateway is stopping.
    #[error("the gateway is stopping")]
    Stopping,
    /// The journal does not answer. Whether it was done is unknown: the same request tells.
    #[error("the journal does not answer")]
    Unavailable(#[source] EngineError),
}

impl From<EngineError> for ActError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Conflict(why) => Self::Conflict(why),
            EngineError::Stopping => Self::Stopping,
            error @ (EngineError::NotFound(_) | EngineError::Quarantined { .. }) => {
                Self::Read(error.into())
            }
            error => Self::Unavailable(error),
        }
    }
}

/// What is kept of a correction under its key, so that a repeat is known whatever came in between.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Correction {
    step: String,
    item: u32,
    round: u32,
    /// SHA-256 of the changed fields: their values stand in the case's submission alone.
    changes: String,
}

impl Cases {
    /// Withdraws a case for its applicant. It is durable when this returns; what can be undone is then
    /// undone.
    ///
    /// # Errors
    /// See [`ActError`].
    pub(crate) async fn withdraw(&self, id: &str, reason: &str) -> Result<Done, ActError> {
        let (saga, state, _) = self.load(id).await?;
        if state.cancel().is_some() {
            return Ok(Done::Before);
        }
        self.engine.cancel(saga, APPLICANT, reason).await?;
        Ok(Done::Now)
    }

    /// Does what a step waits for from outside. It is durable when this returns.
    ///
    /// # Errors
    /// See [`ActError`].
    pub(crate) async fn perform(&self, id: &str, step: &str, key: &str) -> Result<Done, ActError> {
        let (saga, state, _) = self.load(id).await?;
        let plan = state.plan();
        let index = plan.index_of(step);
        let index = index.ok_or_else(|| ActError::UnknownStep(step.to_owned()))?;
        let not_waiting = |why| ActError::NotWaiting {
            step: step.to_owned(),
            why,
        };
        let Some(Awaits::Signal { name }) = &plan.step(index).awaits else {
            return Err(not_waiting("is a department's to do"));
        };
        let message = format!("act:{key}");
        if let Some(known) = state.signals().iter().find(|known| known.id == message) {
            return if known.name == *name {
                Ok(Done::Before)
            } else {
                Err(ActError::KeyReused)
            };
        }
        let record = state.step(index);
        match record.state {
            StepState::Waiting if record.waiting_for == Some(WaitingFor::Signal) => {}
            StepState::Blocked | StepState::Ready => {
                return Err(not_waiting("waits for other steps first"));
            }
            _ => return Err(not_waiting("waits for nothing any more")),
        }
        let signal = self.engine.signal(saga, &message, name, Bytes::new());
        signal.await?;
        Ok(Done::Now)
    }

    /// Corrects what an officer returned: `changes` are the fields that change, `null` takes one out.
    /// It is durable when this returns.
    ///
    /// # Errors
    /// See [`ActError`].
    pub(crate) async fn correct(
        &self,
        id: &str,
        step: Option<&str>,
        changes: &Value,
        key: &str,
    ) -> Result<Done, ActError> {
        let (saga, state, bundle) = self.load(id).await?;
        if state.erased() {
            // What was corrected under which key is gone as well.
            return Err(ActError::Conflict(
                "the case has ended and is erased".to_owned(),
            ));
        }
        let message = format!("correct:{key}");
        let digest = hex::encode(Sha256::digest(sorted(changes).to_string()));
        let known = state.signals().iter().find(|known| known.id == message);
        let kept: Option<Correction> = known
            .map(|known| serde_json::from_slice(&known.payload))
            .transpose()
            .map_err(|_| ActError::KeyReused)?;
        let index = match &kept {
            Some(kept) => {
                let asked = step.is_none_or(|step| step == kept.step);
                if kept.changes != digest || !asked {
                    return Err(ActError::KeyReused);
                }
                let index = state.plan().index_of_item(&kept.step, kept.item);
                let waits = |index: &StepIndex| {
                    returned(&state, *index) && state.step(*index).round == kept.round
                };
                match index.filter(waits) {
                    // The gateway stopped between the message and the correction.
                    Some(index) => index,
                    None => return Ok(Done::Before),
                }
            }
            None => which(&state, step)?,
        };
        let form = corrected(&bundle, &state, changes)?;
        let affected = affected(&bundle, &state, &form);
        // A form is a map of maps of plain values, which always has a JSON text.
        let input = Bytes::from(serde_json::to_vec(&form).unwrap_or_default());
        possible(&state, index, &input, &affected)?;
        let (plan, record) = (state.plan(), state.step(index));
        if kept.is_none() {
            let kept = Correction {
                step: plan.step(index).id.clone(),
                item: plan.item(index),
                round: record.round,
                changes: digest,
            };
            let payload = serde_json::to_vec(&kept).unwrap_or_default();
            let signal = self
                .engine
                .signal(saga, &message, CORRECTION, payload.into());
            signal.await?;
        }
        let correct = self.engine.correct(saga, APPLICANT, index, input, affected);
        correct.await?;
        Ok(Done::Now)
    }
}

/// Asks the engine before anything is kept: a correction that cannot be must leave no key behind.
fn possible(
    state: &State,
    step: StepIndex,
    input: &Bytes,
    affected: &[StepIndex],
) -> Result<(), ActError> {
    let correct = Input::Correct {
        by: APPLICANT.to_owned(),
        step,
        input: input.clone(),
        affected: affected.to_vec(),
    };
    let now = Timestamp(jiff::Timestamp::now().as_microsecond());
    match decide(state, correct, now) {
        Ok(_) => Ok(()),
        Err(Rejection::Conflict(why) | Rejection::Illegal(why)) => Err(ActError::Conflict(why)),
    }
}

/// The same changes in the order of their names.
fn sorted(changes: &Value) -> Value {
    match changes {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let members = members.into_iter();
            members
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect()
        }
        other => other.clone(),
    }
}

fn returned(state: &State, step: StepIndex) -> bool {
    let record = state.step(step);
    record.state == StepState::Waiting && record.waiting_for == Some(WaitingFor::Correction)
}

/// The step that waits for a correction: the named one, or the only one.
fn which(state: &State, step: Option<&str>) -> Result<StepIndex, ActError> {
    let plan = state.plan();
    let named = |index: &StepIndex| step.is_none_or(|step| plan.step(*index).id == step);
    if let Some(step) = step
        && plan.index_of(step).is_none()
    {
        return Err(ActError::UnknownStep(step.to_owned()));
    }
    let mut waiting = plan
        .step_indices()
        .filter(|index| returned(state, *index) && named(index));
    match (waiting.next(), waiting.next()) {
        (Some(only), None) => Ok(only),
        (Some(first), Some(second)) if plan.step(first).id != plan.step(second).id => {
            let (first, second) = (&plan.step(first).id, &plan.step(second).id);
            let why = format!("`{first}` and `{second}` both wait for a correction: name one");
            Err(ActError::Conflict(why))
        }
        // Of several items, the first one first.
        (Some(first), Some(_)) => Ok(first),
        (None, _) => {
            let why = "nothing waits for a correction".to_owned();
            Err(ActError::Conflict(why))
        }
    }
}

/// The form as it is with the changes, checked whole.
fn corrected(bundle: &Bundle, state: &State, changes: &Value) -> Result<Form, ActError> {
    let mut form: Map<String, Value> = serde_json::from_slice(state.input()).unwrap_or_default();
    let Some(roles) = changes.as_object() else {
        return bundle.check_form(changes).map_err(ActError::Form);
    };
    for (role, attributes) in roles {
        let Some(attributes) = attributes.as_object() else {
            // The check says what is wrong with it.
            form.insert(role.clone(), attributes.clone());
            continue;
        };
        let known = form
            .entry(role.clone())
            .or_insert_with(|| Map::new().into());
        if let Some(known) = known.as_object_mut() {
            known.extend(attributes.clone());
        }
    }
    bundle.check_form(&form.into()).map_err(ActError::Form)
}

/// The steps whose requests, or conditions, the changed fields feed.
fn affected(bundle: &Bundle, state: &State, form: &Form) -> Vec<StepIndex> {
    let before: Form = serde_json::from_slice(state.input()).unwrap_or_default();
    let mut steps: Vec<usize> = bundle
        .form
        .iter()
        .filter(|field| {
            let value = |form: &Form| form.get(&field.role, &field.attribute).cloned();
            value(&before) != value(form)
        })
        .flat_map(|field| field.used_by.iter().copied())
        .collect();
    steps.sort_unstable();
    steps.dedup();
    steps.into_iter().map(StepIndex::from).collect()
}
