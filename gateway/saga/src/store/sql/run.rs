//! A run: consecutive events of one saga, written down one behind the other as soon as they are chained.
//! Commits and chapters take its bytes as they are.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::chain::Head;
use super::super::error::StoreError;
use super::super::record::StoredEvent;
use crate::machine::Timestamp;

/// About what an event takes beside its payload.
const EVENT: usize = 160;

/// Events, and what must be known of them without reading them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    ends: Option<Ends>,
    #[serde(serialize_with = "put", deserialize_with = "take")]
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ends {
    first: u64,
    seq: u64,
    mac: [u8; 32],
    at: i64,
}

impl Run {
    /// Writes events down.
    ///
    /// # Errors
    /// [`StoreError::Damaged`]; never for events that were read or made by a store.
    pub(super) fn write(events: &[StoredEvent]) -> Result<Self, StoreError> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Ok(Self::default());
        };
        let length = events.iter().map(|event| EVENT + event.payload.len()).sum();
        let bytes = events
            .iter()
            .try_fold(Vec::with_capacity(length), |bytes, event| {
                postcard::to_extend(event, bytes)
            })
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(Self {
            ends: Some(Ends {
                first: first.seq,
                seq: last.seq,
                mac: last.mac,
                at: last.at.0,
            }),
            bytes,
        })
    }

    /// The events, as far as they can be read, and whether nothing is behind them.
    pub(super) fn read(mut bytes: &[u8]) -> (Vec<StoredEvent>, bool) {
        let mut events = Vec::new();
        while !bytes.is_empty() {
            let Ok((event, behind)) = postcard::take_from_bytes(bytes) else {
                break;
            };
            events.push(event);
            bytes = behind;
        }
        (events, bytes.is_empty())
    }

    /// Its events.
    pub(super) fn events(&self) -> Vec<StoredEvent> {
        Self::read(&self.bytes).0
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of its first event; none when there are no events.
    pub(super) fn first(&self) -> Option<u64> {
        self.ends.map(|ends| ends.first)
    }

    /// The chain's head after it; none when there are no events.
    pub(super) fn head(&self) -> Option<Head> {
        self.ends.map(|Ends { seq, mac, .. }| Head { seq, mac })
    }

    /// When its last event happened; none when there are no events.
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.ends.map(|ends| Timestamp(ends.at))
    }

    /// Puts those behind it that follow.
    pub(super) fn append(&mut self, next: &Self) {
        let first = self.first().or(next.first());
        if let (Some(first), Some(ends)) = (first, next.ends) {
            self.ends = Some(Ends { first, ..ends });
            self.bytes.extend_from_slice(&next.bytes);
        }
    }
}

/// All at once, where a list would be written number by number.
fn put<S: Serializer>(bytes: &[u8], into: S) -> Result<S::Ok, S::Error> {
    into.serialize_bytes(bytes)
}

fn take<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    Bytes::deserialize(from).map(Vec::from)
}
