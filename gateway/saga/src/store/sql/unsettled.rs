//! What the writer remembers between settlings: the entries that are in the log only, and the heads of
//! the sagas it may write for without asking the database.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onething_db::{Tx, args};
use tokio::time::Instant;

use super::super::chain::Head;
use super::super::error::StoreError;
use super::super::record::NewSaga;
use super::commit::Guard;
use super::entry::Entry;
use super::writes::signed;
use super::{settle, statement};
use crate::machine::SagaId;

/// How long a commit stays unsettled at most while nothing else asks for it.
const LONGEST: Duration = Duration::from_millis(100);
/// How many entries are settled together at most.
const MOST: usize = 1024;

/// What others may know of it: whose tables do not say everything yet.
#[derive(Default)]
pub(super) struct Gauge(Mutex<Gauged>);

#[derive(Default)]
struct Gauged {
    sagas: HashSet<SagaId>,
    /// It may be any saga's.
    any: bool,
}

impl Gauge {
    /// Whether something of some saga is unsettled.
    pub(super) fn any(&self) -> bool {
        let gauged = self.read();
        gauged.any || !gauged.sagas.is_empty()
    }

    /// Whether something of this saga is.
    pub(super) fn has(&self, saga: SagaId) -> bool {
        let gauged = self.read();
        gauged.any || gauged.sagas.contains(&saga)
    }

    fn read(&self) -> MutexGuard<'_, Gauged> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer's memory.
pub(super) struct Unsettled {
    incarnation: u64,
    settled: i64,
    heads: HashMap<SagaId, (u64, Head)>,
    entries: Vec<Entry>,
    /// The dedupe keys of the sagas that are born in them.
    keys: HashSet<String>,
    commits: u64,
    since: Instant,
    /// This memory may not be what the database has: only the log can say.
    astray: bool,
    gauge: Arc<Gauge>,
}

impl Unsettled {
    /// Nothing yet.
    pub(super) fn new(incarnation: u64, gauge: Arc<Gauge>) -> Self {
        Self {
            incarnation,
            settled: 0,
            heads: HashMap::new(),
            entries: Vec::new(),
            keys: HashSet::new(),
            commits: 0,
            since: Instant::now(),
            astray: false,
            gauge,
        }
    }

    /// Takes note of the incarnation there is now. What an earlier one left was settled when it was
    /// declared dead.
    pub(super) fn serve(&mut self, incarnation: u64) {
        if self.incarnation != incarnation {
            *self = Self::new(incarnation, self.gauge.clone());
            *self.gauge.read() = Gauged::default();
        }
    }

    pub(super) fn guard(&self) -> Guard {
        Guard {
            incarnation: self.incarnation,
            settled: self.settled,
        }
    }

    /// Whether a write for a saga may go past the database's own look at the saga's row.
    pub(super) fn knows(&self, saga: SagaId, epoch: u64, before: u64) -> bool {
        !self.astray
            && self
                .heads
                .get(&saga)
                .is_some_and(|(held, head)| *held == epoch && head.seq == before)
    }

    /// Whether none of these sagas is born in what is unsettled, nor two of them under one key.
    pub(super) fn are_new<'a>(&self, news: impl Iterator<Item = &'a NewSaga>) -> bool {
        let (mut among, gauged) = (HashSet::new(), self.gauge.read());
        news.into_iter().all(|new| {
            let key = new.dedupe.as_ref().map(|dedupe| &dedupe.key);
            !gauged.sagas.contains(&new.saga)
                && key.is_none_or(|key| !self.keys.contains(key) && among.insert(key))
        })
    }

    pub(super) fn is_astray(&self) -> bool {
        self.astray
    }

    /// A commit did not go as this memory thought, or nobody knows how it went.
    pub(super) fn go_astray(&mut self) {
        self.astray = true;
        self.gauge.read().any = true;
    }

    /// The lease is lost: whoever declared this incarnation dead has settled what it had committed.
    pub(super) fn lose(&mut self) {
        self.heads.clear();
        self.is_settled();
    }

    /// Settling did not work out: it is tried again in a while.
    pub(super) fn postpone(&mut self) {
        self.since = Instant::now();
    }

    /// A commit stands in the log.
    pub(super) fn add(&mut self, entries: impl Iterator<Item = Entry>) {
        if self.entries.is_empty() {
            self.since = Instant::now();
        }
        self.commits += 1;
        let before = self.entries.len();
        self.entries.extend(entries);
        let births = self.entries[before..]
            .iter()
            .filter_map(|entry| entry.birth.as_ref());
        let keys = births.filter_map(|birth| birth.dedupe.as_ref());
        self.keys.extend(keys.map(|(key, _)| key.clone()));
        let mut gauged = self.gauge.read();
        gauged
            .sagas
            .extend(self.entries[before..].iter().map(|entry| entry.saga));
    }

    /// A saga's head is known from now on.
    pub(super) fn hold(&mut self, saga: SagaId, epoch: u64, head: Head) {
        self.heads.insert(saga, (epoch, head));
    }

    /// A saga's head is not known any more.
    pub(super) fn release(&mut self, saga: SagaId) {
        self.heads.remove(&saga);
    }

    /// When settling is due; none when there is nothing to settle.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.entries.is_empty() || self.astray).then(|| self.since + LONGEST)
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= MOST
    }

    /// Settles everything within a transaction. Until that is known to be committed the memory counts as
    /// astray; then [`Self::is_settled`] is called.
    pub(super) async fn settle(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let mine = signed(self.incarnation);
        if !self.astray && self.entries.is_empty() {
            return Ok(());
        }
        if !self.astray {
            self.astray = true;
            let mine = tx.execute(statement::FORGET_LOGGED, args![mine]).await?;
            if mine == self.commits {
                let entries = std::mem::take(&mut self.entries);
                return settle::apply(tx, entries).await;
            }
            // Others settled it: what is left is nothing, or what they did not see.
            return Err(StoreError::Fenced);
        }
        let settled: Option<(i64,)> = tx.fetch_optional(statement::SETTLED, args![mine]).await?;
        settle::of(tx, self.incarnation).await?;
        self.settled = settled.map_or(0, |(settled,)| settled);
        self.heads.clear();
        Ok(())
    }

    /// The transaction of [`Self::settle`] is committed.
    pub(super) fn is_settled(&mut self) {
        self.entries.clear();
        self.keys.clear();
        self.commits = 0;
        self.astray = false;
        *self.gauge.read() = Gauged::default();
    }
}
