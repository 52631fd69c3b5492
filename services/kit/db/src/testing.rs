//! Fresh databases for tests, one of each kind. Only with the feature `testing`.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::{Db, Migrations};

/// A database that only one test uses.
#[derive(Debug)]
pub struct TestDb {
    /// The handle.
    pub db: Db,
    /// The URL under which a second handle or process can open it.
    pub url: String,
    _folder: Option<TempDir>,
}

/// Names the maintenance database of a running PostgreSQL, for example
/// `postgres://postgres@127.0.0.1:5433/postgres`.
pub const POSTGRES_VARIABLE: &str = "ONETHING_TEST_POSTGRES";
/// Set to `1` by a caller that asks for the embedded suites alone.
pub const EMBEDDED_ONLY_VARIABLE: &str = "ONETHING_EMBEDDED_ONLY";

/// A fresh SQLite database and a fresh PostgreSQL database.
///
/// # Panics
/// When no PostgreSQL is named and the caller did not ask for the embedded suites alone: a suite
/// that could not run is a failure.
pub async fn databases(migrations: &[Migrations]) -> Vec<TestDb> {
    let mut databases = vec![sqlite(migrations).await];
    if std::env::var(EMBEDDED_ONLY_VARIABLE).as_deref() != Ok("1") {
        databases.push(postgres(migrations).await);
    }
    databases
}

/// A fresh SQLite database in a temporary folder.
///
/// # Panics
/// When it cannot be made.
pub async fn sqlite(migrations: &[Migrations]) -> TestDb {
    let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("no temporary folder: {e}"));
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let db = open(&url, migrations).await;
    TestDb {
        db,
        url,
        _folder: Some(folder),
    }
}

/// A fresh database in the running PostgreSQL.
///
/// # Panics
/// When none is named or it cannot be used.
pub async fn postgres(migrations: &[Migrations]) -> TestDb {
    let url = postgres_url().await;
    let db = open(&url, migrations).await;
    TestDb {
        db,
        url,
        _folder: None,
    }
}

/// The URL of a fresh, empty database in the running PostgreSQL.
///
/// # Panics
/// When none is named or it cannot be used.
pub async fn postgres_url() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let server = std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{POSTGRES_VARIABLE} names no PostgreSQL. `tests/run` starts one; \
             {EMBEDDED_ONLY_VARIABLE}=1 asks for the embedded suites alone."
        )
    });
    let name = format!(
        "test_{}_{}",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    );
    let mut connection = PgConnection::connect(&server)
        .await
        .unwrap_or_else(|e| panic!("cannot reach the PostgreSQL of the tests: {e}"));
    // A process id comes round again: what an earlier run left is not wanted.
    for text in [
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        format!("CREATE DATABASE {name}"),
    ] {
        sqlx::query(AssertSqlSafe(text))
            .execute(&mut connection)
            .await
            .unwrap_or_else(|e| panic!("cannot make a test database: {e}"));
    }
    let (base, _) = server
        .rsplit_once('/')
        .unwrap_or_else(|| panic!("{POSTGRES_VARIABLE} names no database"));
    format!("{base}/{name}")
}

/// Takes the syncs out of an open SQLite database and of what is opened through it from now on, so that a
/// test can show that it would see it.
///
/// # Panics
/// When it is no SQLite database or refuses.
pub async fn lose_syncs(db: &Db) {
    let writer = db
        .careless_writer()
        .unwrap_or_else(|| panic!("only SQLite can be opened without syncs"));
    sqlx::query("PRAGMA synchronous = OFF")
        .execute(writer)
        .await
        .unwrap_or_else(|e| panic!("cannot take the syncs out: {e}"));
}

async fn open(url: &str, migrations: &[Migrations]) -> Db {
    let db = Db::open(url, 8)
        .await
        .unwrap_or_else(|e| panic!("cannot open a test database: {e:?}"));
    db.migrate(migrations)
        .await
        .unwrap_or_else(|e| panic!("cannot migrate a test database: {e:?}"));
    db
}
