//! Reading rows back into what they were.

use bytes::Bytes;
use onething_db::{Args, Db, Sql, args};

use super::super::chain::ChainKey;
use super::super::error::StoreError;
use super::super::record::{Delivery, Filter, Journal, Page, SagaRow, StoredEvent, Verification};
use super::super::seal::Seal;
use super::chapter::Chapter;
use super::entry::{Birth, Change, Entry};
use super::writes::signed;
use super::{settle, statement};
use crate::machine::{SagaId, SagaState, Timestamp};

const PAGE: u32 = 1000;

#[derive(Clone, sqlx::FromRow)]
pub(super) struct Row {
    saga_id: String,
    definition: String,
    version: i64,
    state: String,
    waiting: bool,
    epoch: i64,
    owner: Option<i64>,
    seq: i64,
    mac: Vec<u8>,
    responsible: Option<String>,
    wake_at: Option<i64>,
    wake_reason: Option<String>,
    accepted_at: i64,
    updated_at: i64,
    ended_at: Option<i64>,
    quarantined: Option<String>,
    seal: Option<Vec<u8>>,
}

impl TryFrom<Row> for SagaRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = SagaState::from_name(&row.state).ok_or_else(|| damaged("state"))?;
        Ok(Self {
            saga: saga_id(&row.saga_id)?,
            definition: row.definition,
            version: u32::try_from(row.version).map_err(|_| damaged("version"))?,
            state,
            waiting: row.waiting,
            epoch: unsigned(row.epoch)?,
            owner: row.owner.map(unsigned).transpose()?,
            seq: unsigned(row.seq)?,
            mac: link(&row.mac)?,
            responsible: row.responsible,
            wake_at: row.wake_at.map(Timestamp),
            wake_reason: row.wake_reason,
            accepted_at: Timestamp(row.accepted_at),
            updated_at: Timestamp(row.updated_at),
            ended_at: row.ended_at.map(Timestamp),
            quarantined: row.quarantined,
            seal: seal(row.seal.as_deref())?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct EventRow {
    seq: i64,
    epoch: i64,
    at: i64,
    kind: String,
    body: String,
    payload: Vec<u8>,
    mac: Vec<u8>,
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        Ok(Self {
            seq: unsigned(row.seq)?,
            epoch: unsigned(row.epoch)?,
            at: Timestamp(row.at),
            kind: row.kind.into(),
            body: row.body,
            payload: Bytes::from(row.payload),
            mac: link(&row.mac)?,
        })
    }
}

/// A saga's row and journal, with what was recalled of it before.
pub(super) async fn journal(
    db: &Db,
    key: &ChainKey,
    saga: SagaId,
    recalled: Vec<Entry>,
) -> Result<Journal, StoreError> {
    let journal = journal_with(db, key, saga, recalled).await?;
    if journal.verification == Verification::Intact {
        return Ok(journal);
    }
    // The row of a new saga is there before its events, when another gateway has it.
    whole_journal(db, key, saga).await
}

/// A journal as it is stored, neither verified nor opened.
async fn settled_journal(db: &Db, saga: SagaId) -> Result<Journal, StoreError> {
    // The row first: events that are appended in between are then beyond its head, and left out.
    let row: Option<Row> = db
        .fetch_optional(statement::ROW, args![saga.to_string()])
        .await?;
    settled_events(
        db,
        SagaRow::try_from(row.ok_or(StoreError::NotFound(saga))?)?,
    )
    .await
}

async fn settled_events(db: &Db, row: SagaRow) -> Result<Journal, StoreError> {
    let saga = row.saga;
    let mut all: Vec<StoredEvent> = Vec::new();
    loop {
        let from = all.last().map_or(1, |event| event.seq + 1);
        let page = events(db, saga, from, PAGE).await?;
        let last = page.len() < PAGE as usize;
        all.extend(page.into_iter().take_while(|event| event.seq <= row.seq));
        if last || all.last().is_some_and(|event| event.seq >= row.seq) {
            break;
        }
    }
    Ok(Journal {
        row,
        events: all,
        verification: Verification::Intact,
    })
}

/// A journal with what is not settled of it yet.
pub(super) async fn whole_journal(
    db: &Db,
    key: &ChainKey,
    saga: SagaId,
) -> Result<Journal, StoreError> {
    // The log first: what is settled meanwhile is then found twice, and never missed.
    let logged = settle::logged(db, saga).await?;
    journal_with(db, key, saga, logged).await
}

/// A journal with entries that may not have been settled when they were read.
async fn journal_with(
    db: &Db,
    key: &ChainKey,
    saga: SagaId,
    entries: Vec<Entry>,
) -> Result<Journal, StoreError> {
    let mut journal = match (settled_journal(db, saga).await, entries.first()) {
        (Err(StoreError::NotFound(_)), Some(first)) => {
            let row = unborn(first).ok_or(StoreError::NotFound(saga))?;
            settled_events(db, row).await?
        }
        (journal, _) => journal?,
    };
    for entry in entries {
        let last = journal.events.last().map_or(0, |event| event.seq);
        let news = entry.events.events().into_iter();
        journal.events.extend(news.filter(|event| event.seq > last));
        let row = &mut journal.row;
        // A write without events leaves the number as it was.
        let follows = |after: &Change| {
            after.seq > row.seq || after.seq == row.seq && entry.epoch == row.epoch
        };
        if let Some(after) = entry.row.filter(follows) {
            advance(row, after)?;
        }
    }
    journal.verification = key.read(&journal.row, &mut journal.events);
    Ok(journal)
}

/// What a write makes of a saga's row.
fn advance(row: &mut SagaRow, after: Change) -> Result<(), StoreError> {
    let state = SagaState::from_name(&after.state).ok_or_else(|| damaged("state"))?;
    *row = SagaRow {
        saga: row.saga,
        definition: std::mem::take(&mut row.definition),
        version: row.version,
        state,
        waiting: after.waiting,
        epoch: row.epoch,
        owner: after.owner,
        seq: after.seq,
        mac: after.mac,
        responsible: after.responsible,
        wake_at: after.wake_at.map(Timestamp),
        wake_reason: after.wake_reason,
        accepted_at: row.accepted_at,
        updated_at: Timestamp(after.updated_at),
        ended_at: after.ended_at.map(Timestamp),
        quarantined: None,
        seal: row.seal,
    };
    Ok(())
}

/// A page of a saga's events with their payloads open, with what was recalled of it before.
pub(super) async fn page(
    db: &Db,
    key: &ChainKey,
    saga: SagaId,
    (from, limit): (u64, u32),
    recalled: &[Entry],
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut page = events(db, saga, from, limit).await?;
    // Behind a chapter that cannot be read nothing follows.
    let mut next = page.last().map_or(from, |event| event.seq + 1);
    for event in recalled.iter().flat_map(|entry| entry.events.events()) {
        if event.seq == next {
            page.push(event);
            next += 1;
        }
    }
    page.truncate(limit as usize);
    if page.iter().any(|event| !event.payload.is_empty()) {
        let stored: Option<(Option<Vec<u8>>,)> = db
            .fetch_optional(statement::SEAL, args![saga.to_string()])
            .await?;
        let birth = || recalled.first().and_then(|first| first.birth.clone());
        let stored = stored.map_or_else(|| birth().and_then(|birth| birth.seal), |(seal,)| seal);
        let seal = seal(stored.as_deref())?;
        key.open_page(saga, seal, &mut page)?;
    }
    Ok(page)
}

/// A page of a saga's events as they are stored.
pub(super) async fn events(
    db: &Db,
    saga: SagaId,
    from: u64,
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let (id, from) = (saga.to_string(), signed(from));
    let chapters: Vec<(i64, Vec<u8>)> = db
        .fetch_all(statement::CHAPTERS, args![&id, from, limit])
        .await?;
    let first = chapters.first().map_or(i64::MAX, |(first, _)| *first);
    let mut events = Vec::new();
    if from < first {
        let rows: Vec<EventRow> = db
            .fetch_all(statement::EVENTS, args![id, from, first, limit])
            .await?;
        for row in rows {
            events.push(StoredEvent::try_from(row)?);
        }
    }
    for (_, bytes) in chapters {
        let chapter = Chapter::read(&bytes);
        let before = |event: &StoredEvent| signed(event.seq) < from;
        events.extend(chapter.events.into_iter().skip_while(before));
        if !chapter.whole {
            if events.is_empty() {
                return Err(damaged("a chapter of the journal"));
            }
            // Those before the damage can be read; whoever asks for what is behind them meets it.
            break;
        }
    }
    events.truncate(limit as usize);
    Ok(events)
}

/// The row of a saga that is in the log only.
fn unborn(first: &Entry) -> Option<SagaRow> {
    let (birth, after) = (first.birth.as_ref()?, first.row.as_ref()?);
    let (
        Birth {
            definition,
            version,
            ..
        },
        Change { seq, mac, .. },
    ) = (birth, after);
    Some(SagaRow {
        saga: first.saga,
        definition: definition.clone(),
        version: *version,
        state: SagaState::from_name(&after.state)?,
        waiting: after.waiting,
        epoch: first.epoch,
        owner: after.owner,
        seq: *seq,
        mac: *mac,
        responsible: after.responsible.clone(),
        wake_at: after.wake_at.map(Timestamp),
        wake_reason: after.wake_reason.clone(),
        accepted_at: Timestamp(birth.accepted_at),
        updated_at: Timestamp(after.updated_at),
        ended_at: after.ended_at.map(Timestamp),
        quarantined: None,
        seal: Seal::from_row(birth.seal.as_deref())?,
    })
}

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

/// A row as a list shows it. One that cannot be read must not hide the others: it is shown as one that
/// an owner must look at, without the parts that mean nothing.
fn listed(row: Row) -> Option<SagaRow> {
    let what = match SagaRow::try_from(row.clone()) {
        Ok(row) => return Some(row),
        Err(error) => error.to_string(),
    };
    let saga = row.saga_id.clone();
    let readable = Row {
        state: SagaState::Halted.name().to_owned(),
        version: row.version.max(0),
        epoch: row.epoch.max(0),
        seq: row.seq.max(0),
        mac: vec![0; 32],
        seal: None,
        quarantined: Some(row.quarantined.clone().unwrap_or_else(|| what.clone())),
        ..row
    };
    SagaRow::try_from(readable)
        .inspect_err(|_| tracing::error!(saga, what, "a saga's row is beyond being shown"))
        .ok()
}

pub(super) fn saga_id(text: &str) -> Result<SagaId, StoreError> {
    text.parse().map_err(|_| damaged("saga_id"))
}

/// Ids sort as their text does; every id is after the empty text.
fn place(after: Option<SagaId>) -> String {
    after.map(|saga| saga.to_string()).unwrap_or_default()
}

fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| damaged("a number"))
}

fn link(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| damaged("mac"))
}

fn seal(stored: Option<&[u8]>) -> Result<Seal, StoreError> {
    Seal::from_row(stored).ok_or_else(|| damaged("seal"))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}
