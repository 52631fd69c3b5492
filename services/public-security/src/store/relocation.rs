//! Permits to move in, moves, and what follows from them.

use onething_db::{Error, Sql, Tx, args};

const MEMBER: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT household_id, relation FROM household_member WHERE id_number = $1",
    "SELECT household_id, relation FROM household_member WHERE id_number = $1 FOR UPDATE",
);
const CLOSED: Sql = Sql::both("SELECT COUNT(*) FROM household_closing WHERE household_id = $1");
const OPEN_PERMIT: Sql =
    Sql::both("SELECT COUNT(*) FROM move_permit WHERE id_number = $1 AND state = 'granted'");
const GRANT: Sql = Sql::both(
    "INSERT INTO move_permit (permit_number, id_number, from_household_id, to_household_id, \
     relation, certificate_number, state, granted_at, changed_at) \
     VALUES ($1, $2, $3, $4, $5, $6, 'granted', $7, $7)",
);
const PERMIT: Sql = Sql::each(
    "SELECT from_household_id, to_household_id, relation FROM move_permit \
     WHERE permit_number = $1 AND id_number = $2 AND state = 'granted'",
    "SELECT from_household_id, to_household_id, relation FROM move_permit \
     WHERE permit_number = $1 AND id_number = $2 AND state = 'granted' FOR UPDATE",
);
const MARK: Sql = Sql::both(
    "UPDATE move_permit SET state = $2, changed_at = $3 \
     WHERE permit_number = $1 AND state = 'granted'",
);
const MOVE: Sql = Sql::both(
    "UPDATE household_member SET household_id = $2, relation = $3, joined_at = $4 \
     WHERE id_number = $1",
);
const RECORD: Sql = Sql::both(
    "INSERT INTO household_move (move_number, permit_number, id_number, from_household_id, \
     from_relation, to_household_id, moved_on, moved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
const REMAINING: Sql = Sql::both(
    "SELECT household_member.id_number FROM household_member \
     JOIN resident ON resident.id_number = household_member.id_number \
     WHERE household_member.household_id = $1 ORDER BY resident.birth_date, resident.id_number",
);
const CLOSE: Sql =
    Sql::both("INSERT INTO household_closing (household_id, closed_at) VALUES ($1, $2)");
const HEAD: Sql = Sql::both("UPDATE household SET head_id_number = $2 WHERE id = $1");
const RELATIONS: Sql = Sql::both(
    "UPDATE household_member SET relation = CASE WHEN id_number = $2 THEN 'head' ELSE 'other' END \
     WHERE household_id = $1",
);
const PLACE: Sql = Sql::both("SELECT region, address FROM household WHERE id = $1");
const MOVED: Sql =
    Sql::both("SELECT COUNT(*) FROM household_move WHERE move_number = $1 AND id_number = $2");
const PAGE: Sql = Sql::both("SELECT page_number FROM booklet_page WHERE move_number = $1");
const ISSUE: Sql =
    Sql::both("INSERT INTO booklet_page (page_number, move_number, issued_at) VALUES ($1, $2, $3)");
const STATUS: Sql = Sql::both(
    "SELECT entry_number FROM marital_status WHERE id_number = $1 AND certificate_number = $2",
);
const MARRY: Sql = Sql::both(
    "INSERT INTO marital_status (id_number, certificate_number, entry_number, married_on, \
     entered_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[
    MEMBER,
    CLOSED,
    OPEN_PERMIT,
    GRANT,
    PERMIT,
    MARK,
    MOVE,
    RECORD,
    REMAINING,
    CLOSE,
    HEAD,
    RELATIONS,
    PLACE,
    MOVED,
    PAGE,
    ISSUE,
    STATUS,
    MARRY,
];

/// Of which household a person is a member.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Membership {
    pub(crate) household_id: String,
    pub(crate) relation: String,
}

/// A permit to grant.
#[derive(Clone, Copy)]
pub(crate) struct NewPermit<'a> {
    pub(crate) permit_number: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) from_household_id: &'a str,
    pub(crate) to_household_id: &'a str,
    /// To the head of the new household.
    pub(crate) relation: &'a str,
    pub(crate) certificate_number: &'a str,
    /// Microseconds since the epoch.
    pub(crate) granted_at: i64,
}

/// A permit that is granted and not used.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Permit {
    pub(crate) from_household_id: String,
    pub(crate) to_household_id: String,
    pub(crate) relation: String,
}

/// A move to record.
#[derive(Clone, Copy)]
pub(crate) struct NewMove<'a> {
    pub(crate) move_number: &'a str,
    pub(crate) permit_number: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) from: &'a Membership,
    pub(crate) to_household_id: &'a str,
    pub(crate) relation: &'a str,
    /// YYYY-MM-DD.
    pub(crate) moved_on: &'a str,
    /// Microseconds since the epoch.
    pub(crate) moved_at: i64,
}

/// Where a household is.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Place {
    pub(crate) region: String,
    pub(crate) address: String,
}

/// Locks and reads a person's membership.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn member(tx: &mut Tx, id_number: &str) -> Result<Option<Membership>, Error> {
    tx.fetch_optional(MEMBER, args![id_number]).await
}

/// Whether a household was closed.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn closed(tx: &mut Tx, household: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(CLOSED, args![household]).await?;
    Ok(count > 0)
}

/// Whether a locked person holds a permit that is not used.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn is_moving(tx: &mut Tx, id_number: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(OPEN_PERMIT, args![id_number]).await?;
    Ok(count > 0)
}

/// Grants a permit.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn grant(tx: &mut Tx, permit: NewPermit<'_>) -> Result<(), Error> {
    let args = args![
        permit.permit_number,
        permit.id_number,
        permit.from_household_id,
        permit.to_household_id,
        permit.relation,
        permit.certificate_number,
        permit.granted_at
    ];
    tx.execute(GRANT, args).await.map(drop)
}

/// Locks and reads a person's permit.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn permit(
    tx: &mut Tx,
    number: &str,
    mover: &str,
) -> Result<Option<Permit>, Error> {
    tx.fetch_optional(PERMIT, args![number, mover]).await
}

/// Withdraws a permit that is not used. One that is withdrawn already stays so.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn withdraw(tx: &mut Tx, number: &str, at: i64) -> Result<(), Error> {
    tx.execute(MARK, args![number, "withdrawn", at])
        .await
        .map(drop)
}

/// Moves a locked member, uses the permit up and records the move.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn relocate(tx: &mut Tx, new: NewMove<'_>) -> Result<(), Error> {
    let (id_number, to, at) = (new.id_number, new.to_household_id, new.moved_at);
    tx.execute(MOVE, args![id_number, to, new.relation, at])
        .await?;
    tx.execute(MARK, args![new.permit_number, "used", at])
        .await?;
    let args = args![
        new.move_number,
        new.permit_number,
        id_number,
        &new.from.household_id,
        &new.from.relation,
        to,
        new.moved_on,
        at
    ];
    tx.execute(RECORD, args).await.map(drop)
}

/// The members of a household, the eldest first.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn remaining(tx: &mut Tx, household: &str) -> Result<Vec<String>, Error> {
    let found: Vec<(String,)> = tx.fetch_all(REMAINING, args![household]).await?;
    Ok(found.into_iter().map(|(member,)| member).collect())
}

/// Closes a household without members.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn close(tx: &mut Tx, household: &str, at: i64) -> Result<(), Error> {
    tx.execute(CLOSE, args![household, at]).await.map(drop)
}

/// Gives a household a new head. What the others are to the new head is for the household to say.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn succeed(tx: &mut Tx, household: &str, head: &str) -> Result<(), Error> {
    tx.execute(HEAD, args![household, head]).await?;
    tx.execute(RELATIONS, args![household, head])
        .await
        .map(drop)
}

/// Where a household is.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn place(tx: &mut Tx, household: &str) -> Result<Place, Error> {
    tx.fetch_one(PLACE, args![household]).await
}

/// Whether a person moved under a number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn moved(tx: &mut Tx, move_number: &str, mover: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(MOVED, args![move_number, mover]).await?;
    Ok(count > 0)
}

/// The page that was issued for a move.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn page(tx: &mut Tx, move_number: &str) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = tx.fetch_optional(PAGE, args![move_number]).await?;
    Ok(found.map(|(page,)| page))
}

/// Issues a page for a move.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn issue_page(
    tx: &mut Tx,
    page_number: &str,
    move_number: &str,
    at: i64,
) -> Result<(), Error> {
    tx.execute(ISSUE, args![page_number, move_number, at])
        .await
        .map(drop)
}

/// The entry of a resident's marriage.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn status_entry(
    tx: &mut Tx,
    id_number: &str,
    certificate: &str,
) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = tx
        .fetch_optional(STATUS, args![id_number, certificate])
        .await?;
    Ok(found.map(|(entry,)| entry))
}

/// Enters a resident's marriage.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn enter_status(
    tx: &mut Tx,
    id_number: &str,
    certificate: &str,
    entry_number: &str,
    married_on: &str,
    at: i64,
) -> Result<(), Error> {
    let args = args![id_number, certificate, entry_number, married_on, at];
    tx.execute(MARRY, args).await.map(drop)
}
