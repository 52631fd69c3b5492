//! What the writes of a batch do inside their shared transaction, all of one kind in one statement. A
//! write that is refused (fenced, duplicate) changes nothing; an error of the database fails the
//! transaction.

use std::borrow::Cow;

use onething_db::{Args, Result, Tx, args};

use super::super::chain::{ChainKey, Head};
use super::super::error::StoreError;
use super::super::record::{Acceptance, Delivery, NewSaga, SagaRow, Take};
use super::chapter::Chapter;
use super::entry::{Birth, Change, Entry};
use super::row::{Row, saga_id};
use super::statement;
use crate::machine::SagaId;

type Outcome<T> = std::result::Result<T, StoreError>;

/// Writes new sagas, owned by `incarnation`, each with the entry of its events. What they add to the
/// journal is added to `chapters`.
pub(super) async fn accept(
    tx: &mut Tx,
    key: &ChainKey,
    incarnation: u64,
    news: &[(&NewSaga, &Entry)],
    chapters: &mut Vec<Args>,
) -> Outcome<Vec<Outcome<Acceptance>>> {
    let entries: Vec<_> = news
        .iter()
        .map(|(new, entry)| {
            if entry.epoch == incarnation {
                Ok(Cow::Borrowed(*entry))
            } else {
                // The lease was lost and another incarnation began since.
                Entry::of_new(key, incarnation, new).map(Cow::Owned)
            }
        })
        .collect::<Outcome<_>>()?;
    let rows = news
        .iter()
        .zip(&entries)
        .map(|((new, _), entry)| row(new, entry))
        .collect();
    let all = statement::INSERT_SAGAS.run(tx, rows).await? == news.len() as u64;
    let mut outcomes = Vec::with_capacity(news.len());
    for ((new, _), entry) in news.iter().zip(&entries) {
        outcomes.push(if all || inserted(tx, new.saga).await? {
            chapters.extend(chapter_of(entry));
            Ok(accepted(entry))
        } else {
            known(tx, new).await?
        });
    }
    Ok(outcomes)
}

/// That a new saga was written.
pub(super) fn accepted(entry: &Entry) -> Acceptance {
    Acceptance::Accepted {
        epoch: entry.epoch,
        head: entry.events.head().unwrap_or(Head::START),
    }
}

async fn inserted(tx: &mut Tx, saga: SagaId) -> Result<bool> {
    let args = args![saga.to_string()];
    let row: Option<(String,)> = tx.fetch_optional(statement::INSERTED, args).await?;
    Ok(row.is_some())
}

/// Whether a saga's row is as an entry leaves it.
pub(super) async fn stands(tx: &mut Tx, entry: &Entry) -> Result<bool> {
    let Some(after) = &entry.row else {
        return Ok(true);
    };
    let args = args![
        entry.saga.to_string(),
        signed(entry.epoch),
        signed(after.seq),
        after.mac.to_vec(),
    ];
    let row: Option<(String,)> = tx.fetch_optional(statement::ADVANCED, args).await?;
    Ok(row.is_some())
}

/// The row of a new saga.
pub(super) fn row(new: &NewSaga, entry: &Entry) -> Args {
    let (head, at, shown) = (
        entry.events.head().unwrap_or(Head::START),
        entry.events.at().unwrap_or_default(),
        &new.projection,
    );
    let ended = shown.state.ended();
    args![
        new.saga.to_string(),
        &new.definition,
        new.version,
        shown.state.name(),
        shown.waiting,
        signed(entry.epoch),
        (!ended).then(|| signed(entry.epoch)),
        signed(head.seq),
        head.mac.to_vec(),
        shown.responsible.clone(),
        shown.wake_at.map(|at| at.0),
        shown.wake_reason.clone(),
        at.0,
        at.0,
        ended.then_some(at.0),
        new.dedupe.as_ref().map(|dedupe| dedupe.key.clone()),
        new.dedupe.as_ref().map(|dedupe| dedupe.digest.to_vec()),
        new.seal.to_row(),
        None::<i64>,
    ]
}

/// The row of a saga that was born since the last settling, as its last commit left it.
fn born(entry: &Entry, birth: &Birth, after: &Change) -> Args {
    args![
        entry.saga.to_string(),
        &birth.definition,
        birth.version,
        &*after.state,
        after.waiting,
        signed(entry.epoch),
        after.owner.map(signed),
        signed(after.seq),
        after.mac.to_vec(),
        after.responsible.clone(),
        after.wake_at,
        after.wake_reason.clone(),
        birth.accepted_at,
        after.updated_at,
        after.ended_at,
        birth.dedupe.as_ref().map(|(key, _)| key.clone()),
        birth.dedupe.as_ref().map(|(_, digest)| digest.to_vec()),
        birth.seal.clone(),
        after.due_at,
    ]
}

/// Why a new saga was not inserted.
async fn known(tx: &mut Tx, new: &NewSaga) -> Result<Outcome<Acceptance>> {
    let Some(dedupe) = &new.dedupe else {
        return Ok(Err(StoreError::Exists(new.saga)));
    };
    let known: Option<(String, Option<Vec<u8>>)> = tx
        .fetch_optional(statement::DEDUPE, args![&dedupe.key])
        .await?;
    Ok(match known {
        None => Err(StoreError::Exists(new.saga)),
        Some((saga, digest)) => saga_id(&saga).and_then(|saga| match digest {
            Some(digest) if digest == dedupe.digest => Ok(Acceptance::Duplicate { saga }),
            Some(_) => Err(StoreError::DigestConflict { saga }),
            // Erasing takes the digest along.
            None => Err(StoreError::Erased { saga }),
        }),
    })
}

/// Appends to sagas; each saga is there once. What they add to the journal is added to `chapters`.
pub(super) async fn append(
    tx: &mut Tx,
    appends: &[(&Entry, &[String])],
    chapters: &mut Vec<Args>,
) -> Outcome<Vec<Outcome<Head>>> {
    let rows = appends.iter().filter_map(|(entry, _)| advance(entry));
    let all = statement::ADVANCE.run(tx, rows.collect()).await? == appends.len() as u64;
    let mut outcomes = Vec::with_capacity(appends.len());
    for (entry, taken) in appends {
        if !(all || stands(tx, entry).await?) {
            outcomes.push(Err(StoreError::Fenced));
            continue;
        }
        for delivery in *taken {
            let args = args![entry.saga.to_string(), delivery];
            tx.execute(statement::TAKE_IN, args).await?;
        }
        chapters.extend(chapter_of(entry));
        outcomes.push(Ok(advanced(entry)));
    }
    Ok(outcomes)
}

/// Where an append leaves its saga's chain.
pub(super) fn advanced(entry: &Entry) -> Head {
    entry.row.as_ref().map_or(Head::START, |after| Head {
        seq: after.seq,
        mac: after.mac,
    })
}

/// Writes the journal's rows.
pub(super) async fn journal(tx: &mut Tx, chapters: Vec<Args>) -> Result<()> {
    statement::INSERT_CHAPTERS.run(tx, chapters).await.map(drop)
}

/// What entries change in the sagas' rows: the rows of new sagas, and what becomes of the others.
pub(super) fn rows<'a>(entries: impl Iterator<Item = &'a Entry>) -> (Vec<Args>, Vec<Args>) {
    let (mut births, mut advances) = (Vec::new(), Vec::new());
    for entry in entries {
        match (&entry.birth, &entry.row) {
            (Some(birth), Some(after)) => births.push(born(entry, birth, after)),
            _ => advances.extend(advance(entry)),
        }
    }
    (births, advances)
}

/// What an entry changes in its saga's row, for the statement that does it.
fn advance(entry: &Entry) -> Option<Args> {
    let after = entry.row.as_ref()?;
    Some(args![
        entry.saga.to_string(),
        signed(entry.epoch),
        signed(entry.before),
        signed(after.seq),
        after.mac.to_vec(),
        &*after.state,
        after.waiting,
        after.responsible.clone(),
        after.wake_at,
        after.wake_reason.clone(),
        after.updated_at,
        after.ended_at,
        after.owner.map(signed),
        after.due_at,
    ])
}

pub(super) async fn acquire(
    tx: &mut Tx,
    incarnation: u64,
    saga: SagaId,
    take: Take,
) -> Result<Outcome<SagaRow>> {
    let sql = match take {
        Take::IfFree => statement::ACQUIRE_FREE,
        Take::Anyway => statement::ACQUIRE,
    };
    let taken = tx
        .execute(sql, args![saga.to_string(), signed(incarnation)])
        .await?;
    let row: Option<Row> = tx
        .fetch_optional(statement::ROW, args![saga.to_string()])
        .await?;
    Ok(match row {
        None => Err(StoreError::NotFound(saga)),
        Some(row) => SagaRow::try_from(row).and_then(|row| {
            // An ended saga is read and taken by nobody.
            if taken == 0 && row.ended_at.is_none() {
                Err(StoreError::Fenced)
            } else {
                Ok(row)
            }
        }),
    })
}

pub(super) async fn quarantine(tx: &mut Tx, saga: SagaId, reason: &str) -> Result<()> {
    tx.execute(statement::QUARANTINE, args![saga.to_string(), reason])
        .await
        .map(drop)
}

pub(super) async fn receive(
    tx: &mut Tx,
    source: &str,
    position: &str,
    deliveries: &[Delivery],
) -> Result<()> {
    for delivery in deliveries {
        let row = args![
            delivery.saga.to_string(),
            &delivery.name,
            &delivery.body,
            delivery.payload.to_vec(),
        ];
        tx.execute(statement::DELIVER, row).await?;
    }
    tx.execute(statement::MOVE_ON, args![source, position])
        .await
        .map(drop)
}

/// The journal's row of an entry; none when it has no events.
pub(super) fn chapter_of(entry: &Entry) -> Option<Args> {
    let first = entry.events.first()?;
    let events = Chapter::of(&entry.events);
    Some(args![entry.saga.to_string(), signed(first), events])
}

/// Epochs and sequence numbers count single events and never come near the limit.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
