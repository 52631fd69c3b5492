//! Sealing: what a saga's events carry of people's lives is stored encrypted under a key of that saga's
//! own. Half of the key is a salt in the saga's row, the other half never is in the database; without the
//! salt nobody opens the payloads again, and the chain over the stored bytes stays as it is.

use bytes::Bytes;
use hmac::{Hmac, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use crate::machine::SagaId;

/// The form of a sealed payload; a later form gets another number.
const FORM: u8 = 1;
const SALT: usize = 32;
/// What an erased salt is overwritten with: as long as a salt, so that the row keeps its place on disk.
const ERASED: [u8; SALT] = [0; SALT];

/// How a saga's payloads are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal(Option<[u8; SALT]>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            None => "Seal(open)",
            Some(ERASED) => "Seal(erased)",
            Some(_) => "Seal(…)",
        })
    }
}

impl Seal {
    /// Payloads as they are: those of sagas that were accepted before payloads were sealed.
    pub const OPEN: Self = Self(None);
    /// Payloads that nobody can read any more.
    pub(super) const ERASED: Self = Self(Some(ERASED));

    /// A seal that no other saga has.
    #[must_use]
    pub fn fresh() -> Self {
        Self(Some(rand::random()))
    }

    /// Whether the payloads can be read by nobody any more.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        *self == Self::ERASED
    }

    /// Whether the payloads are stored encrypted, and can be read.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.salt().is_some()
    }

    /// As a saga's row has it; none when that is no seal.
    pub(super) fn from_row(stored: Option<&[u8]>) -> Option<Self> {
        match stored {
            None => Some(Self::OPEN),
            Some(stored) => Some(Self(Some(stored.try_into().ok()?))),
        }
    }

    /// As a saga's row keeps it.
    pub(super) fn to_row(self) -> Option<Vec<u8>> {
        self.0.map(|salt| salt.to_vec())
    }

    fn salt(&self) -> Option<&[u8; SALT]> {
        self.0.as_ref().filter(|salt| **salt != ERASED)
    }
}

/// The half of every saga's key that is not in the database.
#[derive(Clone)]
pub(super) struct Master(pub(super) Hmac<Sha256>);

impl Master {
    /// A saga's key; none when its payloads are not sealed, or erased.
    pub(super) fn of(&self, saga: SagaId, seal: Seal) -> Option<SagaKey> {
        let mut mac = self.0.clone();
        mac.update(seal.salt()?);
        mac.update(saga.0.as_bytes());
        let key: [u8; 32] = mac.finalize().into_bytes().into();
        let key = UnboundKey::new(&AES_256_GCM, &key).ok()?;
        Some(SagaKey {
            saga,
            key: LessSafeKey::new(key),
        })
    }
}

/// The key of one saga's payloads.
pub(super) struct SagaKey {
    saga: SagaId,
    key: LessSafeKey,
}

impl SagaKey {
    /// Seals the payload of event number `seq`: the form, a random nonce, the sealed bytes, their tag.
    ///
    /// The nonce is random and not the event's number: a write that came to nothing may have left its
    /// bytes on disk, and the next one has the same number.
    pub(super) fn close(&self, seq: u64, payload: &[u8]) -> Bytes {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let head = 1 + NONCE_LEN;
        let mut sealed = Vec::with_capacity(head + payload.len() + AES_256_GCM.tag_len());
        sealed.push(FORM);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(payload);
        let tag = self.key.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            self.place(seq),
            &mut sealed[head..],
        );
        match tag {
            Ok(tag) => sealed.extend_from_slice(tag.as_ref()),
            // Only for more bytes than any memory has. They must not be stored as they are.
            Err(_) => sealed.truncate(1),
        }
        sealed.into()
    }

    /// Opens what [`Self::close`] made for event number `seq`; none when it is something else.
    pub(super) fn open(&self, seq: u64, sealed: &[u8]) -> Option<Bytes> {
        let (&FORM, rest) = sealed.split_first()? else {
            return None;
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut sealed = sealed.to_vec();
        let length = self
            .key
            .open_in_place(nonce, self.place(seq), &mut sealed)
            .ok()?
            .len();
        sealed.truncate(length);
        Some(sealed.into())
    }

    /// A payload opens only in its own place.
    fn place(&self, seq: u64) -> Aad<[u8; 24]> {
        let mut place = [0; 24];
        place[..16].copy_from_slice(self.saga.0.as_bytes());
        place[16..].copy_from_slice(&seq.to_be_bytes());
        Aad::from(place)
    }
}

#[cfg(test)]
mod tests {
    use hmac::KeyInit;
    use uuid::Uuid;

    use super::*;

    fn key(saga: u128, seal: Seal) -> Option<SagaKey> {
        let master = Master(Hmac::new_from_slice(b"kept elsewhere").unwrap());
        master.of(SagaId(Uuid::from_u128(saga)), seal)
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_and_under_its_seal_alone() {
        let seal = Seal::fresh();
        let mine = key(1, seal).unwrap();
        let sealed = mine.close(3, b"born on the steppe");
        assert!(!sealed.windows(6).any(|part| part == b"steppe"));
        assert_eq!(mine.open(3, &sealed).unwrap(), "born on the steppe");
        assert_ne!(mine.close(3, b"born on the steppe"), sealed, "never twice");
        assert_eq!(mine.open(4, &sealed), None, "another event");
        assert_eq!(key(2, seal).unwrap().open(3, &sealed), None, "another saga");
        assert_eq!(key(1, Seal::fresh()).unwrap().open(3, &sealed), None);
        let mut edited = sealed.to_vec();
        edited[0] += 1;
        assert_eq!(mine.open(3, &edited), None, "another form");
        assert_eq!(mine.open(3, &sealed[..5]), None, "cut");
        assert!(key(1, Seal::ERASED).is_none() && key(1, Seal::OPEN).is_none());
    }

    #[test]
    fn a_row_keeps_a_seal_and_an_erased_one_is_as_long() {
        let seal = Seal::fresh();
        let row = |seal: Seal| seal.to_row();
        assert_eq!(Seal::from_row(row(seal).as_deref()), Some(seal));
        assert_eq!(Seal::from_row(row(Seal::OPEN).as_deref()), Some(Seal::OPEN));
        let erased = row(Seal::ERASED);
        assert_eq!(
            erased.as_ref().map(Vec::len),
            row(seal).map(|row| row.len())
        );
        assert!(Seal::from_row(erased.as_deref()).unwrap().is_erased());
        assert_eq!(Seal::from_row(Some(b"short")), None);
    }
}
