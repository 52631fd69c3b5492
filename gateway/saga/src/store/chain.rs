//! The chain of message authentication codes over a saga's stored bytes. The key is never in the
//! database, so nobody who can only edit rows can forge a link.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::EventRecord;
use super::record::{SagaRow, StoredEvent, Verification};
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

/// The key of the chain.
#[derive(Clone)]
pub struct ChainKey(Hmac<Sha256>);

impl std::fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainKey(…)")
    }
}

impl ChainKey {
    /// A key of any length; 32 random bytes are right.
    #[must_use]
    pub fn new(key: impl Into<Vec<u8>>) -> Self {
        // HMAC takes keys of any length: the length is never refused.
        let key =
            Hmac::new_from_slice(&key.into()).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Self(key)
    }

    /// The links of new events after `head`.
    pub(super) fn extend(
        &self,
        saga: SagaId,
        epoch: u64,
        head: Head,
        events: &[EventRecord],
    ) -> Vec<StoredEvent> {
        let mut head = head;
        events
            .iter()
            .map(|event| {
                let mut stored = StoredEvent {
                    seq: head.seq + 1,
                    epoch,
                    at: event.at,
                    kind: event.kind.to_owned(),
                    body: event.body.clone(),
                    payload: event.payload.clone(),
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

    /// Whether the events are those that were written, up to the saga's head.
    pub(super) fn verify(&self, row: &SagaRow, events: &[StoredEvent]) -> Verification {
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

    fn link(&self, saga: SagaId, before: &[u8; 32], event: &StoredEvent) -> [u8; 32] {
        let mut mac = self.0.clone();
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
