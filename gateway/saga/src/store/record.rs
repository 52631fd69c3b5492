//! What goes into a store and what comes out.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::EventRecord;
use super::chain::Head;
use super::seal::Seal;
use crate::machine::{Event, Projection, SagaId, SagaState, Timestamp, UndecodableEvent};

/// A key under which the same submission is accepted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dedupe {
    /// The key, unique over all sagas; the caller puts its tenant into it.
    pub key: String,
    /// A hash over what is submitted.
    pub digest: [u8; 32],
}

/// A saga to accept.
#[derive(Clone, Debug)]
pub struct NewSaga {
    /// Its identity.
    pub saga: SagaId,
    /// Name of its definition.
    pub definition: String,
    /// Version of its definition.
    pub version: u32,
    /// The key that makes the submission unique, if there is one.
    pub dedupe: Option<Dedupe>,
    /// How its payloads are stored.
    pub seal: Seal,
    /// Its first events.
    pub events: Vec<EventRecord>,
    /// Its row after them.
    pub projection: Projection,
}

/// What became of a [`NewSaga`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It was written.
    Accepted {
        /// The epoch its writer owns it under.
        epoch: u64,
        /// The head of its chain.
        head: Head,
    },
    /// The submission is known.
    Duplicate {
        /// The saga it became.
        saga: SagaId,
    },
}

/// Events to append to a saga.
#[derive(Clone, Debug)]
pub struct Append {
    /// The saga.
    pub saga: SagaId,
    /// The epoch its writer owns it under.
    pub epoch: u64,
    /// The head the events follow; its sequence number guards the write.
    pub head: Head,
    /// How the saga's payloads are stored, as its row says.
    pub seal: Seal,
    /// The events; none when only the row changes.
    pub events: Vec<EventRecord>,
    /// The saga's row after them.
    pub projection: Projection,
    /// When it happened; the time of its events, if it has any.
    pub at: Timestamp,
    /// Nobody needs to own the saga until this moment or a delivery: the row is given up in the same
    /// write.
    pub rests: Option<Timestamp>,
    /// The deliveries that these events take in; they leave the inbox in the same write.
    pub taken: Vec<String>,
}

/// Something delivered for a saga from outside, kept until the saga's owner takes it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The saga it is for; it need not exist here.
    pub saga: SagaId,
    /// Its name, unique in its saga: the same delivery is kept once.
    pub name: String,
    /// What was delivered, as JSON text.
    pub body: String,
    /// Bytes that travel beside the body.
    pub payload: Bytes,
}

/// Under which condition a saga is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// Only from nobody, from a dead owner, or from oneself.
    IfFree,
    /// From a living owner as well, who is fenced off by it: somebody asks this gateway for something.
    Anyway,
}

/// What a heartbeat found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// The store's clock.
    pub now: Timestamp,
    /// The lease was still held and is renewed. Otherwise it was lost, and a new incarnation began:
    /// everything owned before has to be taken over again.
    pub held: bool,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Its number in its saga, from 1 without gaps.
    pub seq: u64,
    /// The epoch it was written under.
    pub epoch: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Its kind.
    pub kind: Cow<'static, str>,
    /// Its body as JSON text.
    pub body: String,
    /// A request or response, or somebody's own words; empty for most kinds.
    pub payload: Bytes,
    /// The link of the chain.
    pub mac: [u8; 32],
}

impl StoredEvent {
    /// The event itself.
    ///
    /// # Errors
    /// When this version cannot read it.
    pub fn decode(&self) -> Result<Event, UndecodableEvent> {
        Event::decode(&self.kind, &self.body, self.payload.clone())
    }
}

/// A saga's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SagaRow {
    /// Its identity.
    pub saga: SagaId,
    /// Name of its definition.
    pub definition: String,
    /// Version of its definition.
    pub version: u32,
    /// Its state.
    pub state: SagaState,
    /// A department is deciding.
    pub waiting: bool,
    /// The highest epoch it was owned under.
    pub epoch: u64,
    /// The gateway incarnation that carries it on; none while it rests or after it ended.
    pub owner: Option<u64>,
    /// The number of its last event.
    pub seq: u64,
    /// The link its next event follows.
    pub mac: [u8; 32],
    /// Who must act next.
    pub responsible: Option<String>,
    /// When something happens next by itself or an owner is due.
    pub wake_at: Option<Timestamp>,
    /// What is waited for.
    pub wake_reason: Option<String>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it is set aside, if it is.
    pub quarantined: Option<String>,
    /// How its payloads are stored.
    pub seal: Seal,
}

impl SagaRow {
    /// The head of its chain.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            mac: self.mac,
        }
    }
}

/// A saga's row and all its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Its row.
    pub row: SagaRow,
    /// Its events in order.
    pub events: Vec<StoredEvent>,
    /// The first event whose link does not fit, if there is one.
    pub verification: Verification,
}

/// Whether a saga's chain fits its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Every event is as it was written, and none is missing.
    Intact,
    /// From this event on the journal is not what was written.
    BrokenAt {
        /// The first event that does not fit, or is missing.
        seq: u64,
    },
}

/// Which sagas to list; every criterion that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<SagaState>,
    /// Of this definition.
    pub definition: Option<String>,
    /// With this party to act.
    pub responsible: Option<String>,
    /// Accepted before this moment.
    pub accepted_before: Option<Timestamp>,
    /// Set aside (or not).
    pub quarantined: Option<bool>,
    /// Not ended and without a wake time.
    pub without_wake: bool,
}

/// Where a page of a list starts and how long it is; lists are in the order of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The last saga of the page before.
    pub after: Option<SagaId>,
    /// How many at most.
    pub limit: u32,
}
