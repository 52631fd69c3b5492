//! The ledger's rows. Every function runs inside the caller's transaction and has locked the row
//! it returns.

use onething_db::{
    Db, Migrations, Sql, Tx, args,
    sqlx::{self, types::Json},
};
use serde_json::Value;

use crate::{Fault, Key, Refusal, rules};

/// The ledger's tables; each department adds them to its own.
pub const MIGRATIONS: Migrations = Migrations::new(
    "ledger",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

const OPEN: Sql = Sql::both(
    "INSERT INTO ledger (coordinator, saga, step, item, round, epoch, method, digest, outcome, \
     seen_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) \
     ON CONFLICT (coordinator, saga, step, item) DO NOTHING",
);
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT round, epoch, method, digest, outcome, response, refusal, record, seen_at FROM ledger \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
    "SELECT round, epoch, method, digest, outcome, response, refusal, record, seen_at FROM ledger \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 FOR UPDATE",
);
const PAST: Sql = Sql::both(
    "SELECT round, epoch, method, digest, outcome, response, refusal, record, seen_at \
     FROM ledger_past \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 AND round = $5",
);
const SETTLE: Sql = Sql::both(
    "UPDATE ledger SET outcome = $5, response = $6, refusal = $7, record = $8, changed_at = $9 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
const MARK: Sql = Sql::both(
    "UPDATE ledger SET outcome = $5, changed_at = $6 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
const RAISE: Sql = Sql::both(
    "UPDATE ledger SET epoch = $5 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 AND epoch < $5",
);
const ARCHIVE: Sql = Sql::both(
    "INSERT INTO ledger_past SELECT coordinator, saga, step, item, round, epoch, method, digest, \
     outcome, response, refusal, record, seen_at, changed_at FROM ledger \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
const REOPEN: Sql = Sql::both(
    "UPDATE ledger SET round = $5, epoch = $6, method = $7, digest = $8, outcome = $9, \
     response = NULL, refusal = NULL, record = NULL, seen_at = $10, changed_at = $10 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
const LIST: Sql = Sql::both(
    "SELECT saga, step, item, round, epoch, method, outcome, seen_at FROM ledger \
     WHERE coordinator = $1 AND (saga = $2 OR $2 = '') \
     AND (seen_at > $3 OR (seen_at = $3 AND (saga > $4 OR (saga = $4 AND (step > $5 \
     OR (step = $5 AND item > $6)))))) \
     ORDER BY seen_at, saga, step, item LIMIT $7",
);

/// Every statement, so that a test can prepare them on both databases.
pub const STATEMENTS: &[Sql] = &[OPEN, LOCK, PAST, SETTLE, MARK, RAISE, ARCHIVE, REOPEN, LIST];

/// What is recorded for a key. The names are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Only inside a transaction: the row is locked and the action is being carried out.
    Open,
    /// The call took effect.
    Succeeded,
    /// The call was refused.
    Refused,
    /// The effect was annulled.
    Undone,
    /// The key was closed before any call with it arrived.
    Closed,
}

impl Recorded {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Undone => "undone",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, Fault> {
        [
            Self::Open,
            Self::Succeeded,
            Self::Refused,
            Self::Undone,
            Self::Closed,
        ]
        .into_iter()
        .find(|outcome| outcome.name() == name)
        .ok_or_else(|| Fault::Corrupt {
            what: "the ledger".to_owned(),
            source: "unknown outcome".into(),
        })
    }
}

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
    #[expect(
        dead_code,
        reason = "read with the row so that every column is checked by its type"
    )]
    seen_at: i64,
}

impl Row {
    pub(crate) fn outcome(&self) -> Result<Recorded, Fault> {
        Recorded::named(&self.outcome)
    }

    /// How the round stands, as the rules see it.
    pub(crate) fn recorded(&self) -> Result<rules::Recorded, Fault> {
        rules::Recorded::named(&self.outcome).ok_or_else(|| Fault::Corrupt {
            what: "the ledger".to_owned(),
            source: format!("a row stands as `{}`", self.outcome).into(),
        })
    }

    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refusal.as_ref().map(|refusal| refusal.0.clone())
    }

    pub(crate) fn record(&self) -> Value {
        self.record
            .as_ref()
            .map_or(Value::Null, |record| record.0.clone())
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
        due: None,
        expiry: rules::Expiry::Escalate,
    }))
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
    pub(crate) outcome: String,
    pub(crate) seen_at: i64,
}

/// What opens a row or a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub(crate) epoch: u64,
    pub(crate) method: &'a str,
    pub(crate) digest: &'a [u8],
    pub(crate) outcome: Recorded,
    pub(crate) at: i64,
}

/// Epochs are compared in the database, whose integers are signed.
pub(crate) fn signed(epoch: u64) -> i64 {
    i64::try_from(epoch).unwrap_or(i64::MAX)
}

/// Locks a key's row: `None` when it is new and was opened as told, else what is recorded.
pub(crate) async fn open(
    tx: &mut Tx,
    key: &Key,
    opening: Opening<'_>,
) -> Result<Option<Row>, Fault> {
    let mut args = args![&key.coordinator, &key.saga, &key.step, &key.item, key.round];
    args.extend(args![
        signed(opening.epoch),
        opening.method,
        opening.digest,
        opening.outcome.name(),
        opening.at
    ]);
    if tx.execute(OPEN, args).await? == 1 {
        return Ok(None);
    }
    match lock(tx, key).await? {
        Some(row) => Ok(Some(row)),
        // Rows are never deleted while a saga may still send.
        None => Err(Fault::Corrupt {
            what: "the ledger".to_owned(),
            source: "a row vanished".into(),
        }),
    }
}

/// Locks and reads a key's row.
pub(crate) async fn lock(tx: &mut Tx, key: &Key) -> Result<Option<Row>, Fault> {
    let args = args![&key.coordinator, &key.saga, &key.step, &key.item];
    Ok(tx.fetch_optional(LOCK, args).await?)
}

/// Reads an earlier round.
pub(crate) async fn past(tx: &mut Tx, key: &Key) -> Result<Option<Row>, Fault> {
    let args = args![&key.coordinator, &key.saga, &key.step, &key.item, key.round];
    Ok(tx.fetch_optional(PAST, args).await?)
}

/// Moves the round in the row to the past and opens the key's round in its place.
pub(crate) async fn reopen(tx: &mut Tx, key: &Key, opening: Opening<'_>) -> Result<(), Fault> {
    tx.execute(
        ARCHIVE,
        args![&key.coordinator, &key.saga, &key.step, &key.item],
    )
    .await?;
    let mut args = args![&key.coordinator, &key.saga, &key.step, &key.item, key.round];
    args.extend(args![
        signed(opening.epoch),
        opening.method,
        opening.digest,
        opening.outcome.name(),
        opening.at
    ]);
    tx.execute(REOPEN, args).await?;
    Ok(())
}

/// Writes how an open round ended.
pub(crate) async fn settle(
    tx: &mut Tx,
    key: &Key,
    outcome: Recorded,
    response: Option<&[u8]>,
    refusal: Option<&Refusal>,
    record: Option<&Value>,
    at: i64,
) -> Result<(), Fault> {
    let refusal = refusal
        .map(serde_json::to_value)
        .transpose()
        .map_err(|e| Fault::Corrupt {
            what: "a refusal".to_owned(),
            source: e.into(),
        })?;
    let mut args = args![
        &key.coordinator,
        &key.saga,
        &key.step,
        &key.item,
        outcome.name()
    ];
    args.extend(args![
        response.map(<[u8]>::to_vec),
        refusal,
        record.cloned(),
        at
    ]);
    tx.execute(SETTLE, args).await?;
    Ok(())
}

/// Changes what is recorded and keeps the rest.
pub(crate) async fn mark(tx: &mut Tx, key: &Key, outcome: Recorded, at: i64) -> Result<(), Fault> {
    let mut args = args![
        &key.coordinator,
        &key.saga,
        &key.step,
        &key.item,
        outcome.name()
    ];
    args.extend(args![at]);
    tx.execute(MARK, args).await?;
    Ok(())
}

/// Raises the highest epoch seen.
pub(crate) async fn raise(tx: &mut Tx, key: &Key, epoch: u64) -> Result<(), Fault> {
    let mut args = args![&key.coordinator, &key.saga, &key.step, &key.item];
    args.extend(args![signed(epoch)]);
    tx.execute(RAISE, args).await?;
    Ok(())
}

/// Where a page of the list begins: after this row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) seen_at: i64,
    pub(crate) saga: String,
    pub(crate) step: String,
    pub(crate) item: String,
}

/// Lists what is recorded for a coordinator, in the order in which keys were first seen.
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
