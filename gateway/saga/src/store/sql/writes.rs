//! What the writes of a batch do inside their shared transaction, all of one kind in one statement. A
//! write that is refused (fenced, duplicate) changes nothing; an error of the database fails the
//! transaction.

use onething_db::{Args, Result, Tx, args};

use super::super::chain::{ChainKey, Head};
use super::super::error::StoreError;
use super::super::record::{Acceptance, Append, Delivery, NewSaga, SagaRow, StoredEvent, Take};
use super::reads::{Row, saga_id};
use super::statement;
use crate::machine::{Projection, SagaId, Timestamp};

type Outcome<T> = std::result::Result<T, StoreError>;

/// Writes new sagas, owned by `incarnation`. Their events' rows are added to `events`.
pub(super) async fn accept(
    tx: &mut Tx,
    key: &ChainKey,
    incarnation: u64,
    news: &[&NewSaga],
    events: &mut Vec<Args>,
) -> Result<Vec<Outcome<Acceptance>>> {
    let chained: Vec<_> = news
        .iter()
        .map(|new| key.extend(new.saga, incarnation, Head::START, &new.events))
        .collect();
    let rows = news
        .iter()
        .zip(&chained)
        .map(|(new, events)| row(new, incarnation, events))
        .collect();
    let all = statement::INSERT_SAGAS.run(tx, rows).await? == news.len() as u64;
    let mut outcomes = Vec::with_capacity(news.len());
    for (new, chained) in news.iter().zip(&chained) {
        let head = head(Head::START, chained);
        outcomes.push(if all || inserted(tx, new.saga).await? {
            rows_of(new.saga, chained, events);
            Ok(Acceptance::Accepted {
                epoch: incarnation,
                head,
            })
        } else {
            known(tx, new).await?
        });
    }
    Ok(outcomes)
}

async fn inserted(tx: &mut Tx, saga: SagaId) -> Result<bool> {
    let args = args![saga.to_string()];
    let row: Option<(String,)> = tx.fetch_optional(statement::INSERTED, args).await?;
    Ok(row.is_some())
}

/// Whether a saga's row has this epoch and head.
async fn stands(tx: &mut Tx, saga: SagaId, epoch: u64, head: Head) -> Result<bool> {
    let args = args![
        saga.to_string(),
        signed(epoch),
        signed(head.seq),
        head.mac.to_vec(),
    ];
    let row: Option<(String,)> = tx.fetch_optional(statement::ADVANCED, args).await?;
    Ok(row.is_some())
}

pub(super) fn row(new: &NewSaga, incarnation: u64, events: &[StoredEvent]) -> Args {
    let (head, at, shown) = (head(Head::START, events), moment(events), &new.projection);
    args![
        new.saga.to_string(),
        &new.definition,
        new.version,
        shown.state.name(),
        shown.waiting,
        signed(incarnation),
        (!shown.state.ended()).then(|| signed(incarnation)),
        signed(head.seq),
        head.mac.to_vec(),
        shown.responsible.clone(),
        shown.wake_at.map(|at| at.0),
        shown.wake_reason.clone(),
        at.0,
        at.0,
        ended_at(shown, at),
        new.dedupe.as_ref().map(|dedupe| dedupe.key.clone()),
        new.dedupe.as_ref().map(|dedupe| dedupe.digest.to_vec()),
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
        Some((saga, digest)) => saga_id(&saga).and_then(|saga| {
            if digest.as_deref() == Some(dedupe.digest.as_slice()) {
                Ok(Acceptance::Duplicate { saga })
            } else {
                Err(StoreError::DigestConflict { saga })
            }
        }),
    })
}

/// Appends to sagas; each saga is there once. Their events' rows are added to `events`.
pub(super) async fn append(
    tx: &mut Tx,
    key: &ChainKey,
    incarnation: u64,
    appends: &[&Append],
    events: &mut Vec<Args>,
) -> Result<Vec<Outcome<Head>>> {
    let chained: Vec<_> = appends
        .iter()
        .map(|append| key.extend(append.saga, append.epoch, append.head, &append.events))
        .collect();
    let rows = appends
        .iter()
        .zip(&chained)
        .map(|(append, events)| advance(append, incarnation, events))
        .collect();
    let all = statement::ADVANCE.run(tx, rows).await? == appends.len() as u64;
    let mut outcomes = Vec::with_capacity(appends.len());
    for (append, chained) in appends.iter().zip(&chained) {
        let head = head(append.head, chained);
        if !all && !stands(tx, append.saga, append.epoch, head).await? {
            outcomes.push(Err(StoreError::Fenced));
            continue;
        }
        rows_of(append.saga, chained, events);
        for name in &append.taken {
            let args = args![append.saga.to_string(), name];
            tx.execute(statement::TAKE_IN, args).await?;
        }
        outcomes.push(Ok(head));
    }
    Ok(outcomes)
}

/// Writes the events of accepted and appended sagas.
pub(super) async fn journal(tx: &mut Tx, events: Vec<Args>) -> Result<()> {
    statement::INSERT_EVENTS.run(tx, events).await.map(drop)
}

pub(super) fn advance(append: &Append, incarnation: u64, events: &[StoredEvent]) -> Args {
    let (head, shown) = (head(append.head, events), &append.projection);
    let ended = shown.state.ended();
    let rests = append.rests.filter(|_| !ended);
    args![
        append.saga.to_string(),
        signed(append.epoch),
        signed(append.head.seq),
        signed(head.seq),
        head.mac.to_vec(),
        shown.state.name(),
        shown.waiting,
        shown.responsible.clone(),
        shown.wake_at.map(|at| at.0),
        shown.wake_reason.clone(),
        append.at.0,
        ended_at(shown, append.at),
        (rests.is_none() && !ended).then(|| signed(incarnation)),
        rests.map(|due_at| due_at.0),
    ]
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

pub(super) fn rows_of(saga: SagaId, events: &[StoredEvent], into: &mut Vec<Args>) {
    into.extend(events.iter().map(|event| {
        args![
            saga.to_string(),
            signed(event.seq),
            signed(event.epoch),
            event.at.0,
            &event.kind,
            &event.body,
            event.payload.to_vec(),
            event.mac.to_vec(),
        ]
    }));
}

pub(super) fn head(before: Head, events: &[StoredEvent]) -> Head {
    events.last().map_or(before, |event| Head {
        seq: event.seq,
        mac: event.mac,
    })
}

fn moment(events: &[StoredEvent]) -> Timestamp {
    events.last().map(|event| event.at).unwrap_or_default()
}

fn ended_at(shown: &Projection, at: Timestamp) -> Option<i64> {
    shown.state.ended().then_some(at.0)
}

/// Epochs and sequence numbers count single events and never come near the limit.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
