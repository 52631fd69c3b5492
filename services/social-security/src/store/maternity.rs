//! Employees' insurance as far as maternity benefit needs it, and the benefits that were granted.

use onething_db::{Db, Error, Sql, Tx, args};

const ENTITLED: Sql = Sql::both(
    "SELECT maternity_entitled FROM employee_insurance \
     WHERE id_number = $1 AND state = 'in_force'",
);
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT maternity_entitled FROM employee_insurance \
     WHERE id_number = $1 AND state = 'in_force'",
    "SELECT maternity_entitled FROM employee_insurance \
     WHERE id_number = $1 AND state = 'in_force' FOR UPDATE",
);
const OF_BIRTH: Sql = Sql::both(
    "SELECT benefit_number, id_number, amount_fen FROM maternity_benefit \
     WHERE birth_certificate_number = $1",
);
const INSERT: Sql = Sql::both(
    "INSERT INTO maternity_benefit (benefit_number, birth_certificate_number, id_number, \
     amount_fen, rule_from, granted_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (birth_certificate_number) DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[ENTITLED, LOCK, OF_BIRTH, INSERT];

/// A benefit that was granted.
#[derive(sqlx::FromRow)]
pub(crate) struct Benefit {
    pub(crate) benefit_number: String,
    pub(crate) id_number: String,
    pub(crate) amount_fen: i64,
}

/// A benefit to grant.
#[derive(Clone, Copy)]
pub(crate) struct NewBenefit<'a> {
    pub(crate) benefit_number: &'a str,
    pub(crate) birth_certificate_number: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) amount_fen: i64,
    /// YYYY-MM-DD.
    pub(crate) rule_from: &'a str,
    /// Microseconds since the epoch.
    pub(crate) granted_at: i64,
}

/// Whether a person is entitled to maternity benefit. Who is unknown is not.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn entitled(db: &Db, id_number: &str) -> Result<bool, Error> {
    let found: Option<(bool,)> = db.fetch_optional(ENTITLED, args![id_number]).await?;
    Ok(found.is_some_and(|(entitled,)| entitled))
}

/// Locks a mother's record and tells whether she is entitled.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, id_number: &str) -> Result<bool, Error> {
    let found: Option<(bool,)> = tx.fetch_optional(LOCK, args![id_number]).await?;
    Ok(found.is_some_and(|(entitled,)| entitled))
}

/// The benefit that was granted for a birth.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn of_birth(tx: &mut Tx, certificate: &str) -> Result<Option<Benefit>, Error> {
    tx.fetch_optional(OF_BIRTH, args![certificate]).await
}

/// Grants a benefit, unless one was granted for the same birth. Waits for another transaction that
/// is granting one.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, benefit: NewBenefit<'_>) -> Result<bool, Error> {
    let args = args![
        benefit.benefit_number,
        benefit.birth_certificate_number,
        benefit.id_number,
        benefit.amount_fen,
        benefit.rule_from,
        benefit.granted_at
    ];
    Ok(tx.execute(INSERT, args).await? == 1)
}
