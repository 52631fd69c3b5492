//! Reading a journal's database from outside, to say whether it is what was written. It opens no
//! store, takes no epoch and writes nothing, so it may run beside a gateway or without one.

use std::collections::BTreeSet;

use onething_db::{Db, Sql, args};

use super::super::chain::ChainKey;
use super::super::error::StoreError;
use super::super::record::Verification;
use super::{journal, row, settle, statement};
use crate::machine::{SagaId, Timestamp};

/// How many ids of journals without a saga are named at most.
const ORPHANS: u32 = 1000;

/// What an audit found of one saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audited {
    /// Every row is as it was written, and none is missing.
    Intact {
        /// How many rows.
        rows: u64,
    },
    /// From this row on the journal is not what was written.
    Broken {
        /// The first row that does not fit, or is missing.
        seq: u64,
        /// What that row says it is, and when; none when it is missing or cannot be read.
        row: Option<(String, Timestamp)>,
    },
    /// The saga's own row cannot be read.
    Unreadable {
        /// Which part of it.
        what: String,
    },
    /// The saga's own row is gone; its journal is still there.
    Gone,
}

/// Whether a database holds sagas: then they were chained with a key that must not be replaced.
///
/// # Errors
/// That of the database; its tables must be there.
pub async fn holds_sagas(db: &Db) -> Result<bool, StoreError> {
    let first: Option<(String,)> = db.fetch_optional(statement::IDS, args!["", 1]).await?;
    let kept: Option<(Vec<u8>,)> = db.fetch_optional(statement::ALL_LOGGED, args![]).await?;
    Ok(first.is_some() || kept.is_some())
}

/// A journal's database, read from outside.
#[derive(Debug)]
pub struct Audit {
    db: Db,
    key: ChainKey,
}

impl Audit {
    /// Reads a database whose journals were chained with this key.
    #[must_use]
    pub fn new(db: Db, key: ChainKey) -> Self {
        Self { db, key }
    }

    /// A page of sagas' ids as they are stored, in order, after `after`.
    ///
    /// # Errors
    /// That of the database.
    pub async fn sagas(&self, after: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = self
            .db
            .fetch_all(statement::IDS, args![after, limit])
            .await?;
        let mut ids: BTreeSet<_> = rows.into_iter().map(|(saga,)| saga).collect();
        let born = settle::born(&self.db).await?.into_iter();
        ids.extend(
            born.map(|saga| saga.to_string())
                .filter(|saga| saga.as_str() > after),
        );
        Ok(ids.into_iter().take(limit as usize).collect())
    }

    /// Journals whose saga's own row is gone.
    ///
    /// # Errors
    /// That of the database.
    pub async fn orphans(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = self
            .db
            .fetch_all(statement::ORPHANS, args![ORPHANS])
            .await?;
        Ok(rows.into_iter().map(|(saga,)| saga).collect())
    }

    /// Whether a saga's journal is what was written; none when there is no such saga.
    ///
    /// # Errors
    /// That of the database.
    pub async fn check(&self, saga: &str) -> Result<Option<Audited>, StoreError> {
        let Ok(id) = row::saga_id(saga) else {
            let what = "saga_id".to_owned();
            let known = self.any(statement::SAGA_KNOWN, saga).await?;
            return Ok(known.then_some(Audited::Unreadable { what }));
        };
        let found = match journal::whole_journal(&self.db, &self.key, id).await {
            Ok(journal) => match journal.verification {
                Verification::Intact => Audited::Intact {
                    rows: journal.row.seq,
                },
                Verification::BrokenAt { seq } => {
                    let row = journal.events.into_iter().find(|event| event.seq == seq);
                    let row = row.map(|event| (event.kind.into_owned(), event.at));
                    Audited::Broken { seq, row }
                }
            },
            Err(StoreError::NotFound(_)) => {
                let orphan = self.any(statement::JOURNAL_KNOWN, saga).await?;
                return Ok(orphan.then_some(Audited::Gone));
            }
            Err(StoreError::Damaged(what)) => match self.first_unreadable(id).await? {
                Some(seq) => Audited::Broken { seq, row: None },
                None => Audited::Unreadable { what },
            },
            Err(error) => return Err(error),
        };
        Ok(Some(found))
    }

    /// The first row of a journal that cannot even be read.
    async fn first_unreadable(&self, saga: SagaId) -> Result<Option<u64>, StoreError> {
        let mut seq = 1;
        loop {
            match journal::events(&self.db, saga, seq, 1).await {
                Ok(rows) => match rows.first() {
                    Some(row) => seq = row.seq + 1,
                    None => return Ok(None),
                },
                Err(StoreError::Damaged(_)) => return Ok(Some(seq)),
                Err(error) => return Err(error),
            }
        }
    }

    async fn any(&self, statement: Sql, saga: &str) -> Result<bool, StoreError> {
        let found: Option<(String,)> = self.db.fetch_optional(statement, args![saga]).await?;
        Ok(found.is_some())
    }
}
