//! A connection of one's own, for whoever writes and may wait for the disk. SQLite is then asked in the thread
//! that has something to ask, where a statement of a [`crate::Db`] goes to the thread of its connection and back; and
//! PostgreSQL is not asked before and after each write whether it is still there, as a pool asks it.

use std::path::Path;
use std::sync::Arc;

use rusqlite::types::{Null, ToSqlOutput};
use rusqlite::{CachedStatement, ToSql, Transaction, TransactionBehavior};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::Mutex;
use tracing::Instrument;

use crate::checkpoints::Checkpoints;
use crate::db::{BUSY_TIMEOUT, STATEMENTS, Turn, take, transaction_span};
use crate::in_thread::InThread;
use crate::{Arg, Args, Backend, Error, Result, Sql, Tx, args::postgres};

/// From how many pages on SQLite's log is copied into the file beside the commits: before a commit of another
/// connection would have to copy it.
const LONG_LOG: i64 = 4000;

/// One statement of a transaction, and how many rows it must change.
#[derive(Debug)]
pub struct Write {
    /// The statement.
    pub sql: Sql,
    /// Its parameters.
    pub args: Args,
    /// How many rows it changes when everything is as the caller thinks.
    pub rows: usize,
}

/// A connection of one's own.
#[derive(Debug)]
pub struct Direct(Kind);

#[derive(Debug)]
enum Kind {
    /// Whatever is written has it from its beginning to its end.
    Sqlite(Arc<Mutex<File>>),
    /// None after it failed: the next write takes another.
    Postgres {
        pool: PgPool,
        connection: Option<PgConnection>,
    },
}

/// Beside it the file is written through its [`crate::Db`] only, by turns.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) connection: rusqlite::Connection,
    pub(crate) checkpoints: Checkpoints,
    turn: Turn,
}

impl Direct {
    pub(crate) fn postgres(pool: PgPool) -> Self {
        Self(Kind::Postgres {
            pool,
            connection: None,
        })
    }

    /// The file is there and in WAL mode.
    pub(crate) fn sqlite(path: &Path, turn: Turn, synced: bool) -> Result<Self> {
        // As the other connections: NORMAL would lose acknowledged commits at a power loss.
        let synchronous = if synced { "FULL" } else { "OFF" };
        let open = || -> Result<_> {
            let connection = rusqlite::Connection::open(path)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "synchronous", synchronous)?;
            Ok(connection)
        };
        let connection = open()?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let checkpoints = Checkpoints::begin(&connection, open()?, LONG_LOG);
        let file = File {
            connection,
            checkpoints,
            turn,
        };
        Ok(Self(Kind::Sqlite(Arc::new(Mutex::new(file)))))
    }

    /// Whether a write blocks its thread until the disk has synced.
    #[must_use]
    pub fn blocks(&self) -> bool {
        matches!(self.0, Kind::Sqlite(_))
    }

    /// Begins a transaction that may write. On SQLite it runs in the thread that asks, which waits for the disk
    /// at the end; another of this connection begins after it.
    ///
    /// # Errors
    /// When no transaction can be begun.
    pub async fn begin(&self) -> Result<Tx> {
        let span = transaction_span(match self.0 {
            Kind::Sqlite(_) => Backend::Sqlite,
            Kind::Postgres { .. } => Backend::Postgres,
        });
        let begin = async {
            Ok(match &self.0 {
                Kind::Sqlite(file) => {
                    let file = file.clone().lock_owned().await;
                    let turn = take(&file.turn).await?;
                    Tx::in_thread(InThread::begin(file)?, turn, span.clone())
                }
                Kind::Postgres { pool, .. } => Tx::postgres(pool.begin().await?, span.clone()),
            })
        };
        begin.instrument(span.clone()).await
    }

    /// Writes all in one transaction, which is on disk when this returns true. When one of them changes
    /// another number of rows than it should, nothing is written and this returns false. A statement that
    /// is alone sees to it itself that it changes all of its rows or none.
    ///
    /// # Errors
    /// When the database refuses or does not answer: nothing is written, unless it was the commit that
    /// failed.
    pub async fn write(&mut self, writes: Vec<Write>) -> Result<bool> {
        match &mut self.0 {
            Kind::Sqlite(file) => {
                let mut file = file.lock().await;
                let _turn = take(&file.turn).await?;
                let written = in_a_file(&mut file.connection, &writes)?;
                file.checkpoints.after(&file.connection);
                Ok(written)
            }
            Kind::Postgres { pool, connection } => {
                let mut taken = match connection.take() {
                    Some(connection) => connection,
                    None => pool.acquire().await?.detach(),
                };
                let written = on_a_server(&mut taken, writes).await;
                if !matches!(&written, Err(error) if !error.spares_connection()) {
                    *connection = Some(taken);
                }
                written
            }
        }
    }
}

fn in_a_file(connection: &mut rusqlite::Connection, writes: &[Write]) -> Result<bool> {
    // Dropped before its commit, it takes everything back.
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for write in writes {
        if run(&tx, write)? != write.rows {
            return Ok(false);
        }
    }
    tx.commit()?;
    Ok(true)
}

async fn on_a_server(connection: &mut PgConnection, writes: Vec<Write>) -> Result<bool> {
    let writes = match <[Write; 1]>::try_from(writes) {
        // Its own transaction, in one round trip.
        Ok([one]) => return one.on_a_server(connection).await,
        Err(writes) => writes,
    };
    let mut tx = connection.begin().await?;
    for write in writes {
        if !write.on_a_server(&mut tx).await? {
            tx.rollback().await?;
            return Ok(false);
        }
    }
    tx.commit().await?;
    Ok(true)
}

impl Write {
    async fn on_a_server(self, connection: &mut PgConnection) -> Result<bool> {
        let text = self.sql.text(Backend::Postgres);
        let done = sqlx::query_with(text, postgres(self.args)?).execute(connection);
        Ok(done.await?.rows_affected() == self.rows as u64)
    }
}

fn run(tx: &Transaction<'_>, write: &Write) -> Result<usize> {
    let mut statement = tx.prepare_cached(write.sql.text(Backend::Sqlite))?;
    bind(&mut statement, &write.args)?;
    Ok(statement.raw_execute()?)
}

/// Binds `$1` to the first argument wherever it stands, and each `?` to the one after the last.
pub(crate) fn bind(statement: &mut CachedStatement<'_>, args: &Args) -> Result<()> {
    let mut last = 0_usize;
    for place in 1..=statement.parameter_count() {
        let number = match statement.parameter_name(place) {
            Some(name) => name.trim_start_matches(['$', '?']).parse().unwrap_or(0),
            None => last + 1,
        };
        last = number;
        let arg = number.checked_sub(1).and_then(|at| args.get(at));
        let arg = arg.ok_or_else(|| Error::Direct(missing(place)))?;
        statement.raw_bind_parameter(place, Bound(arg))?;
    }
    Ok(())
}

fn missing(place: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidParameterCount(place, place - 1)
}

struct Bound<'a>(&'a Arg);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        fn output<'a>(value: Option<impl Into<ToSqlOutput<'a>>>) -> ToSqlOutput<'a> {
            value.map_or_else(|| Null.into(), Into::into)
        }
        Ok(match self.0 {
            Arg::Text(value) => output(value.as_deref()),
            Arg::Int(value) => output(*value),
            Arg::Bool(value) => output(*value),
            Arg::Bytes(value) => output(value.as_deref()),
            Arg::Json(value) => output(value.as_ref().map(ToString::to_string)),
            Arg::Texts(_) | Arg::Ints(_) | Arg::Bools(_) | Arg::Blobs(_) => {
                let why = "SQLite has no arrays";
                return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
            }
        })
    }
}
