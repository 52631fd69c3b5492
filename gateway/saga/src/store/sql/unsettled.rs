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
use super::settling::{Portion, Settling};
use super::writes::signed;
use super::{settle, statement};
use crate::machine::SagaId;

/// How long commits stay in the log alone: so long after the first of them they begin to be settled with
/// those that follow, and so long after the last one all that is left is settled at once.
const LONGEST: Duration = Duration::from_millis(100);

/// What others may know of it: whose tables do not say everything yet.
#[derive(Default)]
pub(super) struct Gauge(Mutex<Gauged>);

#[derive(Default)]
struct Gauged {
    sagas: HashSet<SagaId>,
    /// Those that are being settled.
    settling: HashSet<SagaId>,
    /// It may be any saga's.
    any: bool,
}

impl Gauge {
    /// Whether something of some saga is unsettled.
    pub(super) fn any(&self) -> bool {
        let gauged = self.read();
        gauged.any || !gauged.sagas.is_empty() || !gauged.settling.is_empty()
    }

    /// Whether something of this saga is.
    pub(super) fn has(&self, saga: SagaId) -> bool {
        let gauged = self.read();
        gauged.any || gauged.contains(saga)
    }

    fn read(&self) -> MutexGuard<'_, Gauged> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gauged {
    fn contains(&self, saga: SagaId) -> bool {
        self.sagas.contains(&saga) || self.settling.contains(&saga)
    }
}

/// The writer's memory.
pub(super) struct Unsettled {
    incarnation: u64,
    /// How many entries are settled together.
    together: usize,
    settled: i64,
    heads: HashMap<SagaId, (u64, Head)>,
    entries: Vec<Arc<Entry>>,
    /// The dedupe keys of the sagas that are born in them.
    keys: HashSet<String>,
    commits: u64,
    /// Earlier entries that are put into the tables bit by bit, and the dedupe keys that are born in them.
    settling: Option<Settling>,
    settling_keys: HashSet<String>,
    /// When the first and the last of the entries were added.
    first: Instant,
    last: Instant,
    /// This memory may not be what the database has: only the log can say.
    astray: bool,
    gauge: Arc<Gauge>,
}

impl Unsettled {
    /// Nothing yet.
    pub(super) fn new(incarnation: u64, together: usize, gauge: Arc<Gauge>) -> Self {
        Self {
            incarnation,
            together,
            settled: 0,
            heads: HashMap::new(),
            entries: Vec::new(),
            keys: HashSet::new(),
            commits: 0,
            settling: None,
            settling_keys: HashSet::new(),
            first: Instant::now(),
            last: Instant::now(),
            astray: false,
            gauge,
        }
    }

    /// Takes note of the incarnation there is now. What an earlier one left was settled when it was
    /// declared dead.
    pub(super) fn serve(&mut self, incarnation: u64) {
        if self.incarnation != incarnation {
            *self = Self::new(incarnation, self.together, self.gauge.clone());
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
            !gauged.contains(new.saga) && key.is_none_or(|key| !self.has(key) && among.insert(key))
        })
    }

    fn has(&self, key: &str) -> bool {
        self.keys.contains(key) || self.settling_keys.contains(key)
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
        self.last = Instant::now();
    }

    /// A commit stands in the log.
    pub(super) fn add(&mut self, entries: impl Iterator<Item = Arc<Entry>>) {
        self.last = Instant::now();
        if self.entries.is_empty() {
            self.first = self.last;
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

    /// When all is to be settled if nothing comes in until then; none when there is nothing to settle.
    pub(super) fn due(&self) -> Option<Instant> {
        let any = !self.entries.is_empty() || self.settling.is_some();
        (any || self.astray).then(|| self.last + LONGEST)
    }

    /// Whether what there is has been there for so long that it is to be settled with what comes in.
    pub(super) fn is_old(&self) -> bool {
        !self.entries.is_empty() && self.first + LONGEST <= self.last
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.together
    }

    /// Whether it is this incarnation's.
    pub(super) fn serves(&self, incarnation: u64) -> bool {
        self.incarnation == incarnation
    }

    /// Begins to settle beside the commits that follow what there is. False when that cannot be done now.
    pub(super) fn begin_settling(&mut self) -> bool {
        if self.astray || self.settling.is_some() {
            return false;
        }
        let entries = self.entries.drain(..).map(Arc::unwrap_or_clone);
        let commits = std::mem::take(&mut self.commits);
        self.settling = Some(Settling::new(entries, commits));
        self.settling_keys = std::mem::take(&mut self.keys);
        let mut gauged = self.gauge.read();
        gauged.settling = std::mem::take(&mut gauged.sagas);
        true
    }

    /// What is not in the tables yet of a saga, in its order, where it is settled with the commits that follow.
    /// None when that is not known.
    pub(super) fn recall(&self, saga: SagaId) -> Option<Vec<Entry>> {
        let earlier = self.settling.iter().flat_map(Settling::rest);
        let all = earlier.chain(self.entries.iter().map(|entry| &**entry));
        let own = all.filter(|entry| entry.saga == saga).cloned();
        (!self.astray).then(|| own.collect())
    }

    /// What is settled with a commit of so many entries.
    pub(super) fn portion(&self, commit: usize) -> Option<Portion> {
        let settling = self.settling.as_ref()?;
        Some(settling.portion(self.incarnation, commit))
    }

    /// Of how many commits what is being settled is, and all of it that is not in the tables yet, to be put
    /// there at once.
    pub(super) fn take_settling(&mut self) -> Option<(u64, Vec<Entry>)> {
        let settling = self.settling.as_mut()?;
        Some((settling.commits, settling.take()))
    }

    /// So many sagas more stand in the tables.
    pub(super) fn advance(&mut self, sagas: usize) {
        if self.settling.as_mut().is_some_and(|s| s.advance(sagas)) {
            self.settling = None;
            self.settling_keys.clear();
            self.gauge.read().settling.clear();
        }
    }

    /// Settles everything within a transaction. Until that is known to be committed the memory counts as
    /// astray; then [`Self::is_settled`] is called.
    pub(super) async fn settle(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let mine = signed(self.incarnation);
        if !self.astray && self.entries.is_empty() && self.settling.is_none() {
            return Ok(());
        }
        if !self.astray {
            self.astray = true;
            let (before, mut entries) = self.take_settling().unwrap_or_default();
            self.settling = None;
            let mine = tx.execute(statement::FORGET_LOGGED, args![mine]).await?;
            if mine == before + self.commits {
                entries.extend(self.entries.drain(..).map(Arc::unwrap_or_clone));
                return settle::apply(tx, entries).await;
            }
            // Others settled it: what is left is nothing, or what they did not see.
            return Err(StoreError::Fenced);
        }
        let settled: Option<(i64,)> = tx.fetch_optional(statement::SETTLED, args![mine]).await?;
        settle::of(tx, self.incarnation).await?;
        self.settled = settled.map_or(0, |(settled,)| settled);
        self.heads.clear();
        self.settling = None;
        Ok(())
    }

    /// The transaction of [`Self::settle`] is committed.
    pub(super) fn is_settled(&mut self) {
        self.entries.clear();
        self.keys.clear();
        self.commits = 0;
        self.settling = None;
        self.settling_keys.clear();
        self.astray = false;
        *self.gauge.read() = Gauged::default();
    }
}
