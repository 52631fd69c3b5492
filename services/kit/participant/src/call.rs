//! What the ledger knows of a call beside its message: who sent it, under which key, and the
//! digest of its bytes.

use bytes::Bytes;
use http::HeaderMap;
use onething_proto::participant::StepKey;

use crate::{
    Key,
    rules::{self, Expiry},
};

/// The names of the metadata that an action call carries.
pub mod metadata {
    /// Who coordinates.
    pub const COORDINATOR: &str = "onething-coordinator";
    /// The saga's id.
    pub const SAGA: &str = "onething-saga";
    /// The step's id.
    pub const STEP: &str = "onething-step";
    /// The item of a repeated step.
    pub const ITEM: &str = "onething-item";
    /// The round, from 1.
    pub const ROUND: &str = "onething-round";
    /// The fencing number of the coordinator's lease.
    pub const EPOCH: &str = "onething-epoch";
    /// What the call is for, as a bundle id.
    pub const PURPOSE: &str = "onething-purpose";
    /// When the statutory time for deciding ends, in microseconds since the epoch.
    pub const DUE: &str = "onething-due";
    /// What follows when that time passes undecided.
    pub const EXPIRY: &str = "onething-expiry";
    /// The id of a mutating call outside a saga.
    pub const REQUEST_ID: &str = "onething-request-id";
}

/// Where a call comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A saga's step.
    Step {
        /// Its key.
        key: Key,
        /// The fencing number of the coordinator's lease.
        epoch: u64,
    },
    /// A caller outside any saga, who names the request.
    Request {
        /// The request's id.
        id: String,
    },
    /// A caller who names nothing: enough to read, not to change anything.
    Plain,
}

/// A call as the ledger sees it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Where it comes from.
    pub origin: Origin,
    /// What it is for, as a bundle id; empty when not said.
    pub purpose: String,
    /// SHA-256 of the request message's bytes as they came over the wire.
    pub digest: [u8; 32],
    /// The request message's bytes as they came over the wire.
    pub message: Bytes,
    /// When the department took it up, in microseconds since the epoch.
    pub at: i64,
    /// When the statutory time for deciding ends, in microseconds since the epoch.
    pub due: Option<i64>,
    /// What follows when that time passes undecided.
    pub expiry: Expiry,
}

/// The coordinator under which requests outside a saga are recorded.
pub(crate) const REQUESTS: &str = "request";

impl Call {
    /// Reads a call's metadata and the digest of its message.
    ///
    /// # Errors
    /// With the metadata key that is missing or malformed.
    pub fn read(headers: &HeaderMap, message: Bytes) -> Result<Self, &'static str> {
        Ok(Self {
            origin: origin(headers)?,
            purpose: text(headers, metadata::PURPOSE)?.unwrap_or_default(),
            digest: rules::digest(&message),
            message,
            at: 0,
            due: text(headers, metadata::DUE)?
                .map(|due| due.parse().map_err(|_| metadata::DUE))
                .transpose()?,
            expiry: text(headers, metadata::EXPIRY)?
                .map(|expiry| Expiry::named(&expiry).ok_or(metadata::EXPIRY))
                .transpose()?
                .unwrap_or_default(),
        })
    }

    /// The key and epoch under which a mutating call is recorded; none for a plain one.
    pub(crate) fn key(&self, method: &str) -> Option<(Key, u64)> {
        match &self.origin {
            Origin::Step { key, epoch } => Some((key.clone(), *epoch)),
            Origin::Request { id } => {
                let key = Key {
                    coordinator: REQUESTS.to_owned(),
                    saga: id.clone(),
                    step: method.to_owned(),
                    item: String::new(),
                    round: 1,
                };
                Some((key, 0))
            }
            Origin::Plain => None,
        }
    }

    /// The step it comes from; empty outside a saga.
    pub fn step(&self) -> &str {
        match &self.origin {
            Origin::Step { key, .. } => &key.step,
            Origin::Request { .. } | Origin::Plain => "",
        }
    }
}

fn origin(headers: &HeaderMap) -> Result<Origin, &'static str> {
    if let Some(coordinator) = text(headers, metadata::COORDINATOR)? {
        let key = StepKey {
            coordinator,
            saga: text(headers, metadata::SAGA)?.unwrap_or_default(),
            step: text(headers, metadata::STEP)?.unwrap_or_default(),
            item: text(headers, metadata::ITEM)?.unwrap_or_default(),
            round: number(headers, metadata::ROUND)?,
        };
        let key = Key::checked(key).map_err(|part| match part {
            "coordinator" => metadata::COORDINATOR,
            "saga" => metadata::SAGA,
            "step" => metadata::STEP,
            "item" => metadata::ITEM,
            _ => metadata::ROUND,
        })?;
        return Ok(Origin::Step {
            key,
            epoch: number(headers, metadata::EPOCH)?,
        });
    }
    match text(headers, metadata::REQUEST_ID)? {
        Some(id) if id.is_empty() || id.len() > 128 => Err(metadata::REQUEST_ID),
        Some(id) => Ok(Origin::Request { id }),
        None => Ok(Origin::Plain),
    }
}

fn text(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, &'static str> {
    headers
        .get(name)
        .map(|value| value.to_str().map(str::to_owned).map_err(|_| name))
        .transpose()
}

fn number<T: std::str::FromStr>(
    headers: &HeaderMap,
    name: &'static str,
) -> Result<T, &'static str> {
    text(headers, name)?
        .and_then(|value| value.parse().ok())
        .ok_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (http::HeaderName::from_static(k), v.parse().unwrap()))
            .collect()
    }

    #[test]
    fn reads_a_step() {
        let call = Call::read(
            &headers(&[
                (metadata::COORDINATOR, "g"),
                (metadata::SAGA, "s"),
                (metadata::STEP, "lock"),
                (metadata::ROUND, "2"),
                (metadata::EPOCH, "7"),
            ]),
            Bytes::new(),
        )
        .unwrap();
        let Origin::Step { key, epoch } = call.origin else {
            panic!("not a step")
        };
        assert_eq!((key.to_string().as_str(), epoch), ("g/s/lock#2", 7));
    }

    #[test]
    fn names_the_metadata_that_is_missing_or_malformed() {
        let whole = [
            (metadata::COORDINATOR, "g"),
            (metadata::SAGA, "s"),
            (metadata::STEP, "x"),
            (metadata::ROUND, "1"),
            (metadata::EPOCH, "1"),
        ];
        for missing in 1..whole.len() {
            let mut some = whole.to_vec();
            let (name, _) = some.remove(missing);
            assert_eq!(Call::read(&headers(&some), Bytes::new()).unwrap_err(), name);
        }
        let mut wrong = whole;
        wrong[3].1 = "0";
        assert_eq!(
            Call::read(&headers(&wrong), Bytes::new()).unwrap_err(),
            metadata::ROUND
        );
        wrong[3].1 = "-1";
        assert_eq!(
            Call::read(&headers(&wrong), Bytes::new()).unwrap_err(),
            metadata::ROUND
        );
    }

    #[test]
    fn reads_until_when_it_is_to_be_decided_and_what_follows() {
        let read = |pairs: &[(&'static str, &str)]| Call::read(&headers(pairs), Bytes::new());
        let plain = read(&[]).unwrap();
        assert_eq!((plain.due, plain.expiry), (None, Expiry::Escalate));
        let deemed = read(&[
            (metadata::DUE, "1700000000000000"),
            (metadata::EXPIRY, "deemed_granted"),
        ])
        .unwrap();
        assert_eq!(
            (deemed.due, deemed.expiry),
            (Some(1_700_000_000_000_000), Expiry::DeemedGranted)
        );
        for name in [metadata::DUE, metadata::EXPIRY] {
            assert_eq!(read(&[(name, "soon")]).unwrap_err(), name);
        }
    }

    #[test]
    fn the_digest_is_that_of_the_bytes() {
        let a = Call::read(&HeaderMap::new(), Bytes::from_static(b"abc")).unwrap();
        let expected = [0xba, 0x78, 0x16, 0xbf];
        assert_eq!(a.digest[..4], expected);
        assert_eq!(a.origin, Origin::Plain);
    }
}
