//! Settling beside the commits that follow, so that nobody waits while a thousand entries are settled.
//!
//! On SQLite one writes at a time: some sagas at a time are put into the tables, each portion with a commit
//! that is due anyway. What they settle leaves the log with the last portion; until then a part of it is in
//! the tables too. PostgreSQL settles in a transaction beside the commits.

use std::collections::{HashMap, HashSet, VecDeque};

use onething_db::{Tx, Write, args};

use super::super::error::StoreError;
use super::entry::{self, Entry};
use super::statement;
use super::writes::{self, signed};
use crate::machine::SagaId;

/// How many sagas one portion has at most.
const LARGEST: usize = 128;

/// What is being settled.
pub(super) struct Settling {
    /// The sagas that are not in the tables yet, one entry each.
    rest: VecDeque<Entry>,
    /// How many sagas there were.
    all: usize,
    /// How many entries there were.
    entries: usize,
    /// How many rows of the log it is.
    pub(super) commits: u64,
}

/// Some of the sagas.
pub(super) struct Portion {
    pub(super) writes: Vec<Write>,
    pub(super) sagas: usize,
}

impl Settling {
    pub(super) fn new(entries: impl ExactSizeIterator<Item = Entry>, commits: u64) -> Self {
        let many = entries.len();
        let rest = VecDeque::from(entry::fold(entries));
        Self {
            all: rest.len(),
            entries: many,
            rest,
            commits,
        }
    }

    /// Those that are not in the tables yet.
    pub(super) fn rest(&self) -> impl Iterator<Item = &Entry> {
        self.rest.iter()
    }

    /// The sagas that go with a commit of so many entries: a quarter more than their share, so that all are
    /// settled before as many entries have come again.
    pub(super) fn portion(&self, incarnation: u64, commit: usize) -> Portion {
        let share = (5 * self.all * commit).div_ceil(4 * self.entries.max(1));
        let sagas = share.min(LARGEST).min(self.rest.len());
        let these = || self.rest.iter().take(sagas);
        let (births, advances) = writes::rows(these());
        let chapters = these().filter_map(writes::chapter_of).collect();
        let rows = [
            statement::INSERT_SAGAS.write(births),
            statement::ADVANCE.write(advances),
            statement::INSERT_CHAPTERS.write(chapters),
        ];
        let mut writes: Vec<_> = rows.into_iter().flatten().collect();
        if sagas == self.rest.len() {
            let commits = i64::try_from(self.commits).unwrap_or(i64::MAX);
            writes.push(Write {
                sql: statement::FORGET_FIRST_LOGGED,
                args: args![signed(incarnation), commits],
                rows: usize::try_from(self.commits).unwrap_or(usize::MAX),
            });
        }
        Portion { writes, sagas }
    }

    /// All that are not in the tables yet, for whoever puts them there in one transaction.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.rest).into()
    }

    /// A portion of so many sagas is in the tables. True when it was the last.
    pub(super) fn advance(&mut self, sagas: usize) -> bool {
        self.rest.drain(..sagas);
        self.rest.is_empty()
    }
}

/// What of logged entries is not in the tables yet. A saga's row is then what one of its logged events
/// left.
pub(super) async fn not_settled(
    tx: &mut Tx,
    mut entries: Vec<Entry>,
) -> Result<Vec<Entry>, StoreError> {
    let sagas: HashSet<_> = entries.iter().map(|entry| entry.saga).collect();
    let logged = entries.iter().flat_map(|entry| {
        let events = entry.events.events().into_iter();
        events.map(|event| (entry.saga, event.seq, event.mac.to_vec()))
    });
    let logged: HashSet<_> = logged.collect();
    let mut heads: HashMap<SagaId, u64> = HashMap::new();
    for saga in sagas {
        let head: Option<(i64, Vec<u8>)> = tx
            .fetch_optional(statement::HEAD, args![saga.to_string()])
            .await?;
        let Some((seq, mac)) = head else { continue };
        let seq = u64::try_from(seq).unwrap_or_default();
        if logged.contains(&(saga, seq, mac)) {
            heads.insert(saga, seq);
        }
    }
    // An entry without events that the row may have taken in already leaves the row as it is.
    entries.retain(|entry| {
        let (settled, head) = (heads.get(&entry.saga), entry.events.head());
        settled.is_none_or(|&settled| match head {
            Some(head) => head.seq > settled,
            None => entry.before >= settled,
        })
    });
    Ok(entries)
}
