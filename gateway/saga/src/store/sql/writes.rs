//! What each kind of write does inside the shared transaction. A write that is refused (fenced,
//! duplicate) changes nothing; an error of the database fails the transaction.

use onething_db::{Result, Tx, args};

use super::super::chain::{ChainKey, Head};
use super::super::error::StoreError;
use super::super::record::{Acceptance, Append, NewSaga, SagaRow, StoredEvent};
use super::reads::{Row, saga_id};
use super::statement;
use crate::machine::{Projection, SagaId, Timestamp};

pub(super) async fn accept(
    tx: &mut Tx,
    key: &ChainKey,
    epoch: u64,
    new: &NewSaga,
) -> Result<std::result::Result<Acceptance, StoreError>> {
    let events = key.extend(new.saga, epoch, Head::START, &new.events);
    let head = head(Head::START, &events);
    let (at, shown) = (moment(&events), &new.projection);
    let inserted = tx
        .execute(
            statement::INSERT_SAGA,
            args![
                new.saga.to_string(),
                &new.definition,
                new.version,
                shown.state.name(),
                shown.waiting,
                signed(epoch),
                signed(head.seq),
                head.mac.to_vec(),
                shown.responsible.clone(),
                shown.wake_at.map(|at| at.0),
                shown.wake_reason.clone(),
                at.0,
                ended_at(shown, at),
                new.dedupe.as_ref().map(|dedupe| dedupe.key.clone()),
                new.dedupe.as_ref().map(|dedupe| dedupe.digest.to_vec()),
            ],
        )
        .await?;
    if inserted == 1 {
        insert(tx, new.saga, &events).await?;
        return Ok(Ok(Acceptance::Accepted { epoch, head }));
    }
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

pub(super) async fn append(
    tx: &mut Tx,
    key: &ChainKey,
    append: &Append,
) -> Result<std::result::Result<Head, StoreError>> {
    let events = key.extend(append.saga, append.epoch, append.head, &append.events);
    let head = head(append.head, &events);
    let (at, shown) = (moment(&events), &append.projection);
    let advanced = tx
        .execute(
            statement::ADVANCE,
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
                at.0,
                ended_at(shown, at),
            ],
        )
        .await?;
    if advanced == 0 {
        return Ok(Err(StoreError::Fenced));
    }
    insert(tx, append.saga, &events).await?;
    Ok(Ok(head))
}

pub(super) async fn acquire(
    tx: &mut Tx,
    incarnation: u64,
    saga: SagaId,
) -> Result<std::result::Result<SagaRow, StoreError>> {
    tx.execute(
        statement::ACQUIRE,
        args![saga.to_string(), signed(incarnation)],
    )
    .await?;
    let row: Option<Row> = tx
        .fetch_optional(statement::ROW, args![saga.to_string()])
        .await?;
    Ok(row
        .ok_or(StoreError::NotFound(saga))
        .and_then(SagaRow::try_from))
}

pub(super) async fn quarantine(tx: &mut Tx, saga: SagaId, reason: &str) -> Result<()> {
    tx.execute(statement::QUARANTINE, args![saga.to_string(), reason])
        .await
        .map(drop)
}

async fn insert(tx: &mut Tx, saga: SagaId, events: &[StoredEvent]) -> Result<()> {
    for event in events {
        let row = args![
            saga.to_string(),
            signed(event.seq),
            signed(event.epoch),
            event.at.0,
            &event.kind,
            &event.body,
            event.payload.to_vec(),
            event.mac.to_vec(),
        ];
        tx.execute(statement::INSERT_EVENT, row).await?;
    }
    Ok(())
}

fn head(before: Head, events: &[StoredEvent]) -> Head {
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
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
