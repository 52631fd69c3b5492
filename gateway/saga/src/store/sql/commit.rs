//! A commit in one round trip: the rows of new sagas, and everything else as one row of the log.
//!
//! What the row says is put into the tables later, for many commits at once (`settle`). It is written only
//! while this incarnation lives and nobody else has settled its log: then nobody else has taken over a
//! saga of this incarnation, and the heads it remembers are those of the database.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use onething_db::{Args, Backend, Db, Sql, args};

use super::bulk::columns;
use super::statement;
use super::writes::signed;

/// How many new sagas one commit takes at most: a text is kept for each number of them.
pub(super) const MOST: usize = 128;

/// The texts for SQLite that were sent so far, by how many sagas they insert.
#[derive(Default)]
pub(super) struct Texts(Mutex<HashMap<usize, Sql>>);

/// What became of an attempt.
pub(super) enum Went {
    Well,
    /// Nothing stands: something is not as it was thought to be.
    Otherwise,
    /// Nobody knows.
    Unknown(onething_db::Error),
}

/// Under which conditions a commit is written.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    pub(super) incarnation: u64,
    /// How many times others had settled this incarnation's log.
    pub(super) settled: i64,
}

/// Writes one commit: the rows of new sagas and the log's row.
pub(super) async fn write(
    db: &Db,
    texts: &Texts,
    guard: Guard,
    sagas: Vec<Args>,
    kept: Vec<u8>,
) -> Went {
    let new = sagas.len();
    let log = args![kept, signed(guard.incarnation), guard.settled];
    let (sql, args) = match db.backend() {
        Backend::Sqlite => (
            texts.of(new),
            sagas.into_iter().flatten().chain(log).collect(),
        ),
        Backend::Postgres if new == 0 => (statement::LOG, log),
        Backend::Postgres => {
            let mut args = log;
            args.extend(columns(sagas));
            (*statement::ACCEPT_AND_LOG, args)
        }
    };
    match db.in_one_go(sql, args).await {
        Ok(1) => Went::Well,
        // SQLite raises the alarm instead.
        Ok(_) if db.backend() == Backend::Postgres => Went::Otherwise,
        Ok(_) => Went::Well,
        Err(error) if error.is_constraint_violation() => Went::Otherwise,
        Err(error) => Went::Unknown(error),
    }
}

impl Texts {
    fn of(&self, new: usize) -> Sql {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *texts.entry(new).or_insert_with(|| {
            let mut text = "BEGIN IMMEDIATE;".to_owned();
            let mut add = |statement: &str, length: usize| {
                text += &format!(
                    "{statement};INSERT INTO saga_alarm SELECT 1 WHERE changes() <> {length};"
                );
            };
            if new > 0 {
                add(statement::INSERT_SAGAS.list(new), new);
            }
            add(statement::LOG.text(Backend::Sqlite), 1);
            // Put together once for each number of sagas.
            Sql::both((text + "COMMIT").leak())
        })
    }
}
