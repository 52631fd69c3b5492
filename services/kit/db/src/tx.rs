//! A transaction over either database.

use sqlx::{
    AssertSqlSafe, FromRow, Postgres, Sqlite, Transaction, postgres::PgRow, sqlite::SqliteRow,
};
use tokio::sync::OwnedMutexGuard;
use tracing::{Instrument, Span};

use crate::{
    Args, Backend, Error, Result, Sql,
    args::{postgres, sqlite},
    savepoint::{self, Untold},
};

/// A row type that reads from both databases: `#[derive(sqlx::FromRow)]`, or a tuple.
pub trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// A transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    span: Span,
    /// On SQLite; PostgreSQL is told at once.
    untold: Untold,
    /// Given back after the transaction has ended.
    _turn: Option<OwnedMutexGuard<()>>,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) fn sqlite(
        inner: Transaction<'static, Sqlite>,
        turn: OwnedMutexGuard<()>,
        span: Span,
    ) -> Self {
        Self {
            inner: Inner::Sqlite(inner),
            span,
            untold: Untold::default(),
            _turn: Some(turn),
        }
    }

    pub(crate) fn postgres(inner: Transaction<'static, Postgres>, span: Span) -> Self {
        Self {
            inner: Inner::Postgres(inner),
            span,
            untold: Untold::default(),
            _turn: None,
        }
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self.inner {
            Inner::Sqlite(_) => Backend::Sqlite,
            Inner::Postgres(_) => Backend::Postgres,
        }
    }

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn execute(&mut self, sql: Sql, args: Args) -> Result<u64> {
        let text = sql.text(self.backend());
        if self.untold != Untold::Nothing {
            // Apart: what a statement changed is counted together with what went before it.
            let untold = std::mem::take(&mut self.untold);
            self.say(untold.text()).await?;
        }
        let span = self.span.clone();
        let run = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => sqlx::query_with(text, sqlite(args)?)
                    .execute(&mut **tx)
                    .await?
                    .rows_affected(),
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
        let (span, untold) = (self.span.clone(), std::mem::take(&mut self.untold));
        let run = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    // Constants both.
                    let text = AssertSqlSafe([untold.text(), text].concat());
                    sqlx::query_as_with(text, sqlite(args)?)
                        .fetch_all(&mut **tx)
                        .await?
                }
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
        let (span, untold) = (self.span.clone(), std::mem::take(&mut self.untold));
        let run = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    // Constants both.
                    let text = AssertSqlSafe([untold.text(), text].concat());
                    sqlx::query_as_with(text, sqlite(args)?)
                        .fetch_optional(&mut **tx)
                        .await?
                }
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
    /// When the database refuses or does not answer; on SQLite the next statement says so.
    pub async fn savepoint(&mut self) -> Result<()> {
        match self.backend() {
            Backend::Sqlite => self.untold = self.untold.set(),
            Backend::Postgres => self.say(savepoint::SET).await?,
        }
        Ok(())
    }

    /// Takes back everything since the savepoint and forgets it.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn back_to_savepoint(&mut self) -> Result<()> {
        match self.untold.back() {
            Some(untold) => self.untold = untold,
            None => self.say(savepoint::BACK).await?,
        }
        Ok(())
    }

    /// Keeps everything since the savepoint and forgets it.
    ///
    /// # Errors
    /// When the database refuses or does not answer; on SQLite the next statement says so.
    pub async fn release_savepoint(&mut self) -> Result<()> {
        match self.backend() {
            Backend::Sqlite => self.untold = self.untold.release(),
            Backend::Postgres => self.say(savepoint::RELEASE).await?,
        }
        Ok(())
    }

    /// Says something that has no parameters and no rows.
    async fn say(&mut self, text: &'static str) -> Result<()> {
        let span = self.span.clone();
        let said = async {
            match &mut self.inner {
                Inner::Sqlite(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop),
                Inner::Postgres(tx) => sqlx::raw_sql(text).execute(&mut **tx).await.map(drop),
            }
        };
        Ok(said.instrument(span).await?)
    }

    /// Makes everything durable and visible, and forgets the savepoint. After an error it is unknown whether it is.
    ///
    /// # Errors
    /// When the database refuses or does not answer.
    pub async fn commit(self) -> Result<()> {
        let Self {
            inner, span, _turn, ..
        } = self;
        let run = async {
            match inner {
                Inner::Sqlite(tx) => tx.commit().await,
                Inner::Postgres(tx) => tx.commit().await,
            }
        };
        Ok(run.instrument(span).await?)
    }

    /// Leaves nothing behind, at once.
    ///
    /// # Errors
    /// When the database does not answer; nothing stays behind then either.
    pub async fn rollback(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await?,
            Inner::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}
