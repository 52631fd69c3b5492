//! Households and their members.

use onething_db::{Db, Error, Sql, Tx, args};

const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT id, region, number_division FROM household WHERE id = $1",
    "SELECT id, region, number_division FROM household WHERE id = $1 FOR UPDATE",
);
const OF_MEMBER: Sql = Sql::both(
    "SELECT household.id, household.region, household.address, head.name AS head_name, \
     household_member.relation \
     FROM household_member \
     JOIN household ON household.id = household_member.household_id \
     JOIN resident AS head ON head.id_number = household.head_id_number \
     WHERE household_member.id_number = $1",
);
const JOIN: Sql = Sql::both(
    "INSERT INTO household_member (id_number, household_id, relation, joined_at) \
     VALUES ($1, $2, $3, $4)",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK, OF_MEMBER, JOIN];

/// A household as a birth registration needs it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Household {
    pub(crate) id: String,
    /// County-level division, GB/T 2260.
    pub(crate) region: String,
    /// The six digits with which the numbers of its newborns begin.
    pub(crate) number_division: String,
}

/// A household as its members see it.
#[derive(sqlx::FromRow)]
pub(crate) struct HouseholdOfMember {
    pub(crate) id: String,
    /// County-level division, GB/T 2260.
    pub(crate) region: String,
    pub(crate) address: String,
    pub(crate) head_name: String,
    /// The member's, to the head.
    pub(crate) relation: String,
}

/// A member to enter.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) id_number: &'a str,
    pub(crate) household_id: &'a str,
    /// To the head.
    pub(crate) relation: &'a str,
    /// Microseconds since the epoch.
    pub(crate) joined_at: i64,
}

/// Locks and reads a household.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Household>, Error> {
    tx.fetch_optional(LOCK, args![id]).await
}

/// The household of a person.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn of_member(
    db: &Db,
    id_number: &str,
) -> Result<Option<HouseholdOfMember>, Error> {
    db.fetch_optional(OF_MEMBER, args![id_number]).await
}

/// Enters a member in a household.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn join(tx: &mut Tx, member: Member<'_>) -> Result<(), Error> {
    let args = args![
        member.id_number,
        member.household_id,
        member.relation,
        member.joined_at
    ];
    tx.execute(JOIN, args).await.map(drop)
}
