//! A transaction in the thread that asks.

use std::sync::Arc;

use rusqlite::CachedStatement;
use rusqlite::types::Value;
use sqlx::FromRow;
use tokio::sync::OwnedMutexGuard;

use super::row::{Column, Row};
use crate::direct::{File, bind};
use crate::{Args, Result};

/// Ended by [`Self::commit`]; dropped without, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct InThread(OwnedMutexGuard<File>);

impl InThread {
    /// Begins with the file's lock. Nobody else in this process writes.
    pub(crate) fn begin(file: OwnedMutexGuard<File>) -> Result<Self> {
        let this = Self(file);
        this.say("BEGIN IMMEDIATE")?;
        Ok(this)
    }

    pub(crate) fn commit(self) -> Result<()> {
        self.say("COMMIT")?;
        self.0.checkpoints.after(&self.0.connection);
        Ok(())
    }

    /// Something without parameters and rows.
    pub(crate) fn say(&self, text: &str) -> Result<()> {
        self.run(text, &Vec::new()).map(drop)
    }

    fn bound(&self, text: &str, args: &Args) -> Result<CachedStatement<'_>> {
        // As sqlx tells of those that it runs.
        tracing::debug!(target: "onething_db::query", statement = text, "runs");
        let mut statement = self.0.connection.prepare_cached(text)?;
        bind(&mut statement, args)?;
        Ok(statement)
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) fn run(&self, text: &str, args: &Args) -> Result<u64> {
        let mut statement = self.bound(text, args)?;
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(self.0.connection.changes())
    }

    /// The rows that a statement finds, or as many of them as are wanted.
    pub(crate) fn read<T>(&self, text: &str, args: &Args, most: usize) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, Row>,
    {
        let mut statement = self.bound(text, args)?;
        let columns = Column::all(&statement.column_names());
        let (mut rows, mut read) = (statement.raw_query(), Vec::new());
        while read.len() < most
            && let Some(row) = rows.next()?
        {
            let values = (0..columns.len()).map(|at| row.get::<_, Value>(at));
            let values = values.collect::<rusqlite::Result<_>>()?;
            read.push(T::from_row(&Row::new(Arc::clone(&columns), values))?);
        }
        Ok(read)
    }
}

impl Drop for InThread {
    fn drop(&mut self) {
        if !self.0.connection.is_autocommit()
            && let Err(error) = self.say("ROLLBACK")
        {
            // A connection whose transaction is still open begins no other: who asks next is told.
            tracing::error!(%error, "a transaction could not be taken back");
        }
    }
}
