//! Filing a case: the form is checked whole before anything is written.

use onething_bundle::FormProblem;
use onething_saga::{EngineError, SagaId, Submission};
use serde_json::Value;

use super::Cases;
use crate::{announced::announced, trace};

/// A filed case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Submitted {
    /// The case's id.
    pub(crate) id: SagaId,
    /// Whether it was filed before with the same key.
    pub(crate) duplicate: bool,
}

/// Why a case is not filed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SubmitError {
    /// There is no such bundle.
    #[error("there is no such bundle")]
    UnknownBundle,
    /// The bundle is announced and nobody has defined it yet.
    #[error("the bundle is announced and not yet defined")]
    NotDefined,
    /// The form is not as the bundle asks.
    #[error("the form has {} problems", .0.len())]
    Form(Vec<FormProblem>),
    /// The key was used for another case.
    #[error("the key was used for another case")]
    KeyReused,
    /// So many cases are under way that no new one is accepted.
    #[error("too many cases are under way; try again in a few seconds")]
    Overloaded,
    /// The gateway is stopping.
    #[error("the gateway is stopping")]
    Stopping,
    /// The journal does not answer. Whether the case is filed is unknown: the same key tells.
    #[error("the journal does not answer")]
    Unavailable(#[source] EngineError),
}

impl SubmitError {
    /// Why there is no bundle of this id.
    pub(crate) fn no_bundle(id: &str) -> Self {
        if announced().iter().any(|announced| announced.id == id) {
            Self::NotDefined
        } else {
            Self::UnknownBundle
        }
    }
}

impl Cases {
    /// Files a case. It is durable when this returns; the same key again gives the same case.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub(crate) async fn submit(
        &self,
        bundle: &str,
        form: &Value,
        key: &str,
    ) -> Result<Submitted, SubmitError> {
        let bundle = self
            .plans
            .bundle(bundle)
            .ok_or_else(|| SubmitError::no_bundle(bundle))?;
        let form = bundle.check_form(form).map_err(SubmitError::Form)?;
        // A form is a map of maps of plain values, which always has a JSON text.
        let input = serde_json::to_vec(&form).unwrap_or_default();
        let submission = Submission {
            definition: bundle.id.clone(),
            input: input.into(),
            dedupe: Some(key.to_owned()),
            traceparent: trace::current_traceparent(),
            ..Submission::default()
        };
        match self.engine.submit(submission).await {
            Ok(accepted) => Ok(Submitted {
                id: accepted.saga,
                duplicate: accepted.duplicate,
            }),
            Err(EngineError::DigestConflict { .. }) => Err(SubmitError::KeyReused),
            Err(EngineError::Overloaded) => Err(SubmitError::Overloaded),
            Err(EngineError::Stopping) => Err(SubmitError::Stopping),
            Err(EngineError::UnknownDefinition { .. }) => Err(SubmitError::UnknownBundle),
            Err(error) => Err(SubmitError::Unavailable(error)),
        }
    }
}
