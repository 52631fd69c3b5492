//! Published records of penalties, decisions to repair them, and entries in the publicity system.

use onething_db::{Db, Error, Sql, Tx, args};

use super::state::State;

pub(super) const OF: Sql = Sql::both(
    "SELECT decision_number, body, class, decided_on, fine_fen, bill_number, duty_fulfilled, state \
     FROM penalty WHERE credit_code = $1 AND state <> 'repaired' \
     ORDER BY decided_on, decision_number",
);
pub(super) const FIND: Sql = Sql::both(
    "SELECT decision_number, body, class, decided_on, fine_fen, bill_number, duty_fulfilled, state \
     FROM penalty WHERE credit_code = $1 AND decision_number = $2",
);
pub(super) const UNFULFILLED: Sql =
    Sql::both("SELECT COUNT(*) FROM penalty WHERE credit_code = $1 AND duty_fulfilled = $2");
pub(super) const MARK: Sql =
    Sql::both("UPDATE penalty SET state = $2, changed_at = $3 WHERE decision_number = $1");
pub(super) const DECIDE: Sql = Sql::both(
    "INSERT INTO repair_decision (repair_number, decision_number, credit_code, commitment_number, \
     state, decided_at, changed_at) VALUES ($1, $2, $3, $4, 'in_force', $5, $5)",
);
pub(super) const DECISION: Sql =
    Sql::both("SELECT state FROM repair_decision WHERE repair_number = $1");
pub(super) const MARK_DECISION: Sql =
    Sql::both("UPDATE repair_decision SET state = $2, changed_at = $3 WHERE repair_number = $1");
pub(super) const REPAIR: Sql = Sql::both(
    "UPDATE penalty SET state = 'repaired', changed_at = $2 \
     WHERE credit_code = $1 AND state = 'repair_decided'",
);
pub(super) const COMPLETE: Sql = Sql::both(
    "UPDATE repair_decision SET state = 'completed', changed_at = $2 \
     WHERE credit_code = $1 AND state = 'in_force'",
);
pub(super) const ENTER: Sql = Sql::both(
    "INSERT INTO publicity_entry (synchronisation_number, credit_code, certificate_number, records, \
     entered_at) VALUES ($1, $2, $3, $4, $5)",
);

/// The state of a record that is published and not repaired.
pub(crate) const PUBLISHED: &str = "published";
/// The state of a record whose repair is decided.
pub(crate) const REPAIR_DECIDED: &str = "repair_decided";

/// A record of a penalty.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Penalty {
    pub(crate) decision_number: String,
    pub(crate) body: String,
    pub(crate) class: String,
    pub(crate) decided_on: String,
    pub(crate) fine_fen: i64,
    pub(crate) bill_number: String,
    pub(crate) duty_fulfilled: bool,
    pub(crate) state: String,
}

/// A new decision to repair a record.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) repair_number: &'a str,
    pub(crate) decision_number: &'a str,
    pub(crate) credit_code: &'a str,
    pub(crate) commitment_number: &'a str,
}

/// The records of an enterprise that are not repaired, by the day of their decisions.
pub(crate) async fn of(db: &Db, credit_code: &str) -> Result<Vec<Penalty>, Error> {
    db.fetch_all(OF, args![credit_code]).await
}

/// A record of an enterprise.
pub(crate) async fn read(
    db: &Db,
    credit_code: &str,
    decision_number: &str,
) -> Result<Option<Penalty>, Error> {
    db.fetch_optional(FIND, args![credit_code, decision_number])
        .await
}

/// A record of an enterprise that the caller has locked.
pub(crate) async fn find(
    tx: &mut Tx,
    credit_code: &str,
    decision_number: &str,
) -> Result<Option<Penalty>, Error> {
    tx.fetch_optional(FIND, args![credit_code, decision_number])
        .await
}

/// How many penalties of an enterprise have duties that are not fulfilled.
pub(crate) async fn unfulfilled(tx: &mut Tx, credit_code: &str) -> Result<i64, Error> {
    let (count,): (i64,) = tx.fetch_one(UNFULFILLED, args![credit_code, false]).await?;
    Ok(count)
}

/// As [`unfulfilled`], without locks.
pub(crate) async fn read_unfulfilled(db: &Db, credit_code: &str) -> Result<i64, Error> {
    let (count,): (i64,) = db.fetch_one(UNFULFILLED, args![credit_code, false]).await?;
    Ok(count)
}

/// Enters a decision in force and marks its record.
pub(crate) async fn decide(tx: &mut Tx, new: &Decision<'_>, at: i64) -> Result<(), Error> {
    let args = args![
        new.repair_number,
        new.decision_number,
        new.credit_code,
        new.commitment_number,
        at,
    ];
    tx.execute(DECIDE, args).await?;
    tx.execute(MARK, args![new.decision_number, REPAIR_DECIDED, at])
        .await
        .map(drop)
}

/// The state of a decision.
pub(crate) async fn decision(tx: &mut Tx, repair_number: &str) -> Result<Option<String>, Error> {
    let row: Option<(String,)> = tx.fetch_optional(DECISION, args![repair_number]).await?;
    Ok(row.map(|(state,)| state))
}

/// Withdraws a decision: its record is published as before.
pub(crate) async fn withdraw(
    tx: &mut Tx,
    repair_number: &str,
    decision_number: &str,
    at: i64,
) -> Result<(), Error> {
    let annulled = State::Annulled.as_str();
    tx.execute(MARK_DECISION, args![repair_number, annulled, at])
        .await?;
    tx.execute(MARK, args![decision_number, PUBLISHED, at])
        .await
        .map(drop)
}

/// Marks the records of an enterprise whose repair is decided as repaired, and tells how many.
pub(crate) async fn repair(tx: &mut Tx, credit_code: &str, at: i64) -> Result<u64, Error> {
    tx.execute(COMPLETE, args![credit_code, at]).await?;
    tx.execute(REPAIR, args![credit_code, at]).await
}

/// Enters in the publicity system that records are repaired.
pub(crate) async fn enter(
    tx: &mut Tx,
    synchronisation_number: &str,
    credit_code: &str,
    certificate_number: &str,
    records: i64,
    at: i64,
) -> Result<(), Error> {
    let args = args![
        synchronisation_number,
        credit_code,
        certificate_number,
        records,
        at
    ];
    tx.execute(ENTER, args).await.map(drop)
}
