//! What comes in from outside for a saga that waits: messages, and the applicant's corrections.

use bytes::Bytes;

use super::error::EngineError;
use super::facade::Engine;
use crate::definition::StepIndex;
use crate::machine::{Input, SagaId};

impl Engine {
    /// Hands a message to a saga. Durable when this returns, and kept until a step waits for it; the same
    /// message again, by its `id`, changes nothing.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when the saga has ended, or the id was used for another message;
    /// [`EngineError::NotFound`].
    pub async fn signal(
        &self,
        saga: SagaId,
        id: &str,
        name: &str,
        payload: Bytes,
    ) -> Result<(), EngineError> {
        let (id, name) = (id.to_owned(), name.to_owned());
        self.wish(saga, Input::Signal { id, name, payload }).await
    }

    /// Corrects what an officer returned: `input` is the whole submission as it is now, and `affected`
    /// are the other steps whose requests the changed fields feed. Durable when this returns.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when the step does not wait for a correction, or an effect that stays
    /// was built on what changes; [`EngineError::NotFound`].
    pub async fn correct(
        &self,
        saga: SagaId,
        by: &str,
        step: StepIndex,
        input: Bytes,
        affected: Vec<StepIndex>,
    ) -> Result<(), EngineError> {
        let by = by.to_owned();
        self.wish(
            saga,
            Input::Correct {
                by,
                step,
                input,
                affected,
            },
        )
        .await
    }
}
