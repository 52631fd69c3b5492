//! The handle: opens a database by its URL and reads outside transactions.

use std::{
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::Instrument;

use crate::{
    Args, Direct, Error, Migrations, Record, Result, Sql, Tx,
    args::{postgres, sqlite},
};

/// Which database is behind a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// An SQLite file of one process.
    Sqlite,
    /// A PostgreSQL database, or one that speaks its protocol.
    Postgres,
}

impl Backend {
    /// The name that OpenTelemetry gives the system.
    pub const fn system_name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// A database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Db {
    pools: Pools,
}

#[derive(Debug, Clone)]
enum Pools {
    /// SQLite lets one connection write at a time: one turn for all makes the queue ours and fair.
    Sqlite {
        path: Arc<Path>,
        turn: Turn,
        /// Always, but for a test that takes the syncs out.
        synced: Arc<AtomicBool>,
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction, as traces show it.
pub(crate) fn transaction_span(backend: Backend) -> tracing::Span {
    tracing::info_span!(
        "db.transaction",
        otel.kind = "client",
        db.system.name = backend.system_name(),
    )
}

/// Whose turn it is to write an SQLite file.
pub(crate) type Turn = Arc<Mutex<()>>;

/// How long a caller waits for a connection before it is told that there is none.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection waits for another process that has the file.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Rarer than SQLite's own 1000 pages: a page that many commits change is then copied into the file once
/// for all of them. 32 MB of log are read back in a moment after a crash.
pub(crate) const CHECKPOINT_PAGES: &str = "8000";
/// Statements over many rows come in many lengths; each is prepared once.
pub(crate) const STATEMENTS: usize = 512;

impl Db {
    /// Opens `sqlite:PATH` (made if missing, with its folder) or `postgres://…`.
    ///
    /// SQLite runs in WAL mode with `synchronous=FULL`: what is committed survives a power loss.
    ///
    /// # Errors
    /// When the URL is of no known kind, or the database cannot be opened.
    pub async fn open(url: &str, max_connections: u32) -> Result<Self> {
        let pools = if let Some(path) = url.strip_prefix("sqlite:") {
            open_sqlite(path.trim_start_matches("//"), max_connections).await?
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url, max_connections).await?
        } else {
            return Err(Error::Url {
                url: url.split("://").next().unwrap_or_default().to_owned(),
                reason: "expected sqlite:PATH or postgres://USER@HOST/DATABASE".to_owned(),
            });
        };
        Ok(Self { pools })
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self.pools {
            Pools::Sqlite { .. } => Backend::Sqlite,
            Pools::Postgres(_) => Backend::Postgres,
        }
    }

    /// Brings the tables of several owners up to date, each with a history of its own.
    ///
    /// # Errors
    /// When a migration fails or one that was applied has been changed since.
    pub async fn migrate(&self, migrations: &[Migrations]) -> Result<()> {
        for owner in migrations {
            match &self.pools {
                Pools::Sqlite { writer, .. } => owner.migrator(Backend::Sqlite).run(writer).await,
                Pools::Postgres(pool) => owner.migrator(Backend::Postgres).run(pool).await,
            }
            .map_err(|source| Error::Migration {
                what: owner.owner(),
                source,
            })?;
        }
        Ok(())
    }

    /// Begins a transaction that may write. In SQLite it has the file's write lock from the start,
    /// so that it never fails half-way for the lock.
    ///
    /// # Errors
    /// When no connection can be had.
    pub async fn begin(&self) -> Result<Tx> {
        let span = transaction_span(self.backend());
        async {
            Ok(match &self.pools {
                Pools::Sqlite { turn, writer, .. } => {
                    let turn = take(turn).await?;
                    let inner = writer.begin_with("BEGIN IMMEDIATE").await?;
                    Tx::sqlite(inner, turn, span.clone())
                }
                Pools::Postgres(pool) => Tx::postgres(pool.begin().await?, span.clone()),
            })
        }
        .instrument(span.clone())
        .await
    }

    /// A connection for whoever writes in a thread that may wait for the disk, as it does on SQLite.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn direct(&self) -> Result<Direct> {
        match &self.pools {
            Pools::Sqlite {
                path, turn, synced, ..
            } => Direct::sqlite(path, turn.clone(), synced.load(Ordering::Relaxed)),
            Pools::Postgres(pool) => Ok(Direct::postgres(pool.clone())),
        }
    }

    /// Reads all rows, outside a transaction.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn fetch_all<T: Record>(&self, sql: Sql, args: Args) -> Result<Vec<T>> {
        let text = sql.text(self.backend());
        let read = async {
            Ok(match &self.pools {
                Pools::Sqlite { readers, .. } => {
                    sqlx::query_as_with(text, sqlite(args)?)
                        .fetch_all(readers)
                        .await?
                }
                Pools::Postgres(pool) => {
                    sqlx::query_as_with(text, postgres(args)?)
                        .fetch_all(pool)
                        .await?
                }
            })
        };
        read.instrument(self.read_span()).await
    }

    /// Reads one row or none, outside a transaction.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn fetch_optional<T: Record>(&self, sql: Sql, args: Args) -> Result<Option<T>> {
        let text = sql.text(self.backend());
        let read = async {
            Ok(match &self.pools {
                Pools::Sqlite { readers, .. } => {
                    sqlx::query_as_with(text, sqlite(args)?)
                        .fetch_optional(readers)
                        .await?
                }
                Pools::Postgres(pool) => {
                    sqlx::query_as_with(text, postgres(args)?)
                        .fetch_optional(pool)
                        .await?
                }
            })
        };
        read.instrument(self.read_span()).await
    }

    /// Reads exactly one row, outside a transaction.
    ///
    /// # Errors
    /// When there is none, or the database refuses or does not answer.
    pub async fn fetch_one<T: Record>(&self, sql: Sql, args: Args) -> Result<T> {
        self.fetch_optional(sql, args)
            .await?
            .ok_or(Error::Sqlx(sqlx::Error::RowNotFound))
    }

    /// Closes every connection, after what runs on them has ended.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite {
                writer, readers, ..
            } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// The connection through which statements are written to an SQLite file. From now on no write is
    /// synced.
    #[cfg(feature = "testing")]
    pub(crate) fn careless_writer(&self) -> Option<&SqlitePool> {
        match &self.pools {
            Pools::Sqlite { writer, synced, .. } => {
                synced.store(false, Ordering::Relaxed);
                Some(writer)
            }
            Pools::Postgres(_) => None,
        }
    }

    fn read_span(&self) -> tracing::Span {
        tracing::info_span!(
            "db.read",
            otel.kind = "client",
            db.system.name = self.backend().system_name(),
        )
    }

    pub(crate) async fn prepare(&self, sql: Sql) -> Result<()> {
        use sqlx::{Executor, SqlSafeStr};
        let text = sql.text(self.backend()).into_sql_str();
        match &self.pools {
            Pools::Sqlite { writer, .. } => drop(writer.acquire().await?.prepare(text).await?),
            Pools::Postgres(pool) => drop(pool.acquire().await?.prepare(text).await?),
        }
        Ok(())
    }
}

/// Waits for one's turn to write, as long as for a connection.
pub(crate) async fn take(turn: &Turn) -> Result<OwnedMutexGuard<()>> {
    tokio::time::timeout(ACQUIRE_TIMEOUT, turn.clone().lock_owned())
        .await
        .map_err(|_| Error::Sqlx(sqlx::Error::PoolTimedOut))
}

async fn open_sqlite(path: &str, max_connections: u32) -> Result<Pools> {
    if let Some(folder) = Path::new(path)
        .parent()
        .filter(|f| !f.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|source| Error::Folder {
            folder: folder.display().to_string(),
            source,
        })?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL would lose acknowledged commits at a power loss.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .statement_cache_capacity(STATEMENTS);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        // A file does not go away as a server does: asking first would cost each use a round trip.
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(max_connections.max(1))
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options.read_only(true).create_if_missing(false));
    Ok(Pools::Sqlite {
        path: Path::new(path).into(),
        turn: Turn::default(),
        synced: Arc::new(AtomicBool::new(true)),
        writer,
        readers,
    })
}

async fn open_postgres(url: &str, max_connections: u32) -> Result<Pools> {
    let options = PgConnectOptions::from_str(url).map_err(|_| Error::Url {
        // The URL may carry a password: only its kind is repeated.
        url: "postgres".to_owned(),
        reason: "not well formed".to_owned(),
    })?;
    let pool = PgPoolOptions::new()
        .max_connections(max_connections.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options.options([("synchronous_commit", "on")]))
        .await?;
    Ok(Pools::Postgres(pool))
}
