//! The store in memory: for tests and simulations. It keeps the same promises but durability.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use super::Store;
use super::chain::{ChainKey, Head};
use super::error::StoreError;
use super::record::{
    Acceptance, Append, Dedupe, Filter, Journal, NewSaga, Page, SagaRow, StoredEvent, Verification,
};
use crate::machine::{Projection, SagaId, Timestamp};

struct Kept {
    row: SagaRow,
    events: Vec<StoredEvent>,
}

#[derive(Default)]
struct Tables {
    sagas: BTreeMap<SagaId, Kept>,
    dedupe: HashMap<String, (SagaId, [u8; 32])>,
    incarnation: u64,
}

/// A store in memory.
pub struct MemoryStore {
    key: ChainKey,
    tables: Mutex<Tables>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(ChainKey::new(*b"memory"))
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(key: ChainKey) -> Self {
        let tables = Mutex::new(Tables {
            incarnation: 1,
            ..Tables::default()
        });
        Self { key, tables }
    }

    /// Starts a new incarnation, as opening a database again does.
    pub fn reopen(&self) {
        self.lock().incarnation += 1;
    }

    /// The maps are whole after every statement, so a panic elsewhere cannot have damaged them.
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn accept(&self, new: NewSaga) -> Result<Acceptance, StoreError> {
        let mut tables = self.lock();
        if let Some(Dedupe { key, digest }) = &new.dedupe
            && let Some((saga, known)) = tables.dedupe.get(key).copied()
        {
            return if known == *digest {
                Ok(Acceptance::Duplicate { saga })
            } else {
                Err(StoreError::DigestConflict { saga })
            };
        }
        if tables.sagas.contains_key(&new.saga) {
            return Err(StoreError::Exists(new.saga));
        }
        let epoch = tables.incarnation;
        let events = self.key.extend(new.saga, epoch, Head::START, &new.events);
        let (head, at) = end(Head::START, &events);
        let mut row = SagaRow {
            saga: new.saga,
            definition: new.definition,
            version: new.version,
            state: new.projection.state,
            waiting: false,
            epoch,
            seq: 0,
            mac: [0; 32],
            responsible: None,
            wake_at: None,
            wake_reason: None,
            accepted_at: at,
            updated_at: at,
            ended_at: None,
            quarantined: None,
        };
        show(&mut row, head, at, new.projection);
        if let Some(Dedupe { key, digest }) = new.dedupe {
            tables.dedupe.insert(key, (new.saga, digest));
        }
        tables.sagas.insert(new.saga, Kept { row, events });
        Ok(Acceptance::Accepted { epoch, head })
    }

    async fn append(&self, append: Append) -> Result<Head, StoreError> {
        let mut tables = self.lock();
        let kept = tables
            .sagas
            .get_mut(&append.saga)
            .ok_or(StoreError::Fenced)?;
        if kept.row.epoch != append.epoch || kept.row.seq != append.head.seq {
            return Err(StoreError::Fenced);
        }
        let events = self
            .key
            .extend(append.saga, append.epoch, append.head, &append.events);
        let (head, at) = end(append.head, &events);
        show(&mut kept.row, head, at, append.projection);
        kept.events.extend(events);
        Ok(head)
    }

    async fn acquire(&self, saga: SagaId) -> Result<SagaRow, StoreError> {
        let mut tables = self.lock();
        let incarnation = tables.incarnation;
        let kept = tables
            .sagas
            .get_mut(&saga)
            .ok_or(StoreError::NotFound(saga))?;
        kept.row.epoch = (kept.row.epoch + 1).max(incarnation);
        Ok(kept.row.clone())
    }

    async fn load(&self, saga: SagaId) -> Result<Journal, StoreError> {
        let tables = self.lock();
        let kept = tables.sagas.get(&saga).ok_or(StoreError::NotFound(saga))?;
        let (row, events) = (kept.row.clone(), kept.events.clone());
        let verification = self.key.verify(&row, &events);
        Ok(Journal {
            row,
            events,
            verification,
        })
    }

    async fn events(
        &self,
        saga: SagaId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let tables = self.lock();
        let events = tables
            .sagas
            .get(&saga)
            .map(|kept| kept.events.as_slice())
            .unwrap_or_default();
        let page = events
            .iter()
            .filter(|event| event.seq >= from)
            .take(limit as usize);
        Ok(page.cloned().collect())
    }

    async fn active(&self, after: Option<SagaId>, limit: u32) -> Result<Vec<SagaId>, StoreError> {
        let tables = self.lock();
        let open = tables
            .sagas
            .values()
            .map(|kept| &kept.row)
            .filter(|row| row.ended_at.is_none() && after.is_none_or(|after| row.saga > after));
        Ok(open.take(limit as usize).map(|row| row.saga).collect())
    }

    async fn list(&self, filter: Filter, page: Page) -> Result<Vec<SagaRow>, StoreError> {
        let tables = self.lock();
        let rows = tables.sagas.values().map(|kept| &kept.row).filter(|row| {
            page.after.is_none_or(|after| row.saga > after)
                && filter.state.is_none_or(|state| row.state == state)
                && filter
                    .definition
                    .as_ref()
                    .is_none_or(|name| row.definition == *name)
                && (filter.responsible.is_none() || row.responsible == filter.responsible)
                && filter
                    .accepted_before
                    .is_none_or(|before| row.accepted_at < before)
                && filter
                    .quarantined
                    .is_none_or(|set| row.quarantined.is_some() == set)
                && (!filter.without_wake || (row.ended_at.is_none() && row.wake_at.is_none()))
        });
        Ok(rows.take(page.limit as usize).cloned().collect())
    }

    async fn quarantine(&self, saga: SagaId, reason: &str) -> Result<(), StoreError> {
        if let Some(kept) = self.lock().sagas.get_mut(&saga) {
            kept.row.quarantined = Some(reason.to_owned());
        }
        Ok(())
    }

    async fn verify(&self, saga: SagaId) -> Result<Verification, StoreError> {
        Ok(self.load(saga).await?.verification)
    }

    async fn now(&self) -> Result<Timestamp, StoreError> {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Ok(Timestamp::default().plus(since))
    }

    async fn close(&self) {}
}

fn end(before: Head, events: &[StoredEvent]) -> (Head, Timestamp) {
    events
        .last()
        .map_or((before, Timestamp::default()), |event| {
            (
                Head {
                    seq: event.seq,
                    mac: event.mac,
                },
                event.at,
            )
        })
}

fn show(row: &mut SagaRow, head: Head, at: Timestamp, shown: Projection) {
    row.seq = head.seq;
    row.mac = head.mac;
    row.updated_at = at;
    row.ended_at = shown.state.ended().then_some(at);
    row.state = shown.state;
    row.waiting = shown.waiting;
    row.responsible = shown.responsible;
    row.wake_at = shown.wake_at;
    row.wake_reason = shown.wake_reason;
    row.quarantined = None;
}
