//! What can go wrong with a store, as far as callers act differently on it.

use std::sync::Arc;

use thiserror::Error;

use crate::machine::SagaId;

/// Why a store did not do what was asked.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// There is no such saga.
    #[error("there is no saga {0}")]
    NotFound(SagaId),
    /// Somebody else owns the saga, or wrote to it since; nothing was written.
    #[error("the saga has another owner or another last event")]
    Fenced,
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
    /// A saga with this id exists already.
    #[error("saga {0} exists already")]
    Exists(SagaId),
    /// Nothing was written; trying again may help.
    #[error("the store is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Nobody knows whether it was written: read before writing again.
    #[error("the store did not say whether it committed")]
    Unknown(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// A stored row cannot be read.
    #[error("a stored row cannot be read: {0}")]
    Damaged(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl From<onething_db::Error> for StoreError {
    fn from(error: onething_db::Error) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}
