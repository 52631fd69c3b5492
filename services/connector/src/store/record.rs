//! Records: reading, locking, and every way in which one changes. Each change is a new version.

use onething_db::{
    Db, Error, Sql, Tx, args,
    sqlx::{self, types::Json},
};
use onething_participant::Fault;
use serde_json::{Map, Value};

/// A record's attributes.
pub(crate) type Body = Map<String, Value>;

pub(super) const READ: Sql = Sql::both(
    "SELECT key, version, content, state, body FROM record \
     WHERE department = $1 AND kind = $2 AND key = $3",
);
pub(super) const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT key, version, content, state, body FROM record \
     WHERE department = $1 AND kind = $2 AND key = $3",
    "SELECT key, version, content, state, body FROM record \
     WHERE department = $1 AND kind = $2 AND key = $3 FOR UPDATE",
);
pub(super) const BY_ATTRIBUTE: Sql = Sql::both(
    "SELECT r.key, r.version, r.content, r.state, r.body FROM record_index i \
     JOIN record r ON r.department = i.department AND r.kind = i.kind AND r.key = i.key \
     WHERE i.department = $1 AND i.kind = $2 AND i.attribute = $3 AND i.value = $4 \
     AND r.state = 'in_force' ORDER BY r.key",
);
pub(super) const INSERT: Sql = Sql::both(
    "INSERT INTO record (department, kind, key, version, content, state, body, changed_at) \
     VALUES ($1, $2, $3, 1, 1, 'in_force', $4, $5) \
     ON CONFLICT (department, kind, key) DO NOTHING",
);
pub(super) const UPDATE: Sql = Sql::both(
    "UPDATE record SET version = version + 1, content = $5, state = $6, body = $7, \
     changed_at = $8 \
     WHERE department = $1 AND kind = $2 AND key = $3 AND version = $4",
);
pub(super) const KEEP_VERSION: Sql = Sql::both(
    "INSERT INTO record_version (department, kind, key, version, state, body, changed_at) \
     SELECT department, kind, key, version, state, body, changed_at FROM record \
     WHERE department = $1 AND kind = $2 AND key = $3",
);
pub(super) const READ_VERSION: Sql = Sql::both(
    "SELECT body FROM record_version \
     WHERE department = $1 AND kind = $2 AND key = $3 AND version = $4",
);
pub(super) const CLEAR_INDEX: Sql =
    Sql::both("DELETE FROM record_index WHERE department = $1 AND kind = $2 AND key = $3");
pub(super) const PUT_INDEX: Sql = Sql::both(
    "INSERT INTO record_index (department, kind, attribute, value, key) \
     VALUES ($1, $2, $3, $4, $5)",
);

/// Which record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The department's code.
    pub(crate) department: &'a str,
    /// The kind of record.
    pub(crate) kind: &'a str,
    /// The record's key.
    pub(crate) key: &'a str,
}

/// Whether a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    InForce,
    Annulled,
}

impl State {
    /// The stored name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Annulled => "annulled",
        }
    }
}

/// A record as it is now. It has no `Debug`: it holds personal data.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) key: String,
    /// How often it was changed, from 1.
    pub(crate) version: i64,
    /// The version whose body it has.
    pub(crate) content: i64,
    pub(crate) state: State,
    pub(crate) body: Body,
}

impl Record {
    /// A row of a table of rules, which is stored nowhere; its key is its number, from 1.
    pub(crate) fn of_table(index: usize, body: &Body) -> Self {
        Self {
            key: (index + 1).to_string(),
            version: 0,
            content: 0,
            state: State::InForce,
            body: body.clone(),
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    key: String,
    version: i64,
    content: i64,
    state: String,
    body: Json<Body>,
}

impl From<Row> for Record {
    fn from(row: Row) -> Self {
        Self {
            key: row.key,
            version: row.version,
            content: row.content,
            state: if row.state == State::InForce.name() {
                State::InForce
            } else {
                State::Annulled
            },
            body: row.body.0,
        }
    }
}

/// How a program reads: a query without a lock, anything else inside its transaction, where what
/// it reads stays as it is until the end.
#[derive(Debug)]
pub(crate) enum Reader<'a> {
    Reading(&'a Db),
    Locking(&'a mut Tx),
}

impl Reader<'_> {
    /// Reads a record whatever its state.
    pub(crate) async fn read(&mut self, place: Place<'_>) -> Result<Option<Record>, Error> {
        match self {
            Self::Reading(db) => {
                let args = args![place.department, place.kind, place.key];
                Ok(db
                    .fetch_optional::<Row>(READ, args)
                    .await?
                    .map(Record::from))
            }
            Self::Locking(tx) => lock(tx, place).await,
        }
    }

    /// Reads a record that is in force.
    pub(crate) async fn in_force(&mut self, place: Place<'_>) -> Result<Option<Record>, Error> {
        Ok(self
            .read(place)
            .await?
            .filter(|record| record.state == State::InForce))
    }

    /// Reads the records in force that have a value in an indexed attribute, by key, without
    /// locking them.
    pub(crate) async fn by_attribute(
        &mut self,
        department: &str,
        kind: &str,
        attribute: &str,
        value: &str,
    ) -> Result<Vec<Record>, Error> {
        let args = args![department, kind, attribute, value];
        let rows: Vec<Row> = match self {
            Self::Reading(db) => db.fetch_all(BY_ATTRIBUTE, args).await?,
            Self::Locking(tx) => tx.fetch_all(BY_ATTRIBUTE, args).await?,
        };
        Ok(rows.into_iter().map(Record::from).collect())
    }
}

/// Locks and reads a record whatever its state.
pub(crate) async fn lock(tx: &mut Tx, place: Place<'_>) -> Result<Option<Record>, Error> {
    let args = args![place.department, place.kind, place.key];
    Ok(tx
        .fetch_optional::<Row>(LOCK, args)
        .await?
        .map(Record::from))
}

/// Creates a record and tells its content. A key that was annulled is used anew, as a later
/// version; one that is in force is a failure.
pub(crate) async fn create(
    tx: &mut Tx,
    place: Place<'_>,
    body: &Body,
    indexed: &[String],
    at: i64,
) -> Result<i64, Fault> {
    let Place {
        department,
        kind,
        key,
    } = place;
    let value = Value::Object(body.clone());
    if tx
        .execute(INSERT, args![department, kind, key, value, at])
        .await?
        == 1
    {
        keep(tx, place, body, indexed).await?;
        return Ok(1);
    }
    match lock(tx, place).await? {
        Some(record) if record.state == State::Annulled => {
            let content = record.version + 1;
            update(tx, place, &record, content, State::InForce, body, at).await?;
            keep(tx, place, body, indexed).await?;
            Ok(content)
        }
        _ => Err(conflict(place, "is created although it is in force")),
    }
}

/// Gives a locked record another body and tells its content.
pub(crate) async fn change(
    tx: &mut Tx,
    place: Place<'_>,
    record: &Record,
    body: &Body,
    indexed: &[String],
    at: i64,
) -> Result<i64, Fault> {
    let content = record.version + 1;
    update(tx, place, record, content, State::InForce, body, at).await?;
    keep(tx, place, body, indexed).await?;
    Ok(content)
}

/// Annuls a locked record; it stays readable.
pub(crate) async fn annul(
    tx: &mut Tx,
    place: Place<'_>,
    record: &Record,
    at: i64,
) -> Result<(), Fault> {
    let content = record.version + 1;
    update(
        tx,
        place,
        record,
        content,
        State::Annulled,
        &record.body,
        at,
    )
    .await?;
    let place = || args![place.department, place.kind, place.key];
    tx.execute(KEEP_VERSION, place()).await?;
    // Nobody finds it any more.
    tx.execute(CLEAR_INDEX, place()).await?;
    Ok(())
}

/// Gives a locked record the content of an earlier version.
pub(crate) async fn restore(
    tx: &mut Tx,
    place: Place<'_>,
    record: &Record,
    content: i64,
    indexed: &[String],
    at: i64,
) -> Result<(), Fault> {
    let args = args![place.department, place.kind, place.key, content];
    let (Json(body),): (Json<Body>,) = tx.fetch_one(READ_VERSION, args).await?;
    update(tx, place, record, content, State::InForce, &body, at).await?;
    keep(tx, place, &body, indexed).await
}

async fn update(
    tx: &mut Tx,
    place: Place<'_>,
    record: &Record,
    content: i64,
    state: State,
    body: &Body,
    at: i64,
) -> Result<(), Fault> {
    let mut args = args![place.department, place.kind, place.key, record.version];
    args.extend(args![content, state.name()]);
    args.extend(args![Value::Object(body.clone()), at]);
    if tx.execute(UPDATE, args).await? == 1 {
        return Ok(());
    }
    Err(conflict(place, "changed although it was locked"))
}

/// Keeps the record's version as it now is, and its indexed attributes.
async fn keep(tx: &mut Tx, place: Place<'_>, body: &Body, indexed: &[String]) -> Result<(), Fault> {
    let Place {
        department,
        kind,
        key,
    } = place;
    tx.execute(KEEP_VERSION, args![department, kind, key])
        .await?;
    tx.execute(CLEAR_INDEX, args![department, kind, key])
        .await?;
    for attribute in indexed {
        if let Some(value) = body.get(attribute).and_then(index_text) {
            let args = args![department, kind, attribute, value, key];
            tx.execute(PUT_INDEX, args).await?;
        }
    }
    Ok(())
}

/// How a value stands in the index; none for what is missing.
pub(crate) fn index_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Names the kind of record and not its key, which may be a person's number.
fn conflict(place: Place<'_>, problem: &'static str) -> Fault {
    Fault::Corrupt {
        what: format!("{}/{}", place.department, place.kind),
        source: problem.into(),
    }
}

#[cfg(test)]
mod tests;
