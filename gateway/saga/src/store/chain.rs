//! The chain of message authentication codes over a saga's stored bytes. The key is never in the
//! database, so nobody who can only edit rows can forge a link.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::EventRecord;
use super::error::StoreError;
use super::record::{SagaRow, StoredEvent, Verification};
use super::seal::{Master, Seal};
use crate::machine::SagaId;

/// The end of a saga's chain: the number of its last event and that event's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last event; 0 before the first.
    pub seq: u64,
    /// Its link; zeroes before the first.
    pub mac: [u8; 32],
}

impl Head {
    /// Before the first event.
    pub const START: Self = Self {
        seq: 0,
        mac: [0; 32],
    };
}

/// What the half of a saga's key is derived with that is not in the database.
const PAYLOADS: &[u8] = b"onething: payloads of sagas";

/// The key of the chain, and what the keys of the payloads are derived from.
#[derive(Clone)]
pub struct ChainKey {
    chain: Hmac<Sha256>,
    payloads: Master,
}

impl std::fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainKey(…)")
    }
}

impl ChainKey {
    /// A key of any length; 32 random bytes are right.
    #[must_use]
    pub fn new(key: impl Into<Vec<u8>>) -> Self {
        let chain = keyed(&key.into());
        let mut payloads = chain.clone();
        payloads.update(PAYLOADS);
        let derived = payloads.finalize().into_bytes();
        Self {
            chain,
            payloads: Master(keyed(&derived)),
        }
    }

    /// The links of new events after `head`.
    pub(super) fn extend(
        &self,
        saga: SagaId,
        epoch: u64,
        head: Head,
        seal: Seal,
        events: Vec<EventRecord>,
    ) -> Vec<StoredEvent> {
        let mut head = head;
        let sealed = events.iter().any(|event| !event.payload.is_empty());
        let key = sealed.then(|| self.payloads.of(saga, seal)).flatten();
        events
            .into_iter()
            .map(|event| {
                let mut stored = StoredEvent {
                    seq: head.seq + 1,
                    epoch,
                    at: event.at,
                    kind: Cow::Borrowed(event.kind),
                    body: event.body,
                    payload: match &key {
                        Some(key) if !event.payload.is_empty() => {
                            key.close(head.seq + 1, &event.payload)
                        }
                        _ => event.payload,
                    },
                    mac: [0; 32],
                };
                stored.mac = self.link(saga, &head.mac, &stored);
                head = Head {
                    seq: stored.seq,
                    mac: stored.mac,
                };
                stored
            })
            .collect()
    }

    /// Whether the stored events are those that were written, up to the saga's head.
    fn verify(&self, row: &SagaRow, events: &[StoredEvent]) -> Verification {
        let mut head = Head::START;
        for event in events {
            let link = self.link(row.saga, &head.mac, event);
            if event.seq != head.seq + 1 || event.mac != link {
                return Verification::BrokenAt { seq: head.seq + 1 };
            }
            head = Head {
                seq: event.seq,
                mac: event.mac,
            };
        }
        // A cut tail leaves a chain that fits itself but ends before the saga's head.
        if head == row.head() {
            Verification::Intact
        } else {
            Verification::BrokenAt {
                seq: head.seq.min(row.seq) + 1,
            }
        }
    }

    /// Verifies a saga's journal and opens its payloads. Those that were erased are empty.
    pub(super) fn read(&self, row: &SagaRow, events: &mut [StoredEvent]) -> Verification {
        let verification = self.verify(row, events);
        if verification != Verification::Intact {
            return verification;
        }
        // The key is gone exactly when the journal says so.
        let erased = events.last().is_some_and(|event| event.kind == "erased");
        if erased != row.seal.is_erased() {
            let seq = row.seq + u64::from(!erased);
            return Verification::BrokenAt { seq };
        }
        match self.open(row.saga, row.seal, events) {
            Ok(()) => Verification::Intact,
            Err(seq) => Verification::BrokenAt { seq },
        }
    }

    /// Opens the payloads of some of a saga's events.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when one is not what was sealed.
    pub(super) fn open_page(
        &self,
        saga: SagaId,
        seal: Seal,
        events: &mut [StoredEvent],
    ) -> Result<(), StoreError> {
        self.open(saga, seal, events)
            .map_err(|seq| StoreError::Damaged(format!("the payload of event {seq}")))
    }

    /// Fails with the number of the first event whose payload does not open.
    fn open(&self, saga: SagaId, seal: Seal, events: &mut [StoredEvent]) -> Result<(), u64> {
        if seal == Seal::OPEN {
            return Ok(());
        }
        let key = self.payloads.of(saga, seal);
        for event in events.iter_mut().filter(|event| !event.payload.is_empty()) {
            event.payload = match &key {
                Some(key) => key.open(event.seq, &event.payload).ok_or(event.seq)?,
                None => bytes::Bytes::new(),
            };
        }
        Ok(())
    }

    fn link(&self, saga: SagaId, before: &[u8; 32], event: &StoredEvent) -> [u8; 32] {
        let mut mac = self.chain.clone();
        mac.update(before);
        mac.update(saga.0.as_bytes());
        mac.update(&event.seq.to_be_bytes());
        mac.update(&event.epoch.to_be_bytes());
        mac.update(&event.at.0.to_be_bytes());
        for part in [event.kind.as_bytes(), event.body.as_bytes(), &event.payload] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// HMAC takes keys of any length: the length is never refused.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}
