//! Filing a case: the form is checked whole before anything is written.

use std::sync::Arc;

use jiff::Timestamp;
use onething_bundle::{Bundle, FormProblem};
use onething_calendar::local_date;
use onething_elements::Divisions;
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
    /// The region is no division of the table.
    #[error("there is no such region")]
    UnknownRegion,
    /// The form is not as the bundle asks.
    #[error("the form has {} problems", .0.len())]
    Form(Vec<FormProblem>),
    /// The key was used for another case.
    #[error("the key was used for another case")]
    KeyReused,
    /// The key was used for a case that is erased since: whether this is the same one nobody can tell.
    #[error("the key was used for a case that is erased; take a new key to file it anew")]
    Erased,
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
    /// The bundle that a case filed now follows: as it is in a region, in this year.
    ///
    /// # Errors
    /// When there is no such bundle or no such region.
    pub(crate) fn bundle(
        &self,
        id: &str,
        region: Option<&str>,
    ) -> Result<Arc<Bundle>, SubmitError> {
        let bundle = self.plans.bundle(id);
        let bundle = bundle.ok_or_else(|| SubmitError::no_bundle(id))?;
        let Some(region) = region else {
            return Ok(bundle);
        };
        if Divisions::standard().get(region).is_none() {
            return Err(SubmitError::UnknownRegion);
        }
        let today = local_date(Timestamp::now());
        let year = u16::try_from(today.year()).unwrap_or_default();
        let regional = bundle.in_region(region, year).cloned();
        Ok(regional.unwrap_or(bundle))
    }

    /// Files a case. It is durable when this returns; the same key again gives the same case.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub(crate) async fn submit(
        &self,
        bundle: &str,
        region: Option<&str>,
        form: &Value,
        key: &str,
    ) -> Result<Submitted, SubmitError> {
        // A region's overlay may begin or end between two attempts: they ask for the same all the same.
        let asked = match region {
            Some(region) => format!("{bundle}@{region}"),
            None => bundle.to_owned(),
        };
        let bundle = self.bundle(bundle, region)?;
        let form = bundle.check_form(form).map_err(SubmitError::Form)?;
        // A form is a map of maps of plain values, which always has a JSON text.
        let input = serde_json::to_vec(&form).unwrap_or_default();
        let submission = Submission {
            definition: bundle.key(),
            input: input.into(),
            dedupe: Some(key.to_owned()),
            asked: Some(asked),
            traceparent: trace::current_traceparent(),
            ..Submission::default()
        };
        match self.engine.submit(submission).await {
            Ok(accepted) => Ok(Submitted {
                id: accepted.saga,
                duplicate: accepted.duplicate,
            }),
            Err(EngineError::DigestConflict { .. }) => Err(SubmitError::KeyReused),
            Err(EngineError::Erased { .. }) => Err(SubmitError::Erased),
            Err(EngineError::Overloaded) => Err(SubmitError::Overloaded),
            Err(EngineError::Stopping) => Err(SubmitError::Stopping),
            Err(EngineError::UnknownDefinition { .. }) => Err(SubmitError::UnknownBundle),
            Err(error) => Err(SubmitError::Unavailable(error)),
        }
    }
}
