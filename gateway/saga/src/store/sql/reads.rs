//! Reading which sagas there are, and what was delivered for them.

use onething_db::{Args, Db, Sql, args};

use super::super::error::StoreError;
use super::super::record::{Delivery, Filter, Page, SagaRow};
use super::row::{Row, listed, saga_id};
use super::statement;
use super::writes::signed;
use crate::machine::{SagaId, Timestamp};

/// Sagas of dead owners, then those that are due, then those that were delivered something.
pub(super) async fn claimable(
    db: &Db,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<SagaId>, StoreError> {
    let mut found = ids(db, statement::ORPHANED, args![limit]).await?;
    let room =
        |found: &Vec<SagaId>| limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
    if room(&found) > 0 {
        found.extend(ids(db, statement::DUE, args![now.0, room(&found)]).await?);
    }
    if room(&found) > 0 {
        found.extend(ids(db, statement::DELIVERED, args![room(&found)]).await?);
    }
    Ok(found)
}

pub(super) async fn next_due(db: &Db) -> Result<Option<Timestamp>, StoreError> {
    let (due,): (Option<i64>,) = db.fetch_one(statement::NEXT_DUE, args![]).await?;
    Ok(due.map(Timestamp))
}

pub(super) async fn mail(db: &Db, owner: u64, limit: u32) -> Result<Vec<SagaId>, StoreError> {
    ids(db, statement::MAIL, args![signed(owner), limit]).await
}

pub(super) async fn inbox(db: &Db, saga: SagaId) -> Result<Vec<Delivery>, StoreError> {
    let rows: Vec<(String, String, String, Vec<u8>)> = db
        .fetch_all(statement::INBOX, args![saga.to_string()])
        .await?;
    let deliveries = rows.into_iter().map(|(saga, name, body, payload)| {
        Ok(Delivery {
            saga: saga_id(&saga)?,
            name,
            body,
            payload: payload.into(),
        })
    });
    deliveries.collect()
}

pub(super) async fn position(db: &Db, source: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = db
        .fetch_optional(statement::POSITION, args![source])
        .await?;
    Ok(row.map(|(position,)| position))
}

async fn ids(db: &Db, sql: Sql, args: Args) -> Result<Vec<SagaId>, StoreError> {
    let rows: Vec<(String,)> = db.fetch_all(sql, args).await?;
    rows.iter().map(|(saga,)| saga_id(saga)).collect()
}

pub(super) async fn list(db: &Db, filter: Filter, page: Page) -> Result<Vec<SagaRow>, StoreError> {
    let args = args![
        place(page.after),
        filter.state.map(|state| state.name()),
        filter.definition,
        filter.responsible,
        filter.accepted_before.map(|at| at.0),
        filter.quarantined,
        filter.without_wake,
        page.limit,
    ];
    let sql = match filter.quarantined {
        Some(true) => statement::LIST_SET_ASIDE,
        _ => statement::LIST,
    };
    let rows: Vec<Row> = db.fetch_all(sql, args).await?;
    Ok(rows.into_iter().filter_map(listed).collect())
}

/// Ids sort as their text does; every id is after the empty text.
fn place(after: Option<SagaId>) -> String {
    after.map(|saga| saga.to_string()).unwrap_or_default()
}
