//! Why an operator is not told or not obeyed.

use onething_saga::{EngineError, store::StoreError};

/// Why an operator is not told or not obeyed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SagaError {
    /// There is no such saga.
    #[error("there is no such saga")]
    Unknown,
    /// The saga has no such step.
    #[error("the saga has no step `{step}`; its steps are {known}")]
    UnknownStep {
        /// What was asked for.
        step: String,
        /// The steps there are.
        known: String,
    },
    /// The saga never had such a proposal.
    #[error("the saga has no proposal {0}")]
    UnknownProposal(String),
    /// The saga's state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The saga is set aside: nothing can be done with it before its journal can be read.
    #[error("the saga is set aside: {0}")]
    SetAside(String),
    /// The saga's row cannot be read.
    #[error("the saga's row cannot be read: {0}")]
    Damaged(String),
    /// The gateway takes nothing new.
    #[error("the gateway is stopping")]
    Stopping,
    /// The journal does not answer.
    #[error("the journal does not answer")]
    Unavailable(#[source] EngineError),
}

impl From<EngineError> for SagaError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound(_) => Self::Unknown,
            EngineError::Conflict(why) => Self::Conflict(why),
            EngineError::Quarantined { reason, .. } => Self::SetAside(reason),
            EngineError::Stopping => Self::Stopping,
            EngineError::Store(StoreError::Damaged(what)) => Self::Damaged(what),
            error => Self::Unavailable(error),
        }
    }
}

impl From<StoreError> for SagaError {
    fn from(error: StoreError) -> Self {
        EngineError::from(error).into()
    }
}
