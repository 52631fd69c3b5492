//! Parents and children, from birth registrations and from before them; residence permits.

use onething_db::{Db, Error, Sql, args};

const PARENTS: Sql = Sql::both(
    "SELECT parent_id_number AS parent FROM parentage WHERE child_id_number = $1 \
     UNION SELECT mother_id_number AS parent FROM birth_registration \
     WHERE id_number = $1 AND state = 'registered' AND mother_id_number IS NOT NULL \
     UNION SELECT father_id_number AS parent FROM birth_registration \
     WHERE id_number = $1 AND state = 'registered' AND father_id_number IS NOT NULL",
);
const CHILDREN: Sql = Sql::both(
    "SELECT resident.id_number FROM resident JOIN ( \
     SELECT child_id_number AS child FROM parentage WHERE parent_id_number = $1 \
     UNION SELECT id_number AS child FROM birth_registration \
     WHERE mother_id_number = $1 AND state = 'registered' \
     UNION SELECT id_number AS child FROM birth_registration \
     WHERE father_id_number = $1 AND state = 'registered') AS known \
     ON known.child = resident.id_number ORDER BY resident.birth_date, resident.id_number",
);
const REGISTERED: Sql = Sql::both("SELECT COUNT(*) FROM resident WHERE id_number = $1");
const PERMIT: Sql =
    Sql::both("SELECT region, endorsed_to FROM residence_permit WHERE id_number = $1");

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[PARENTS, CHILDREN, REGISTERED, PERMIT];

/// A residence permit, endorsed yearly.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Permit {
    /// County-level division, GB/T 2260.
    pub(crate) region: String,
    /// YYYY-MM-DD, included.
    pub(crate) endorsed_to: String,
}

/// A person's parents.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn parents(db: &Db, child: &str) -> Result<Vec<String>, Error> {
    let found: Vec<(String,)> = db.fetch_all(PARENTS, args![child]).await?;
    Ok(found.into_iter().map(|(parent,)| parent).collect())
}

/// A person's children, in the order of their births.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn children(db: &Db, parent: &str) -> Result<Vec<String>, Error> {
    let found: Vec<(String,)> = db.fetch_all(CHILDREN, args![parent]).await?;
    Ok(found.into_iter().map(|(child,)| child).collect())
}

/// Whether a person is in the register.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn registered(db: &Db, id_number: &str) -> Result<bool, Error> {
    let (count,): (i64,) = db.fetch_one(REGISTERED, args![id_number]).await?;
    Ok(count > 0)
}

/// A person's residence permit, whether endorsed or not.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn permit(db: &Db, id_number: &str) -> Result<Option<Permit>, Error> {
    db.fetch_optional(PERMIT, args![id_number]).await
}
