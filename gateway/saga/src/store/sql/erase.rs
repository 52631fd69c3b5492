//! Erasing: the key of an ended saga's payloads is overwritten, and that is journaled, in one transaction.

use onething_db::{Db, args};

use super::super::EventRecord;
use super::super::chain::ChainKey;
use super::super::error::StoreError;
use super::super::record::SagaRow;
use super::super::seal::Seal;
use super::entry::Entry;
use super::row::Row;
use super::run::Run;
use super::statement;
use super::writes::{self, signed};
use crate::machine::SagaId;

/// Erases a saga's key; see [`Store::erase`](super::super::Store::erase).
pub(super) async fn erase(
    db: &Db,
    key: &ChainKey,
    saga: SagaId,
    record: EventRecord,
) -> Result<SagaRow, StoreError> {
    let id = saga.to_string();
    let mut tx = db.begin().await?;
    let row: Option<Row> = tx.fetch_optional(statement::ROW_HELD, args![&id]).await?;
    let mut row = SagaRow::try_from(row.ok_or(StoreError::NotFound(saga))?)?;
    if row.seal.is_erased() {
        return Ok(row);
    }
    if row.ended_at.is_none() || !row.seal.is_closed() {
        return Err(StoreError::Fenced);
    }
    let at = record.at;
    let events = key.extend(saga, row.epoch, row.head(), Seal::ERASED, vec![record]);
    let events = Run::write(&events)?;
    let head = events.head().unwrap_or(row.head());
    let entry = Entry {
        saga,
        epoch: row.epoch,
        before: row.seq,
        row: None,
        events,
        birth: None,
    };
    tx.execute(statement::ERASE, args![&id, Seal::ERASED.to_row()])
        .await?;
    tx.execute(
        statement::ERASED,
        args![&id, signed(head.seq), head.mac.to_vec(), at.0],
    )
    .await?;
    let chapter = writes::chapter_of(&entry);
    writes::journal(&mut tx, chapter.into_iter().collect()).await?;
    tx.execute(statement::CLEAR_INBOX, args![&id]).await?;
    tx.commit().await?;
    (row.seq, row.mac, row.updated_at, row.seal) = (head.seq, head.mac, at, Seal::ERASED);
    Ok(row)
}
