//! A transaction over either database.

use sqlx::{FromRow, Postgres, Sqlite, Transaction, postgres::PgRow, sqlite::SqliteRow};
use tokio::sync::OwnedMutexGuard;
use tracing::{Instrument, Span};

use crate::{
    Args, Backend, Error, Result, Sql,
    args::{postgres, sqlite},
    in_thread::{self, InThread},
};

/// A row type that reads from both databases: `#[derive(sqlx::FromRow)]`, or a tuple.
pub trait Record:
    for<'r> FromRow<'r, SqliteRow>
    + for<'r> FromRow<'r, in_thread::Row>
    + for<'r> FromRow<'r, PgRow>
    + Send
    + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow>
        + for<'r> FromRow<'r, in_thread::Row>
        + for<'r> FromRow<'r, PgRow>
        + Send
        + Unpin
{
}

/// A transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    span: Span,
    /// Given back after the transaction has ended.
    _turn: Option<OwnedMutexGuard<()>>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    InThread(InThread),
    Postgres(Transaction<'static, Postgres>),
}

const SAVE: Sql = Sql::both("SAVEPOINT effect");
const BACK: Sql = Sql::both("ROLLBACK TO SAVEPOINT effect");
const RELEASE: Sql = Sql::both("RELEASE SAVEPOINT effect");

impl Tx {
    pub(crate) fn sqlite(
        inner: Transaction<'static, Sqlite>,
        turn: OwnedMutexGuard<()>,
        span: Span,
    ) -> Self {
        Self {
            inner: Inner::Sqlite(inner),
            span,
            _turn: Some(turn),
        }
    }

    pub(crate) fn in_thread(inner: InThread, turn: OwnedMutexGuard<()>, span: Span) -> Self {
        Self {
            inner: Inner::InThread(inner),
            span,
            _turn: Some(turn),
        }
    }

    pub(crate) fn postgres(inner: Transaction<'static, Postgres>, span: Span) -> Self {
        Self {
            inner: Inner::Postgres(inner),
            span,
            _turn: None,
        }
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self.inner {
            Inner::Sqlite(_) | Inner::InThread(_) => Backend::Sqlite,
            Inner::Postgres(_) => Backend::Postgres,
        }
    }

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn execute(&mut self, sql: Sql, args: Args) -> Result<u64> {
        let text = sql.text(self.backend());
        let span = self.span.clone();
        let run = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => sqlx::query_with(text, sqlite(args)?)
                    .execute(&mut **tx)
                    .await?
                    .rows_affected(),
                Inner::InThread(tx) => tx.run(text, &args)?,
                Inner::Postgres(tx) => sqlx::query_with(text, postgres(args)?)
                    .execute(&mut **tx)
                    .await?
                    .rows_affected(),
            })
        };
        run.instrument(span).await
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn fetch_all<T: Record>(&mut self, sql: Sql, args: Args) -> Result<Vec<T>> {
        let text = sql.text(self.backend());
        let span = self.span.clone();
        let run = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    sqlx::query_as_with(text, sqlite(args)?)
                        .fetch_all(&mut **tx)
                        .await?
                }
                Inner::InThread(tx) => tx.read(text, &args, usize::MAX)?,
                Inner::Postgres(tx) => {
                    sqlx::query_as_with(text, postgres(args)?)
                        .fetch_all(&mut **tx)
                        .await?
                }
            })
        };
        run.instrument(span).await
    }

    /// Reads one row or none.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn fetch_optional<T: Record>(&mut self, sql: Sql, args: Args) -> Result<Option<T>> {
        let text = sql.text(self.backend());
        let span = self.span.clone();
        let run = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    sqlx::query_as_with(text, sqlite(args)?)
                        .fetch_optional(&mut **tx)
                        .await?
                }
                Inner::InThread(tx) => tx.read(text, &args, 1)?.pop(),
                Inner::Postgres(tx) => {
                    sqlx::query_as_with(text, postgres(args)?)
                        .fetch_optional(&mut **tx)
                        .await?
                }
            })
        };
        run.instrument(span).await
    }

    /// Reads exactly one row.
    ///
    /// # Errors
    /// When there is none, or the database refuses or does not answer.
    pub async fn fetch_one<T: Record>(&mut self, sql: Sql, args: Args) -> Result<T> {
        self.fetch_optional(sql, args)
            .await?
            .ok_or(Error::Sqlx(sqlx::Error::RowNotFound))
    }

    /// Marks a point to which [`Tx::back_to_savepoint`] returns. One at a time.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn savepoint(&mut self) -> Result<()> {
        self.execute(SAVE, Vec::new()).await.map(drop)
    }

    /// Takes back everything since the savepoint and forgets it.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn back_to_savepoint(&mut self) -> Result<()> {
        self.execute(BACK, Vec::new()).await?;
        self.execute(RELEASE, Vec::new()).await.map(drop)
    }

    /// Keeps everything since the savepoint and forgets it.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn release_savepoint(&mut self) -> Result<()> {
        self.execute(RELEASE, Vec::new()).await.map(drop)
    }

    /// Makes everything durable and visible. After an error it is unknown whether it is.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn commit(self) -> Result<()> {
        let Self { inner, span, _turn } = self;
        let run = async {
            match inner {
                Inner::Sqlite(tx) => tx.commit().await?,
                Inner::InThread(tx) => tx.commit()?,
                Inner::Postgres(tx) => tx.commit().await?,
            }
            Ok(())
        };
        run.instrument(span).await
    }

    /// Leaves nothing behind, at once.
    ///
    /// # Errors
    /// When the database does not answer; nothing stays behind then either.
    pub async fn rollback(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await?,
            Inner::InThread(tx) => drop(tx),
            Inner::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}
