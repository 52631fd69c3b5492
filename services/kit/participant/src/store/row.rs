//! The ledger's rows: found, opened, ended, kept.

use onething_db::{
    Args, Backend, Db, Tx, args,
    sqlx::{self, types::Json},
};
use serde_json::Value;

use super::statement::{
    ARCHIVE, CLOSE, IN_FLIGHT, INSERT, LIST, LOCK, MARK, MOVE_DUE, OPEN, PAST, PEEK, RAISE, REOPEN,
    SETTLE,
};
use crate::{
    Fault, Key, Refusal,
    rules::{self, Expiry, Recorded},
};

/// A ledger row.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) round: i64,
    pub(crate) epoch: i64,
    pub(crate) method: String,
    pub(crate) digest: Vec<u8>,
    outcome: String,
    pub(crate) response: Option<Vec<u8>>,
    refusal: Option<Json<Refusal>>,
    record: Option<Json<Value>>,
    pub(crate) due_at: Option<i64>,
    expiry: String,
}

impl Row {
    /// How the round stands.
    pub(crate) fn recorded(&self) -> Result<Recorded, Fault> {
        // `open` is never committed: what is open belongs to a transaction that is not visible.
        Recorded::named(&self.outcome).ok_or_else(|| corrupt("stands", &self.outcome))
    }

    pub(crate) fn refusal(&self) -> Result<Refusal, Fault> {
        match &self.refusal {
            Some(refusal) => Ok(refusal.0.clone()),
            None => Err(corrupt("is", "without its refusal")),
        }
    }

    /// What annulling or deciding needs.
    pub(crate) fn record(&self) -> Value {
        self.record
            .as_ref()
            .map_or(Value::Null, |record| record.0.clone())
    }
}

pub(super) fn corrupt(verb: &str, what: &str) -> Fault {
    Fault::Corrupt {
        what: "the ledger".to_owned(),
        source: format!("a row {verb} `{what}`").into(),
    }
}

/// What was found, as the rules see it.
pub(crate) fn found(row: Option<&Row>) -> Result<rules::Found<'_>, Fault> {
    let Some(row) = row else {
        return Ok(rules::Found::Nothing);
    };
    Ok(rules::Found::Row(rules::Row {
        round: u32::try_from(row.round).unwrap_or(u32::MAX),
        epoch: u64::try_from(row.epoch).unwrap_or_default(),
        method: &row.method,
        digest: &row.digest,
        recorded: row.recorded()?,
        due: row.due_at,
        expiry: Expiry::named(&row.expiry).ok_or_else(|| corrupt("expires as", &row.expiry))?,
    }))
}

/// Epochs are compared in the database, whose integers are signed.
pub(crate) fn signed(epoch: u64) -> i64 {
    i64::try_from(epoch).unwrap_or(i64::MAX)
}

/// Where a round is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// There is no row; the transaction is the only one that writes.
    Absent,
    /// There was no row; an open one was inserted, as the lock.
    Open,
    /// The row, whose round was moved to the past.
    Next,
}

/// What a round says of the call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) epoch: u64,
    pub(crate) method: &'a str,
    pub(crate) digest: &'a [u8],
    pub(crate) at: i64,
}

/// How a round ends, or waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settlement<'a> {
    pub(crate) recorded: Recorded,
    pub(crate) response: Option<&'a [u8]>,
    pub(crate) refusal: Option<&'a Refusal>,
    pub(crate) record: Option<&'a Value>,
    pub(crate) due: Option<i64>,
    pub(crate) expiry: Expiry,
}

impl Settlement<'_> {
    /// Nothing but how the round stands.
    pub(crate) fn bare(recorded: Recorded) -> Self {
        Self {
            recorded,
            response: None,
            refusal: None,
            record: None,
            due: None,
            expiry: Expiry::Escalate,
        }
    }

    /// The columns from `outcome` to `record`.
    fn args(&self) -> Result<Args, Fault> {
        let refusal = self
            .refusal
            .map(serde_json::to_value)
            .transpose()
            .map_err(|e| Fault::Corrupt {
                what: "a refusal".to_owned(),
                source: e.into(),
            })?;
        Ok(args![
            self.recorded.name(),
            self.response.map(<[u8]>::to_vec),
            refusal,
            self.record.cloned()
        ])
    }
}

fn of(key: &Key) -> Args {
    args![&key.coordinator, &key.saga, &key.step, &key.item]
}

/// Locks a key's row. Without one, the key is locked all the same, as the place says.
pub(crate) async fn look(
    tx: &mut Tx,
    key: &Key,
    entry: Entry<'_>,
) -> Result<(Option<Row>, Place), Fault> {
    if tx.backend() == Backend::Sqlite {
        return Ok((lock(tx, key).await?, Place::Absent));
    }
    let mut args = of(key);
    args.extend(args![key.round, signed(entry.epoch), entry.method]);
    args.extend(args![entry.digest, entry.at]);
    if tx.execute(OPEN, args).await? == 1 {
        return Ok((None, Place::Open));
    }
    match lock(tx, key).await? {
        Some(row) => Ok((Some(row), Place::Absent)),
        // It was deleted between the two statements, as an old one: the caller comes again.
        None => Err(corrupt("has", "vanished")),
    }
}

/// Writes a round where [`look`] or [`keep_round`] said. False when the saga lies below the
/// low-water mark, and nothing may be written.
pub(crate) async fn write(
    tx: &mut Tx,
    key: &Key,
    place: Place,
    entry: Entry<'_>,
    settlement: Settlement<'_>,
) -> Result<bool, Fault> {
    let mut args = of(key);
    let statement = if place == Place::Open {
        args.extend(settlement.args()?);
        args.extend(args![settlement.due, settlement.expiry.name(), entry.at]);
        CLOSE
    } else {
        args.extend(args![key.round, signed(entry.epoch)]);
        args.extend(args![entry.method, entry.digest]);
        args.extend(settlement.args()?);
        args.extend(args![settlement.due, settlement.expiry.name(), entry.at]);
        if place == Place::Absent {
            INSERT
        } else {
            REOPEN
        }
    };
    Ok(tx.execute(statement, args).await? == 1)
}

/// Locks and reads a key's row.
pub(crate) async fn lock(tx: &mut Tx, key: &Key) -> Result<Option<Row>, Fault> {
    Ok(tx.fetch_optional(LOCK, of(key)).await?)
}

/// Reads a key's row as it was last committed, without a lock.
pub(crate) async fn peek(db: &Db, key: &Key) -> Result<Option<Row>, Fault> {
    Ok(db.fetch_optional(PEEK, of(key)).await?)
}

/// Reads an earlier round.
pub(crate) async fn past(tx: &mut Tx, key: &Key) -> Result<Option<Row>, Fault> {
    let mut args = of(key);
    args.extend(args![key.round]);
    Ok(tx.fetch_optional(PAST, args).await?)
}

/// Keeps the row's round among the past ones and makes room for the next.
pub(crate) async fn keep_round(tx: &mut Tx, key: &Key) -> Result<Place, Fault> {
    tx.execute(ARCHIVE, of(key)).await?;
    Ok(Place::Next)
}

/// Writes how a round under review ended.
pub(crate) async fn settle(
    tx: &mut Tx,
    key: &Key,
    settlement: Settlement<'_>,
    at: i64,
) -> Result<(), Fault> {
    let mut args = of(key);
    args.extend(settlement.args()?);
    args.extend(args![at]);
    tx.execute(SETTLE, args).await?;
    Ok(())
}

/// Changes how the round stands and keeps the rest.
pub(crate) async fn mark(tx: &mut Tx, key: &Key, recorded: Recorded, at: i64) -> Result<(), Fault> {
    let mut args = of(key);
    args.extend(args![recorded.name(), at]);
    tx.execute(MARK, args).await?;
    Ok(())
}

/// Raises the highest epoch seen.
pub(crate) async fn raise(tx: &mut Tx, key: &Key, row: &Row, epoch: u64) -> Result<(), Fault> {
    if signed(epoch) <= row.epoch {
        return Ok(());
    }
    let mut args = of(key);
    args.extend(args![signed(epoch)]);
    tx.execute(RAISE, args).await?;
    Ok(())
}

/// Moves the end of the time for deciding.
pub(crate) async fn move_due(tx: &mut Tx, key: &Key, due: Option<i64>) -> Result<(), Fault> {
    let mut args = of(key);
    args.extend(args![due]);
    tx.execute(MOVE_DUE, args).await?;
    Ok(())
}

/// A call that went on to another system.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Flying {
    coordinator: String,
    saga: String,
    step: String,
    item: String,
    round: i64,
    pub(crate) method: String,
    record: Option<Json<Value>>,
}

impl Flying {
    pub(crate) fn key(&self) -> Key {
        Key {
            coordinator: self.coordinator.clone(),
            saga: self.saga.clone(),
            step: self.step.clone(),
            item: self.item.clone(),
            round: u32::try_from(self.round).unwrap_or_default(),
        }
    }

    pub(crate) fn record(&self) -> Value {
        let record = self.record.as_ref();
        record.map_or(Value::Null, |record| record.0.clone())
    }
}

/// The calls that went on to another system, the oldest first, without a lock.
pub(crate) async fn in_flight(db: &Db, limit: i64) -> Result<Vec<Flying>, Fault> {
    Ok(db.fetch_all(IN_FLIGHT, args![limit]).await?)
}

/// A row of a list.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Listed {
    pub(crate) saga: String,
    pub(crate) step: String,
    pub(crate) item: String,
    pub(crate) round: i64,
    pub(crate) epoch: i64,
    pub(crate) method: String,
    outcome: String,
    pub(crate) seen_at: i64,
}

impl Listed {
    /// How the round stands.
    pub(crate) fn recorded(&self) -> Result<Recorded, Fault> {
        Recorded::named(&self.outcome).ok_or_else(|| corrupt("stands", &self.outcome))
    }
}

/// Where a page of the list begins: after this row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) seen_at: i64,
    pub(crate) saga: String,
    pub(crate) step: String,
    pub(crate) item: String,
}

/// Lists what is recorded for a coordinator, in the order in which keys were first seen, without
/// a lock.
pub(crate) async fn list(
    db: &Db,
    coordinator: &str,
    saga: &str,
    after: &After,
    limit: i64,
) -> Result<Vec<Listed>, Fault> {
    let mut args = args![coordinator, saga, after.seen_at];
    args.extend(args![&after.saga, &after.step, &after.item, limit]);
    Ok(db.fetch_all(LIST, args).await?)
}
