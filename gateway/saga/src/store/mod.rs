//! Where sagas are kept: an append-only journal and a row a saga, behind one small trait. What the
//! events mean is the core's.

mod chain;
pub mod conformance;
mod error;
mod memory;
mod record;
mod seal;
mod sql;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use chain::{ChainKey, Head};
pub use error::StoreError;
pub use memory::{MemoryClock, MemoryStore};
pub use record::{
    Acceptance, Append, Dedupe, Delivery, Filter, Journal, NewSaga, Page, Pulse, SagaRow,
    StoredEvent, Take, Verification,
};
pub use seal::Seal;
pub use sql::{
    Audit, Audited, Chapter, MIGRATIONS, SqlStore, SqlStoreSettings, holds_sagas, statements,
};

use crate::machine::{SagaId, Timestamp};

/// A durable store of sagas. Every acknowledged write survives a loss of power as far as the
/// implementation promises it; a failed write left nothing behind or is [`StoreError::Unknown`].
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Writes a new saga with its first events, owned by the caller under the epoch it returns. A
    /// submission whose dedupe key is known writes nothing and names the saga that is there.
    ///
    /// # Errors
    /// [`StoreError::DigestConflict`] when the key came with another submission before;
    /// [`StoreError::Erased`] when that submission is erased; else that of the database.
    async fn accept(&self, new: NewSaga) -> Result<Acceptance, StoreError>;

    /// Appends events and updates the saga's row, in one transaction that other sagas' may share.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the epoch or sequence number is no longer the saga's: then nothing
    /// was written; else that of the database.
    async fn append(&self, append: Append) -> Result<Head, StoreError>;

    /// Takes a saga over: later writes under an earlier epoch fail. Returns the new epoch, higher than
    /// every one before, and the saga's row. A saga that ended is read and not taken over.
    ///
    /// Epochs are no lower than the microseconds since 1970 by the store's clock when this incarnation
    /// began: after a backup was restored they are also above those that the backup does not know.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Fenced`] when it may only be taken if it is free and is
    /// not; else that of the database.
    async fn acquire(&self, saga: SagaId, take: Take) -> Result<SagaRow, StoreError>;

    /// A saga's row and whole journal.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; else that of the database.
    async fn load(&self, saga: SagaId) -> Result<Journal, StoreError>;

    /// A page of a saga's events with a sequence number of at least `from`.
    ///
    /// # Errors
    /// That of the database.
    async fn events(
        &self,
        saga: SagaId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Sagas that somebody must take up: those of dead owners first, then those that rest and are due
    /// at `now`, and those that rest and were delivered something. Sagas that are set aside are left out.
    ///
    /// # Errors
    /// That of the database.
    async fn claimable(&self, now: Timestamp, limit: u32) -> Result<Vec<SagaId>, StoreError>;

    /// When the next resting saga is due; none when no saga rests.
    ///
    /// # Errors
    /// That of the database.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Renews this incarnation's lease for `lease` from now, by the store's clock, and declares those
    /// dead whose leases have run out. A lost lease is answered by a new incarnation.
    ///
    /// # Errors
    /// That of the database.
    async fn heartbeat(&self, lease: Duration) -> Result<Pulse, StoreError>;

    /// Gives up everything this incarnation owns: others may take it over at once. It writes nothing
    /// afterwards.
    ///
    /// # Errors
    /// That of the database.
    async fn step_down(&self) -> Result<(), StoreError>;

    /// Whether this is the only gateway that the store can have.
    fn exclusive(&self) -> bool;

    /// Keeps deliveries and how far their source was read, in one transaction. What is kept already, by
    /// saga and name, is not kept twice. Deliveries for sagas that are not here are kept as well.
    ///
    /// # Errors
    /// That of the database.
    async fn receive(
        &self,
        source: &str,
        position: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<(), StoreError>;

    /// How far a source was read; none before the first delivery.
    ///
    /// # Errors
    /// That of the database.
    async fn position(&self, source: &str) -> Result<Option<String>, StoreError>;

    /// What was delivered for a saga and not taken in, in the order of names.
    ///
    /// # Errors
    /// That of the database.
    async fn inbox(&self, saga: SagaId) -> Result<Vec<Delivery>, StoreError>;

    /// Sagas of this incarnation that were delivered something.
    ///
    /// # Errors
    /// That of the database.
    async fn mail(&self, limit: u32) -> Result<Vec<SagaId>, StoreError>;

    /// A page of sagas.
    ///
    /// # Errors
    /// That of the database.
    async fn list(&self, filter: Filter, page: Page) -> Result<Vec<SagaRow>, StoreError>;

    /// Sets a saga aside with a reason, because it cannot be carried on; the next successful append
    /// clears the mark. Guarded by no epoch: a mark may come from an owner that lost its lease.
    ///
    /// # Errors
    /// That of the database.
    async fn quarantine(&self, saga: SagaId, reason: &str) -> Result<(), StoreError>;

    /// Erases the key of an ended saga's payloads: nobody reads them any more, and the chain over the
    /// stored bytes still fits. `record` journals it in the same transaction. A saga that is erased
    /// already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Fenced`] when the saga has not ended or its payloads were
    /// never sealed; else that of the database.
    async fn erase(&self, saga: SagaId, record: EventRecord) -> Result<SagaRow, StoreError>;

    /// Recomputes the chain over a saga's stored bytes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; else that of the database.
    async fn verify(&self, saga: SagaId) -> Result<Verification, StoreError>;

    /// The store's clock. Everything that is stored with a time uses the engine's; this one judges
    /// leases.
    ///
    /// # Errors
    /// That of the database.
    async fn now(&self) -> Result<Timestamp, StoreError>;

    /// Finishes what is queued and closes the connections.
    async fn close(&self);
}

/// An event as it is handed to a store: already in stored form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// When it happened.
    pub at: Timestamp,
    /// Its kind.
    pub kind: &'static str,
    /// Its body as JSON text.
    pub body: String,
    /// What is sealed: a request or response, or somebody's own words; empty for most kinds.
    pub payload: Bytes,
}
