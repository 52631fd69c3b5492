//! A journal that was restored from a backup: departments have seen epochs that it does not know.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use onething_db::Db;
use onething_db::testing::databases;
use onething_saga::store::{ChainKey, Filter, MIGRATIONS, Page, SqlStore, SqlStoreSettings, Store};
use onething_saga::{Engine, SagaId, SagaState, StepState};
use tempfile::TempDir;

use crate::departments::{Departments, Mood};
use crate::engine::{ended, settings, submit};
use crate::fixtures::definition;

const DEADLINE: Duration = Duration::from_secs(20);

/// A gateway on an SQLite file, as it is started and stopped and its file copied.
struct Gateway {
    folder: TempDir,
    departments: Arc<Departments>,
    epoch_floor: u64,
}

impl Gateway {
    fn new(lines: &[&str]) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            departments: Arc::new(Departments::new(vec![definition(lines)], 1).unsalted()),
            epoch_floor: 0,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("saga.db")
    }

    async fn start(&self) -> (Engine, Arc<SqlStore>) {
        let url = format!("sqlite:{}", self.file().display());
        let opening = SqlStoreSettings {
            epoch_floor: self.epoch_floor,
            ..SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"))
        };
        let db = Db::open(&url, 4).await.unwrap();
        let store = Arc::new(SqlStore::open(db, opening).await.unwrap());
        let departments = self.departments.clone();
        let engine = Engine::start(store.clone(), departments.clone(), departments, settings());
        engine.recover().await.unwrap();
        (engine, store)
    }

    async fn stop(&self, (engine, store): (Engine, Arc<SqlStore>)) {
        engine.drain().await;
        store.close().await;
    }

    fn copy(&self, from: &Path, to: &Path) {
        assert!(
            !self.folder.path().join("saga.db-wal").exists(),
            "all is in the file itself"
        );
        std::fs::copy(from, to).unwrap();
    }

    /// Runs until a case's second call is made and no answer comes, and copies the journal. Says which case,
    /// and where the copy is.
    async fn backed_up_in_the_middle_of_a_case(&self) -> (SagaId, PathBuf) {
        let unreachable = Mood {
            losses: 100,
            ..Mood::default()
        };
        self.departments.mood("b", unreachable);
        let gateway = self.start().await;
        let saga = submit(&gateway.0, None).await;
        let called = async {
            while gateway.0.view(saga).await.unwrap().steps[1].state == StepState::Blocked {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, called).await.unwrap();
        self.stop(gateway).await;
        let backup = self.folder.path().join("backup.db");
        self.copy(&self.file(), &backup);
        (saga, backup)
    }
}

#[tokio::test]
async fn an_older_journal_ends_its_case_without_any_hand_and_nothing_is_done_twice() {
    for (refuses, state) in [
        (false, SagaState::Completed),
        (true, SagaState::Compensated),
    ] {
        let gateway = Gateway::new(&[
            "a compensable 0",
            "b compensable 0 after a",
            "c compensable 0 after b",
        ]);
        let last = Mood {
            refuses,
            ..Mood::default()
        };
        gateway.departments.mood("c", last);
        let (saga, backup) = gateway.backed_up_in_the_middle_of_a_case().await;

        // It goes on from start to start; in the last one departments see an epoch far from the copy's.
        for _ in 0..3 {
            let running = gateway.start().await;
            gateway.stop(running).await;
        }
        gateway.departments.mood("b", Mood::default());
        let running = gateway.start().await;
        assert_eq!(ended(&running.0, saga).await.state, state);
        gateway.stop(running).await;
        let done = gateway.departments.log(saga);

        gateway.copy(&backup, &gateway.file());
        let (engine, _store) = gateway.start().await;
        let view = ended(&engine, saga).await;
        assert_eq!(view.state, state);
        assert_eq!(gateway.departments.log(saga), done, "nothing again");
        assert_eq!(gateway.departments.violations(), Vec::<String>::new());
    }
}

/// Where the clock was ahead once, epochs of now are below those of then. Such a case does not vanish.
#[tokio::test]
async fn a_journal_that_lost_a_later_owner_is_set_aside_until_its_epochs_are_above_him() {
    let mut gateway = Gateway::new(&["a compensable 0", "b compensable 0 after a"]);
    let (saga, backup) = gateway.backed_up_in_the_middle_of_a_case().await;
    gateway.epoch_floor = microseconds(SystemTime::now()) + 3_600_000_000;
    gateway.departments.mood("b", Mood::default());
    let running = gateway.start().await;
    assert_eq!(ended(&running.0, saga).await.state, SagaState::Completed);
    gateway.stop(running).await;

    gateway.copy(&backup, &gateway.file());
    let ahead = std::mem::take(&mut gateway.epoch_floor);
    let running = gateway.start().await;
    let why = set_aside(&running.1, saga).await;
    assert!(why.contains("seen a later epoch"), "{why}");
    gateway.stop(running).await;

    gateway.epoch_floor = ahead + 3_600_000_000;
    let running = gateway.start().await;
    assert_eq!(ended(&running.0, saga).await.state, SagaState::Completed);
    assert_eq!(gateway.departments.log(saga), ["do a", "do b"]);
    assert_eq!(gateway.departments.violations(), Vec::<String>::new());
}

async fn set_aside(store: &SqlStore, saga: SagaId) -> String {
    let filter = Filter {
        quarantined: Some(true),
        ..Filter::default()
    };
    let page = Page {
        after: None,
        limit: 10,
    };
    let listed = async {
        loop {
            let rows = store.list(filter.clone(), page).await.unwrap();
            if let Some(row) = rows.into_iter().find(|row| row.saga == saga) {
                return row.quarantined.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(DEADLINE, listed).await.unwrap()
}

#[tokio::test]
async fn each_opening_begins_above_the_one_before_and_no_lower_than_the_stores_clock() {
    for fresh in databases(&[MIGRATIONS]).await {
        let mut last = 0;
        for _ in 0..3 {
            let before = microseconds(SystemTime::now());
            let opening = SqlStoreSettings::new(ChainKey::new(*b"a key kept elsewhere"));
            let store = SqlStore::open(fresh.db.clone(), opening).await.unwrap();
            let begun = store.incarnation();
            assert!(begun > last, "{begun} after {last}");
            // SQLite's clock counts milliseconds.
            assert!(begun + 1000 > before, "{begun} at {before}");
            last = begun;
        }
    }
}

fn microseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap()
}
