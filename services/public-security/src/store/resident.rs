//! Residents: the living and the dead.

use onething_db::{Db, Error, Sql, Tx, args};
use onething_proto::public_security;

const FIND: Sql = Sql::both(
    "SELECT resident.name, resident.ethnicity, household_member.household_id, \
     household_member.relation \
     FROM resident LEFT JOIN household_member ON household_member.id_number = resident.id_number \
     WHERE resident.id_number = $1",
);
const READ: Sql = Sql::both(
    "SELECT resident.id_number, resident.name, resident.sex, resident.birth_date, \
     COALESCE(household_member.household_id, '') AS household_id, \
     COALESCE(household_member.relation, '') AS relation, \
     COALESCE(birth_registration.registration_number, '') AS registration_number, \
     COALESCE(birth_registration.birth_certificate_number, '') AS birth_certificate_number \
     FROM resident \
     LEFT JOIN household_member ON household_member.id_number = resident.id_number \
     LEFT JOIN birth_registration ON birth_registration.id_number = resident.id_number \
     WHERE resident.id_number = $1",
);
const INSERT: Sql = Sql::both(
    "INSERT INTO resident (id_number, name, sex, birth_date, ethnicity, state) \
     VALUES ($1, $2, $3, $4, $5, 'registered')",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[FIND, READ, INSERT];

/// A resident as a parent.
#[derive(sqlx::FromRow)]
pub(crate) struct Resident {
    pub(crate) name: String,
    /// GB/T 3304.
    pub(crate) ethnicity: Option<String>,
    household_id: Option<String>,
    relation: Option<String>,
}

impl Resident {
    /// The relation to the head of a household; `None` for who is not a member of it.
    pub(crate) fn member_of(&self, household_id: &str) -> Option<&str> {
        let member = self.household_id.as_deref() == Some(household_id);
        self.relation.as_deref().filter(|_| member)
    }
}

/// A resident with the registration.
#[derive(sqlx::FromRow)]
pub(crate) struct Registered {
    id_number: String,
    name: String,
    sex: String,
    birth_date: String,
    household_id: String,
    relation: String,
    registration_number: String,
    birth_certificate_number: String,
}

impl From<Registered> for public_security::Resident {
    fn from(resident: Registered) -> Self {
        Self {
            id_number: resident.id_number,
            name: resident.name,
            sex: resident.sex,
            birth_date: resident.birth_date,
            household_id: resident.household_id,
            relation: resident.relation,
            registration_number: resident.registration_number,
            birth_certificate_number: resident.birth_certificate_number,
        }
    }
}

/// A resident to enter.
#[derive(Clone, Copy)]
pub(crate) struct NewResident<'a> {
    pub(crate) id_number: &'a str,
    pub(crate) name: &'a str,
    /// GB/T 2261.1.
    pub(crate) sex: &'a str,
    /// YYYY-MM-DD.
    pub(crate) birth_date: &'a str,
    /// GB/T 3304.
    pub(crate) ethnicity: Option<&'a str>,
}

/// Reads a resident within a transaction.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn find(tx: &mut Tx, id_number: &str) -> Result<Option<Resident>, Error> {
    tx.fetch_optional(FIND, args![id_number]).await
}

/// Reads a resident with the registration.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, id_number: &str) -> Result<Option<Registered>, Error> {
    db.fetch_optional(READ, args![id_number]).await
}

/// Enters a resident.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insert(tx: &mut Tx, resident: NewResident<'_>) -> Result<(), Error> {
    let args = args![
        resident.id_number,
        resident.name,
        resident.sex,
        resident.birth_date,
        resident.ethnicity
    ];
    tx.execute(INSERT, args).await.map(drop)
}
