//! A commit in one round trip, as one row of the log. On PostgreSQL, where other gateways accept sagas
//! too, the rows of new sagas are written with it; on SQLite it is enough to see that they are new.
//!
//! What the row says is put into the tables later, for many commits at once (`settle`). It is written only
//! while this incarnation lives and nobody else has settled its log: then nobody else has taken over a
//! saga of this incarnation, and the heads it remembers are those of the database.

use onething_db::{Args, Backend, Direct, Sql, Write, args};

use super::super::record::NewSaga;
use super::bulk::columns;
use super::entry::Entry;
use super::statement;
use super::writes::{self, signed};

/// How many new sagas one commit takes at most: SQLite keeps a statement for each number of them.
pub(super) const MOST: usize = 128;

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

/// Writes one commit, with the new sagas that are in it and what else is to be written.
pub(super) async fn write(
    direct: &mut Direct,
    backend: Backend,
    guard: Guard,
    news: &[(&NewSaga, &Entry)],
    kept: Vec<u8>,
    more: Vec<Write>,
) -> Went {
    let (sql, args) = log(backend, guard, news, kept);
    let mut writes = vec![Write { sql, args, rows: 1 }];
    writes.extend(more);
    match direct.write(writes).await {
        Ok(true) => Went::Well,
        Ok(false) => Went::Otherwise,
        Err(error) if error.is_constraint_violation() => Went::Otherwise,
        Err(error) => Went::Unknown(error),
    }
}

/// The statement that writes a row of the log.
fn log(backend: Backend, guard: Guard, news: &[(&NewSaga, &Entry)], kept: Vec<u8>) -> (Sql, Args) {
    let mut args = args![kept, signed(guard.incarnation), guard.settled];
    match backend {
        _ if news.is_empty() => (statement::LOG, args),
        Backend::Sqlite => {
            let names = news.iter().flat_map(|(new, _)| {
                let key = new.dedupe.as_ref().map(|dedupe| dedupe.key.clone());
                args![new.saga.to_string(), key]
            });
            args.extend(names);
            (statement::LOG_NEW.text(news.len()), args)
        }
        Backend::Postgres => {
            let rows = news.iter().map(|(new, entry)| writes::row(new, entry));
            args.extend(columns(rows.collect()));
            (*statement::ACCEPT_AND_LOG, args)
        }
    }
}
