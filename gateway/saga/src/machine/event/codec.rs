//! How events are written down and read back.

use bytes::Bytes;
use thiserror::Error;

use super::Event;

/// A stored event that this version cannot read.
#[derive(Debug, Error)]
#[error("event `{kind}` cannot be decoded")]
pub struct UndecodableEvent {
    /// The stored kind.
    pub kind: String,
    #[source]
    source: serde_json::Error,
}

impl Event {
    /// The body as JSON text, without what is stored beside it.
    ///
    /// # Errors
    /// Never for an event of this version.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.wordless())
    }

    /// Reads an event back from its stored parts.
    ///
    /// # Errors
    /// When the body is no event of this version, or not one of the given kind.
    pub fn decode(kind: &str, body: &str, payload: Bytes) -> Result<Self, UndecodableEvent> {
        let wrong = |source| UndecodableEvent {
            kind: kind.to_owned(),
            source,
        };
        let mut event: Self = serde_json::from_str(body).map_err(wrong)?;
        if event.kind() != kind {
            return Err(wrong(serde::de::Error::custom("kind and body differ")));
        }
        match &mut event {
            Self::Accepted { input: place, .. }
            | Self::Corrected { input: place, .. }
            | Self::SignalReceived { payload: place, .. }
            | Self::Intended { request: place, .. }
            | Self::IntendedAhead { request: place, .. }
            | Self::Succeeded {
                response: place, ..
            } => *place = payload,
            event => event.hear(&payload).map_err(wrong)?,
        }
        Ok(event)
    }
}
