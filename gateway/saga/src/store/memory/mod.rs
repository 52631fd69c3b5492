//! The store in memory: for tests and simulations. It keeps the same promises but durability.

mod store;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::chain::ChainKey;
use super::error::StoreError;
use super::record::{Delivery, SagaRow, StoredEvent};
use crate::machine::{SagaId, Timestamp};

struct Kept {
    row: SagaRow,
    due_at: Option<Timestamp>,
    events: Vec<StoredEvent>,
}

#[derive(Default)]
struct Tables {
    sagas: BTreeMap<SagaId, Kept>,
    dedupe: HashMap<String, (SagaId, Option<[u8; 32]>)>,
    incarnation: u64,
    /// When each living incarnation's lease ends; never for the only one.
    living: BTreeMap<u64, Option<Timestamp>>,
    inbox: BTreeMap<(SagaId, String), Delivery>,
    positions: BTreeMap<String, String>,
}

impl Tables {
    fn begin(&mut self, now: Timestamp, expires_at: Option<Timestamp>) -> u64 {
        let clock = u64::try_from(now.0).unwrap_or_default();
        self.incarnation = (self.incarnation + 1).max(clock);
        self.living.insert(self.incarnation, expires_at);
        self.incarnation
    }

    fn lives(&self, incarnation: u64, now: Timestamp) -> bool {
        self.living
            .get(&incarnation)
            .is_some_and(|expires_at| expires_at.is_none_or(|at| at > now))
    }

    fn delivered(&self, saga: SagaId) -> bool {
        let from = (saga, String::new());
        self.inbox
            .range(from..)
            .next()
            .is_some_and(|((of, _), _)| *of == saga)
    }
}

/// Tells the time, in place of the system's clock.
pub type MemoryClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A store in memory, as one gateway incarnation sees it.
pub struct MemoryStore {
    key: ChainKey,
    clock: MemoryClock,
    exclusive: bool,
    incarnation: AtomicU64,
    tables: Arc<Mutex<Tables>>,
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
        let clock = || {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            Timestamp::default().plus(since)
        };
        Self::with_clock(key, Arc::new(clock))
    }

    /// An empty store that judges leases by a clock of the caller's.
    #[must_use]
    pub fn with_clock(key: ChainKey, clock: MemoryClock) -> Self {
        let mut tables = Tables::default();
        let incarnation = AtomicU64::new(tables.begin(clock(), None));
        Self {
            key,
            clock,
            exclusive: true,
            incarnation,
            tables: Arc::new(Mutex::new(tables)),
        }
    }

    /// The same tables as another incarnation of the only gateway sees them: all earlier ones are dead.
    #[must_use]
    pub fn reopened(&self) -> Self {
        let now = (self.clock)();
        let mut tables = self.lock();
        tables.living.clear();
        let incarnation = tables.begin(now, None);
        drop(tables);
        self.handle(true, incarnation)
    }

    /// The same tables as one of several gateways sees them, each under a lease.
    #[must_use]
    pub fn joined(&self, lease: Duration) -> Self {
        let now = (self.clock)();
        let incarnation = self.lock().begin(now, Some(now.plus(lease)));
        self.handle(false, incarnation)
    }

    fn handle(&self, exclusive: bool, incarnation: u64) -> Self {
        Self {
            key: self.key.clone(),
            clock: self.clock.clone(),
            exclusive,
            incarnation: AtomicU64::new(incarnation),
            tables: self.tables.clone(),
        }
    }

    /// The maps are whole after every statement, so a panic elsewhere cannot have damaged them.
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mine(&self) -> u64 {
        self.incarnation.load(Ordering::Acquire)
    }

    /// The tables, for a write: only under a lease that holds.
    fn held(&self) -> Result<MutexGuard<'_, Tables>, StoreError> {
        let tables = self.lock();
        if tables.lives(self.mine(), (self.clock)()) {
            Ok(tables)
        } else {
            Err(StoreError::Fenced)
        }
    }
}
