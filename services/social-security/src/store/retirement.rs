//! Pension accounts, examinations of archives, approvals of retirement and their effects.

use onething_db::{Db, Error, Sql, Tx, args};

const READ: Sql = Sql::both(
    "SELECT category, months, deemed_months, index_permille, balance_fen, medical_months, archive, \
     retired_on FROM pension_account WHERE id_number = $1",
);
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT category, months, deemed_months, index_permille, balance_fen, medical_months, archive, \
     retired_on FROM pension_account WHERE id_number = $1",
    "SELECT category, months, deemed_months, index_permille, balance_fen, medical_months, archive, \
     retired_on FROM pension_account WHERE id_number = $1 FOR UPDATE",
);
const EXAMINED: Sql = Sql::both(
    "SELECT COUNT(*) FROM archive_examination WHERE id_number = $1 AND state = 'concluded'",
);
const CONCLUDE: Sql = Sql::both(
    "INSERT INTO archive_examination (examination_number, id_number, deemed_months, public_from, \
     public_to, state, concluded_at, changed_at) VALUES ($1, $2, $3, $4, $5, 'concluded', $6, $6)",
);
const EXAMINATION: Sql = Sql::both(
    "SELECT deemed_months FROM archive_examination WHERE examination_number = $1 \
     AND id_number = $2 AND state = 'concluded'",
);
const PERIOD: Sql = Sql::both(
    "SELECT public_from, public_to FROM archive_examination WHERE examination_number = $1 \
     AND id_number = $2 AND state = 'concluded'",
);
const PUBLISHED: Sql = Sql::both(
    "SELECT COUNT(*) FROM archive_publicity WHERE examination_number = $1 AND state = 'ended'",
);
const END_PUBLICITY: Sql = Sql::both(
    "INSERT INTO archive_publicity (publicity_number, examination_number, public_from, public_to, \
     state, ended_at, changed_at) VALUES ($1, $2, $3, $4, 'ended', $5, $5)",
);
const WITHDRAW_PUBLICITY: Sql = Sql::both(
    "UPDATE archive_publicity SET state = 'withdrawn', changed_at = $2 \
     WHERE publicity_number = $1 AND state = 'ended'",
);
const WITHDRAW: Sql = Sql::both(
    "UPDATE archive_examination SET state = 'withdrawn', changed_at = $2 \
     WHERE examination_number = $1 AND state = 'concluded'",
);
const APPROVE: Sql = Sql::both(
    "INSERT INTO retirement (approval_number, id_number, kind, statutory_on, retired_on, \
     deemed_months, examination_number, state, approved_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'in_force', $8)",
);
const RETIRE: Sql = Sql::both("UPDATE pension_account SET retired_on = $2 WHERE id_number = $1");
const APPROVAL: Sql = Sql::both(
    "SELECT retired_on, deemed_months FROM retirement \
     WHERE approval_number = $1 AND id_number = $2 AND state = 'in_force'",
);
const EFFECT: Sql = Sql::both(
    "SELECT number, amount, detail FROM retirement_effect \
     WHERE approval_number = $1 AND kind = $2",
);
const TAKE: Sql = Sql::both(
    "INSERT INTO retirement_effect (approval_number, kind, number, amount, detail, taken_at) \
     VALUES ($1, $2, $3, $4, $5, $6)",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[
    READ,
    LOCK,
    EXAMINED,
    CONCLUDE,
    EXAMINATION,
    PERIOD,
    PUBLISHED,
    END_PUBLICITY,
    WITHDRAW_PUBLICITY,
    WITHDRAW,
    APPROVE,
    RETIRE,
    APPROVAL,
    EFFECT,
    TAKE,
];

/// What an employee paid, and what the archive says.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Account {
    pub(crate) category: String,
    pub(crate) months: i64,
    /// As recorded, before any examination.
    pub(crate) deemed_months: i64,
    pub(crate) index_permille: i64,
    pub(crate) balance_fen: i64,
    pub(crate) medical_months: i64,
    /// Whether the employer handed the personnel archive in.
    pub(crate) archive: bool,
    /// YYYY-MM-DD.
    pub(crate) retired_on: Option<String>,
}

/// An examination that is concluded.
#[derive(Clone, Copy)]
pub(crate) struct NewExamination<'a> {
    pub(crate) examination_number: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) deemed_months: i64,
    /// YYYY-MM-DD.
    pub(crate) public_from: &'a str,
    /// YYYY-MM-DD.
    pub(crate) public_to: &'a str,
    /// Microseconds since the epoch.
    pub(crate) concluded_at: i64,
}

/// From when to when a finding is public.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Period {
    /// YYYY-MM-DD.
    pub(crate) public_from: String,
    /// YYYY-MM-DD.
    pub(crate) public_to: String,
}

/// An approval to give.
#[derive(Clone, Copy)]
pub(crate) struct NewApproval<'a> {
    pub(crate) approval_number: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) kind: &'a str,
    /// YYYY-MM-DD.
    pub(crate) statutory_on: &'a str,
    /// YYYY-MM-DD.
    pub(crate) retired_on: &'a str,
    pub(crate) deemed_months: i64,
    pub(crate) examination_number: &'a str,
    /// Microseconds since the epoch.
    pub(crate) approved_at: i64,
}

/// An approval in force.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Approval {
    /// YYYY-MM-DD.
    pub(crate) retired_on: String,
    pub(crate) deemed_months: i64,
}

/// What followed from an approval.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Effect {
    pub(crate) number: String,
    /// The pension a month, in fen, or months of medical insurance still to be paid.
    pub(crate) amount: i64,
    /// The first day paid, the card, or the community's division.
    pub(crate) detail: String,
}

/// A person's account.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, id_number: &str) -> Result<Option<Account>, Error> {
    db.fetch_optional(READ, args![id_number]).await
}

/// Locks and reads a person's account.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, id_number: &str) -> Result<Option<Account>, Error> {
    tx.fetch_optional(LOCK, args![id_number]).await
}

/// Whether a locked person's archive was examined.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn examined(tx: &mut Tx, id_number: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(EXAMINED, args![id_number]).await?;
    Ok(count > 0)
}

/// Concludes an examination.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn conclude(tx: &mut Tx, new: NewExamination<'_>) -> Result<(), Error> {
    let args = args![
        new.examination_number,
        new.id_number,
        new.deemed_months,
        new.public_from,
        new.public_to,
        new.concluded_at
    ];
    tx.execute(CONCLUDE, args).await.map(drop)
}

/// The months that a locked person's examination found, if it has this number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn examination(
    tx: &mut Tx,
    number: &str,
    id_number: &str,
) -> Result<Option<i64>, Error> {
    let found: Option<(i64,)> = tx
        .fetch_optional(EXAMINATION, args![number, id_number])
        .await?;
    Ok(found.map(|(months,)| months))
}

/// Withdraws an examination. One that is withdrawn already stays so.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn withdraw(tx: &mut Tx, number: &str, at: i64) -> Result<(), Error> {
    tx.execute(WITHDRAW, args![number, at]).await.map(drop)
}

/// The period of a locked person's concluded examination, if it has this number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn period(
    tx: &mut Tx,
    examination: &str,
    id_number: &str,
) -> Result<Option<Period>, Error> {
    tx.fetch_optional(PERIOD, args![examination, id_number])
        .await
}

/// Whether the publicity of a locked person's examination ended.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn published(tx: &mut Tx, examination: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(PUBLISHED, args![examination]).await?;
    Ok(count > 0)
}

/// Ends the publicity of a locked person's examination.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn end_publicity(
    tx: &mut Tx,
    number: &str,
    examination: &str,
    period: &Period,
    at: i64,
) -> Result<(), Error> {
    let (from, to) = (&period.public_from, &period.public_to);
    let args = args![number, examination, from, to, at];
    tx.execute(END_PUBLICITY, args).await.map(drop)
}

/// Withdraws a publicity. One that is withdrawn already stays so.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn withdraw_publicity(tx: &mut Tx, number: &str, at: i64) -> Result<(), Error> {
    let args = args![number, at];
    tx.execute(WITHDRAW_PUBLICITY, args).await.map(drop)
}

/// Approves a locked person's retirement.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn approve(tx: &mut Tx, new: NewApproval<'_>) -> Result<(), Error> {
    let args = args![
        new.approval_number,
        new.id_number,
        new.kind,
        new.statutory_on,
        new.retired_on,
        new.deemed_months,
        new.examination_number,
        new.approved_at
    ];
    tx.execute(APPROVE, args).await?;
    tx.execute(RETIRE, args![new.id_number, new.retired_on])
        .await
        .map(drop)
}

/// A locked person's approval, if it has this number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn approval(
    tx: &mut Tx,
    number: &str,
    id_number: &str,
) -> Result<Option<Approval>, Error> {
    tx.fetch_optional(APPROVAL, args![number, id_number]).await
}

/// What followed from an approval before, of one kind.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn effect(
    tx: &mut Tx,
    approval: &str,
    kind: &str,
) -> Result<Option<Effect>, Error> {
    tx.fetch_optional(EFFECT, args![approval, kind]).await
}

/// Keeps what follows from an approval.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn take(
    tx: &mut Tx,
    approval: &str,
    kind: &str,
    effect: &Effect,
    at: i64,
) -> Result<(), Error> {
    let args = args![
        approval,
        kind,
        &effect.number,
        effect.amount,
        &effect.detail,
        at
    ];
    tx.execute(TAKE, args).await.map(drop)
}
