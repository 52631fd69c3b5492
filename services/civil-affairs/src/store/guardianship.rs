//! Appointed guardians, and children who receive assistance.

use onething_db::{Db, Error, Sql, args};

const APPOINTED: Sql = Sql::both(
    "SELECT COUNT(*) FROM guardianship WHERE child_id_number = $1 AND guardian_id_number = $2 \
     AND state = 'in_force'",
);
const STATUS: Sql = Sql::both("SELECT status FROM assistance WHERE child_id_number = $1");

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[APPOINTED, STATUS];

/// Whether a person was appointed a child's guardian.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn appointed(db: &Db, child: &str, guardian: &str) -> Result<bool, Error> {
    let (count,): (i64,) = db.fetch_one(APPOINTED, args![child, guardian]).await?;
    Ok(count > 0)
}

/// The assistance that a child receives: `none`, `orphan` or `low_income`.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn status(db: &Db, child: &str) -> Result<String, Error> {
    let found: Option<(String,)> = db.fetch_optional(STATUS, args![child]).await?;
    Ok(found.map_or_else(|| "none".to_owned(), |(status,)| status))
}
