//! Reading a saga's journal: what is settled of it, and behind it what is not.

use bytes::Bytes;
use onething_db::{Db, args};

use super::super::chain::ChainKey;
use super::super::error::StoreError;
use super::super::record::{Journal, SagaRow, StoredEvent, Verification};
use super::chapter::Chapter;
use super::entry::{Change, Entry};
use super::row::{Row, advance, damaged, link, seal, unborn, unsigned};
use super::writes::signed;
use super::{settle, statement};
use crate::machine::{SagaId, Timestamp};

const PAGE: u32 = 1000;

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
