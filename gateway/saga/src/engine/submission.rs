//! What is submitted, and the first batch of a saga: it is accepted and its first calls are intended
//! in one write.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::error::EngineError;
use super::facade::Shared;
use super::journal;
use crate::machine::{Command, Draft, Event, Input, SagaId, State};
use crate::store::{Acceptance, Dedupe, Head, NewSaga, Seal};

/// A case to carry out.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// Name of the definition; its current version is used.
    pub definition: String,
    /// The input of the case, in whatever form [`Participants::prepare`](super::Participants) reads.
    pub input: Bytes,
    /// The same key is accepted once, with the same input and for the same [`Self::asked`]. Unique over all
    /// sagas.
    pub dedupe: Option<String>,
    /// What was asked for, when its definition may be another one tomorrow; none: the definition.
    pub asked: Option<String>,
    /// W3C trace context under which the case's calls appear.
    pub traceparent: Option<String>,
    /// The saga's identity, when the caller has one for it.
    pub saga: Option<SagaId>,
    /// The saga whose legal effect this case annuls.
    pub annuls: Option<SagaId>,
}

/// A durably accepted case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The saga.
    pub saga: SagaId,
    /// The submission was known: this is the saga it became then.
    pub duplicate: bool,
}

impl Submission {
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let asked = self.asked.as_ref().unwrap_or(&self.definition);
        hash.update((asked.len() as u64).to_be_bytes());
        hash.update(asked.as_bytes());
        hash.update(&self.input);
        if let Some(annuls) = self.annuls {
            hash.update(annuls.0.as_bytes());
        }
        hash.finalize().into()
    }
}

/// A saga that was just accepted, and what it does first.
pub(super) struct Begun {
    pub(super) state: State,
    pub(super) epoch: u64,
    pub(super) head: Head,
    pub(super) seal: Seal,
    pub(super) commands: Vec<Command>,
}

pub(super) enum Outcome {
    Begun(Box<Begun>),
    Duplicate(SagaId),
}

/// Writes a submission's first batch.
pub(super) async fn accept(
    shared: &Shared,
    saga: SagaId,
    submission: Submission,
) -> Result<Outcome, EngineError> {
    let Some(plan) = shared.definitions.current(&submission.definition) else {
        return Err(EngineError::UnknownDefinition {
            name: submission.definition,
        });
    };
    let digest = submission.digest();
    let at = shared.environment.now();
    let (definition, version) = (plan.name.clone(), plan.version);
    let mut draft = Draft::new(State::new(saga, plan), at);
    draft.record(Event::Accepted {
        definition: definition.clone(),
        version,
        traceparent: submission.traceparent,
        annuls: submission.annuls,
        input: submission.input,
    });
    journal::feed(shared, &mut draft, Input::Resume)
        .map_err(|rejection| EngineError::Conflict(rejection.to_string()))?;
    let (state, decision) = draft.into_parts();
    let seal = Seal::fresh();
    let new = NewSaga {
        saga,
        definition,
        version,
        dedupe: submission.dedupe.map(|key| Dedupe { key, digest }),
        seal,
        events: journal::records(&decision.events, at)?,
        projection: state.projection(),
    };
    match shared.store.accept(new).await? {
        Acceptance::Accepted { epoch, head } => {
            let commands = decision.commands;
            Ok(Outcome::Begun(Box::new(Begun {
                state,
                epoch,
                head,
                seal,
                commands,
            })))
        }
        Acceptance::Duplicate { saga } => Ok(Outcome::Duplicate(saga)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_counts_and_not_the_definition_that_is_found_for_it() {
        let of = |definition: &str, asked: Option<&str>| {
            let submission = Submission {
                definition: definition.to_owned(),
                asked: asked.map(str::to_owned),
                ..Submission::default()
            };
            submission.digest()
        };
        let hohhot = Some("school@150100");
        assert_eq!(of("school", hohhot), of("school@150100-2027", hohhot));
        assert_ne!(of("school", hohhot), of("school", Some("school@150200")));
        assert_eq!(of("school", None), of("school@1", Some("school")));
        assert_ne!(of("school", None), of("school@1", None));
    }
}
