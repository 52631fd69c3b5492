//! Settling beside the commits: whatever is cut off, what was acknowledged is there, and once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use onething_db::testing::databases;
use onething_db::{Backend, Db, Sql, args};
use onething_saga::store::{
    Append, Audit, Audited, ChainKey, Filter, Head, MIGRATIONS, Page, SagaRow, SqlStore,
    SqlStoreSettings, Store, StoreError, Take, Verification,
};
use onething_saga::{SagaId, SagaState};
use tempfile::TempDir;

use crate::replicas::{append, begin};

const KEY: [u8; 20] = *b"a key kept elsewhere";

async fn open(db: &Db, settled_together: usize) -> Arc<SqlStore> {
    let settings = SqlStoreSettings {
        settled_together,
        lease: Duration::from_secs(600),
        ..SqlStoreSettings::new(ChainKey::new(KEY))
    };
    Arc::new(SqlStore::open(db.clone(), settings).await.unwrap())
}

/// What a gateway knows to be written.
#[derive(Clone, Default)]
struct Known(HashMap<SagaId, (u64, Head, SagaState)>);

impl Known {
    async fn begin(&mut self, store: &dyn Store) {
        let (saga, epoch, head) = begin(store).await;
        self.0.insert(saga, (epoch, head, SagaState::Running));
    }

    fn next(&self, saga: SagaId, ends: bool) -> Append {
        let (epoch, head, _) = self.0[&saga];
        let mut append = append(saga, epoch, head);
        if ends {
            append.projection.state = SagaState::Completed;
        }
        append
    }

    fn note(&mut self, saga: SagaId, head: Head, ends: bool) {
        let known = self.0.get_mut(&saga).unwrap();
        known.1 = head;
        if ends {
            known.2 = SagaState::Completed;
        }
    }

    /// Those that have not ended, in one order.
    fn open(&self) -> Vec<SagaId> {
        let open = self.0.iter().filter(|(_, known)| !known.2.ended());
        let mut open: Vec<_> = open.map(|(saga, _)| *saga).collect();
        open.sort_unstable_by_key(|saga| saga.0);
        open
    }

    async fn is_in(&self, store: &dyn Store) {
        for (saga, (_, head, state)) in &self.0 {
            let journal = store.load(*saga).await.unwrap();
            assert_eq!(journal.verification, Verification::Intact);
            assert_eq!((journal.row.head(), journal.row.state), (*head, *state));
            assert_eq!(journal.events.len() as u64, head.seq);
        }
    }

    async fn is_found_by(&self, audit: &Audit) {
        let listed = audit.sagas("", 1000).await.unwrap();
        for (saga, (_, head, _)) in &self.0 {
            let found = audit.check(&saga.to_string()).await.unwrap();
            assert_eq!(found, Some(Audited::Intact { rows: head.seq }));
            assert!(listed.contains(&saga.to_string()));
        }
    }
}

/// Copies an SQLite file as a power loss would leave it, while nobody writes.
async fn copy(db: &Db, from: &Path, to: &Path) {
    let nobody_writes = db.begin().await.unwrap();
    for file in ["saga.db", "saga.db-wal"] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    nobody_writes.rollback().await.unwrap();
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    db.fetch_one::<(i64,)>(Sql::both(sql), args![])
        .await
        .unwrap()
        .0
}

#[tokio::test]
async fn a_journal_is_whole_wherever_its_settling_was_cut_off() {
    let folder = TempDir::new().unwrap();
    let url = |folder: &Path| format!("sqlite:{}", folder.join("saga.db").display());
    let db = Db::open(&url(folder.path()), 4).await.unwrap();
    let store = open(&db, 16).await;
    let (mut known, mut copies) = (Known::default(), Vec::new());
    for turn in 0..120_usize {
        let open = known.open();
        match open.get(turn * 7 % open.len().max(1)) {
            Some(&saga) if turn % 3 > 0 => {
                let mut next = known.next(saga, turn % 7 == 0);
                if turn % 5 == 0 {
                    next.events.clear();
                }
                let head = store.append(next).await.unwrap();
                known.note(saga, head, turn % 7 == 0);
            }
            _ => known.begin(&*store).await,
        }
        let copied = TempDir::new().unwrap();
        copy(&db, folder.path(), copied.path()).await;
        copies.push((copied, known.clone()));
    }
    store.close().await;

    let mut seen = Vec::new();
    for (copied, known) in copies {
        let db = Db::open(&url(copied.path()), 4).await.unwrap();
        seen.push((
            count(&db, "SELECT count(*) FROM saga").await,
            count(&db, "SELECT count(*) FROM saga_log").await,
        ));
        known
            .is_found_by(&Audit::new(db.clone(), ChainKey::new(KEY)))
            .await;
        let store = open(&db, 16).await;
        known.is_in(&*store).await;
        store.close().await;
    }
    let cut_off = seen
        .windows(2)
        .filter(|pair| pair[1].0 > pair[0].0 && pair[1].1 > pair[0].1);
    let times = cut_off.count();
    assert!(times > 10, "settled in part and not forgotten: {times}");
}

/// What a list shows, which settles everything first.
async fn listed(store: &dyn Store) -> HashMap<SagaId, SagaRow> {
    let page = Page {
        after: None,
        limit: 1000,
    };
    let rows = store.list(Filter::default(), page).await.unwrap();
    rows.into_iter().map(|row| (row.saga, row)).collect()
}

#[tokio::test]
async fn what_is_read_before_it_is_settled_is_what_the_tables_say_then() {
    for fresh in databases(&[MIGRATIONS]).await {
        let store = open(&fresh.db, 16).await;
        let mut known = Known::default();
        for turn in 0..120_usize {
            let open = known.open();
            let saga = match open.get(turn * 7 % open.len().max(1)) {
                Some(&saga) if turn % 4 > 0 => {
                    let mut next = known.next(saga, turn % 9 == 0);
                    next.projection.wake_reason = Some(format!("turn {turn}"));
                    if turn % 5 == 0 {
                        next.events.clear();
                    }
                    let head = store.append(next).await.unwrap();
                    known.note(saga, head, turn % 9 == 0);
                    saga
                }
                _ => {
                    known.begin(&*store).await;
                    known.open()[0]
                }
            };
            let read = store.load(saga).await.unwrap();
            assert_eq!(read.verification, Verification::Intact, "turn {turn}");
            for from in 1..=read.row.seq {
                let page = store.events(saga, from, 2).await.unwrap();
                let expected: Vec<_> = read.events.iter().filter(|e| e.seq >= from).collect();
                let expected = &expected[..expected.len().min(2)];
                assert_eq!(page.iter().collect::<Vec<_>>(), expected, "turn {turn}");
            }
            if turn % 40 == 39 {
                known.is_in(&*store).await;
                let mut rows = HashMap::new();
                for saga in known.0.keys() {
                    rows.insert(*saga, store.load(*saga).await.unwrap().row);
                }
                assert_eq!(rows, listed(&*store).await, "turn {turn}");
            }
        }
        store.close().await;
    }
}

#[tokio::test]
async fn reading_a_case_settles_nothing_where_there_is_one_gateway() {
    for fresh in databases(&[MIGRATIONS]).await {
        let store = open(&fresh.db, 1000).await;
        let mut unsettled = 0;
        if fresh.db.backend() == Backend::Postgres {
            // What was read here must be found through another gateway.
            let mut known = Known::default();
            known.begin(&*store).await;
            known.is_in(&*store).await;
            assert_eq!(count(&fresh.db, "SELECT count(*) FROM saga_log").await, 0);
            continue;
        }
        // What nobody asks for is settled after a while; not each time while this looks.
        for _ in 0..20 {
            let mut known = Known::default();
            known.begin(&*store).await;
            known.is_in(&*store).await;
            unsettled += count(&fresh.db, "SELECT count(*) FROM saga_log").await;
        }
        assert!(unsettled > 0);
        store.close().await;
    }
}

#[tokio::test]
async fn what_is_written_on_and_on_is_settled_beside_it() {
    for fresh in databases(&[MIGRATIONS]).await {
        // More than is ever written here: only time makes it due, and nobody is ever quiet for so long.
        let store = open(&fresh.db, 1_000_000).await;
        let mut known = Known::default();
        known.begin(&*store).await;
        let saga = known.open()[0];
        let settled = async {
            loop {
                let head = store.append(known.next(saga, false)).await.unwrap();
                known.note(saga, head, false);
                if count(&fresh.db, "SELECT count(*) FROM saga_chapter").await > 1 {
                    break;
                }
            }
        };
        let settled = tokio::time::timeout(Duration::from_secs(30), settled).await;
        settled.expect("what is older than a while is in the tables");
        known.is_in(&*store).await;
        store.close().await;
    }
}

#[tokio::test]
async fn others_read_and_take_over_while_a_gateway_settles_beside_its_commits() {
    for fresh in databases(&[MIGRATIONS]).await {
        for settled_together in [1, 3, 40] {
            let db = &fresh.db;
            let store = open(db, settled_together).await;
            let mut known = Known::default();
            for _ in 0..10 {
                known.begin(&*store).await;
            }
            for round in 0..30_usize {
                let sagas = known.open();
                let writes = sagas
                    .iter()
                    .map(|saga| store.append(known.next(*saga, false)));
                let heads = futures::future::join_all(writes).await;
                for (saga, head) in sagas.iter().zip(heads) {
                    known.note(*saga, head.unwrap(), false);
                }
                if round % 11 == 5 {
                    known.is_in(&*store).await;
                }
                if round % 7 == 3 && db.backend() == Backend::Postgres {
                    // Somebody asks another gateway for one of them.
                    let other = open(db, settled_together).await;
                    let row = other.acquire(sagas[0], Take::Anyway).await.unwrap();
                    let (_, head, _) = known.0[&sagas[0]];
                    assert_eq!(row.head(), head, "it has all that was acknowledged");
                    let fenced = store.append(known.next(sagas[0], false)).await;
                    assert!(matches!(fenced, Err(StoreError::Fenced)), "{fenced:?}");
                    known.0.get_mut(&sagas[0]).unwrap().0 = row.epoch;
                    let ended = other.append(known.next(sagas[0], true)).await.unwrap();
                    known.note(sagas[0], ended, true);
                    known.begin(&*store).await;
                    // The others had to read their sagas again: so does whoever lost one.
                    for saga in known.open() {
                        let row = store.acquire(saga, Take::IfFree).await.unwrap();
                        known.0.get_mut(&saga).unwrap().0 = row.epoch;
                    }
                    other.step_down().await.unwrap();
                }
            }
            known.is_in(&*store).await;
            store.step_down().await.unwrap();
            known
                .is_found_by(&Audit::new(db.clone(), ChainKey::new(KEY)))
                .await;
        }
    }
}
