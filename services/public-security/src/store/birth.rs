//! The entries of birth registrations. An entry that was cancelled stays and no longer counts.

use onething_db::{Error, Sql, Tx, args};

const REGISTERED: Sql = Sql::both(
    "SELECT COUNT(*) FROM birth_registration \
     WHERE birth_certificate_number = $1 AND state = 'registered'",
);
const INSERT: Sql = Sql::both(
    "INSERT INTO birth_registration (registration_number, birth_certificate_number, id_number, \
     household_id, mother_id_number, father_id_number, state, registered_on, registered_at) \
     VALUES ($1, $2, $3, $4, $5, $6, 'registered', $7, $8) \
     ON CONFLICT (birth_certificate_number) WHERE state = 'registered' DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[REGISTERED, INSERT];

/// An entry to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) registration_number: &'a str,
    pub(crate) birth_certificate_number: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) household_id: &'a str,
    pub(crate) mother_id_number: Option<&'a str>,
    pub(crate) father_id_number: Option<&'a str>,
    /// YYYY-MM-DD.
    pub(crate) registered_on: &'a str,
    /// Microseconds since the epoch.
    pub(crate) registered_at: i64,
}

/// Whether an entry in force has this birth certificate.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn registered(tx: &mut Tx, certificate: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(REGISTERED, args![certificate]).await?;
    Ok(count > 0)
}

/// Makes an entry, unless one in force has the same birth certificate. Waits for another
/// transaction that is making one.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, entry: Entry<'_>) -> Result<bool, Error> {
    let args = args![
        entry.registration_number,
        entry.birth_certificate_number,
        entry.id_number,
        entry.household_id,
        entry.mother_id_number,
        entry.father_id_number,
        entry.registered_on,
        entry.registered_at
    ];
    Ok(tx.execute(INSERT, args).await? == 1)
}
