//! Why the engine did not do what it was asked.

use thiserror::Error;

use crate::machine::SagaId;
use crate::store::StoreError;

/// Why the engine did not do what it was asked.
#[derive(Clone, Debug, Error)]
pub enum EngineError {
    /// There is no such definition.
    #[error("there is no definition `{name}`")]
    UnknownDefinition {
        /// The name that was asked for.
        name: String,
    },
    /// There is no such saga.
    #[error("there is no saga {0}")]
    NotFound(SagaId),
    /// There is no such step in the saga's definition.
    #[error("the saga has no step `{step}`")]
    UnknownStep {
        /// The name that was asked for.
        step: String,
    },
    /// The saga's state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The dedupe key came with another submission before.
    #[error("the key was used for another submission")]
    DigestConflict {
        /// The saga of that submission.
        saga: SagaId,
    },
    /// The dedupe key came with a submission whose saga is erased: nobody can tell any more whether this is
    /// the same one.
    #[error("the key was used for a submission that is erased")]
    Erased {
        /// The saga of that submission.
        saga: SagaId,
    },
    /// So many sagas are under way that no new one is accepted; nothing was written.
    #[error("too many cases are under way; try again later")]
    Overloaded,
    /// The engine takes nothing new because it is stopping.
    #[error("the engine is stopping")]
    Stopping,
    /// The saga is set aside because its journal cannot be carried on.
    #[error("saga {saga} is set aside: {reason}")]
    Quarantined {
        /// The saga.
        saga: SagaId,
        /// Why.
        reason: String,
    },
    /// The store failed.
    #[error("the journal cannot be written or read")]
    Store(#[source] StoreError),
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(saga) => Self::NotFound(saga),
            StoreError::DigestConflict { saga } => Self::DigestConflict { saga },
            StoreError::Erased { saga } => Self::Erased { saga },
            StoreError::Exists(saga) => Self::Conflict(format!("saga {saga} exists already")),
            other => Self::Store(other),
        }
    }
}
