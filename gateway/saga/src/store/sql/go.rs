//! A few writes in one go: on SQLite a transaction of a few statements is mostly round trips to the
//! file's thread, so that a short one is sent as one text. It stands whole or not at all; what is not
//! plain is left to `writes`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use onething_db::{Args, Db, Sql};

use super::super::chain::{ChainKey, Head};
use super::super::record::{Acceptance, Append, NewSaga};
use super::{statement, writes};

/// How many writes are sent in one go at most: a text is kept for each combination of lengths.
const MOST: usize = 4;

/// The texts that were sent so far, by how many sagas, appends and events they write.
#[derive(Default)]
pub(super) struct Texts(Mutex<HashMap<(usize, usize, usize), Sql>>);

/// What became of an attempt.
pub(super) enum Went {
    /// Everything stands.
    Well(Vec<Acceptance>, Vec<Head>),
    /// Nothing stands: a write found its saga otherwise than it thought.
    Otherwise,
    /// Nobody knows.
    Unknown(onething_db::Error),
}

/// Whether the writes are few and plain enough.
pub(super) fn fits(accepts: &[&NewSaga], appends: &[&Append]) -> bool {
    let events = accepts.iter().map(|new| new.events.len()).sum::<usize>()
        + appends
            .iter()
            .map(|append| append.events.len())
            .sum::<usize>();
    (1..=MOST).contains(&(accepts.len() + appends.len()))
        && (1..=4 * MOST).contains(&events)
        && appends.iter().all(|append| append.taken.is_empty())
}

/// Writes everything in one transaction and one round trip.
pub(super) async fn write(
    db: &Db,
    texts: &Texts,
    key: &ChainKey,
    incarnation: u64,
    accepts: &[&NewSaga],
    appends: &[&Append],
) -> Went {
    let (mut args, mut events) = (Args::new(), Vec::new());
    let accepted = accepts
        .iter()
        .map(|new| {
            let chained = key.extend(new.saga, incarnation, Head::START, &new.events);
            args.extend(writes::row(new, incarnation, &chained));
            writes::rows_of(new.saga, &chained, &mut events);
            Acceptance::Accepted {
                epoch: incarnation,
                head: writes::head(Head::START, &chained),
            }
        })
        .collect();
    let advanced = appends
        .iter()
        .map(|append| {
            let chained = key.extend(append.saga, append.epoch, append.head, &append.events);
            args.extend(writes::advance(append, incarnation, &chained));
            writes::rows_of(append.saga, &chained, &mut events);
            writes::head(append.head, &chained)
        })
        .collect();
    let sql = texts.of(accepts.len(), appends.len(), events.len());
    args.extend(events.into_iter().flatten());
    match db.in_one_go(sql, args).await {
        Ok(()) => Went::Well(accepted, advanced),
        Err(error) if error.is_constraint_violation() => Went::Otherwise,
        Err(error) => Went::Unknown(error),
    }
}

impl Texts {
    fn of(&self, accepts: usize, appends: usize, events: usize) -> Sql {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lengths = (accepts, appends, events);
        *texts.entry(lengths).or_insert_with(|| {
            let mut text = "BEGIN IMMEDIATE;".to_owned();
            let mut add = |length: usize, statement: &str| {
                if length > 0 {
                    text += &format!(
                        "{statement};INSERT INTO saga_alarm SELECT 1 WHERE changes() <> {length};"
                    );
                }
            };
            if accepts > 0 {
                add(accepts, statement::INSERT_SAGAS.list(accepts));
            }
            if appends > 0 {
                add(appends, statement::ADVANCE.list(appends));
            }
            add(events, statement::INSERT_EVENTS.list(events));
            // Put together once for each combination of a few short lengths.
            Sql::both((text + "COMMIT").leak())
        })
    }
}
