//! Names in leagues and cities, and who has reserved them: for a change, a conversion or a move.

use onething_db::{Db, Error, Sql, Tx, args};

use super::{sequence, state::State};

pub(super) const RESERVED: Sql = Sql::both(
    "SELECT credit_code FROM name_reservation \
     WHERE name = $1 AND city = $2 AND state = 'in_force' AND reserved_until >= $3 \
     UNION ALL SELECT credit_code FROM relocation_acceptance \
     WHERE name = $1 AND city = $2 AND state = 'in_force'",
);
pub(super) const REGISTERED: Sql = Sql::both(
    "SELECT credit_code, registrar FROM enterprise WHERE name = $1 AND status = 'active'",
);
pub(super) const INSERT: Sql = Sql::both(
    "INSERT INTO name_reservation (reservation_number, credit_code, name, city, reserved_until, \
     state, reserved_at, changed_at) VALUES ($1, $2, $3, $4, $5, 'in_force', $6, $6)",
);
pub(super) const FIND: Sql = Sql::both(
    "SELECT name, reserved_until, state FROM name_reservation \
     WHERE reservation_number = $1 AND credit_code = $2",
);
pub(super) const MARK: Sql = Sql::both(
    "UPDATE name_reservation SET state = $2, changed_at = $3 WHERE reservation_number = $1",
);

/// A reservation, as later steps need it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Reservation {
    pub(crate) name: String,
    /// The last day, YYYY-MM-DD.
    pub(crate) reserved_until: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
}

/// A new reservation.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) reservation_number: &'a str,
    pub(crate) credit_code: &'a str,
    pub(crate) name: &'a str,
    /// The division of the league or city where it is reserved.
    pub(crate) city: &'a str,
    pub(crate) reserved_until: &'a str,
}

/// Lets nobody else reserve a name in a league or city until the transaction has ended, for whichever
/// purpose: all of them draw a number of the city's series here first.
pub(crate) async fn queue(tx: &mut Tx, city: &str) -> Result<(), Error> {
    sequence::next(tx, "NAME", city, 0).await.map(drop)
}

/// The codes of those who have reserved a name.
pub(crate) async fn reserved_by(
    tx: &mut Tx,
    name: &str,
    city: &str,
    today: &str,
) -> Result<Vec<String>, Error> {
    let rows: Vec<(String,)> = tx.fetch_all(RESERVED, args![name, city, today]).await?;
    Ok(rows.into_iter().map(|(code,)| code).collect())
}

/// As [`reserved_by`], at one moment and without locks.
pub(crate) async fn read_reserved_by(
    db: &Db,
    name: &str,
    city: &str,
    today: &str,
) -> Result<Vec<String>, Error> {
    let rows: Vec<(String,)> = db.fetch_all(RESERVED, args![name, city, today]).await?;
    Ok(rows.into_iter().map(|(code,)| code).collect())
}

/// The codes and registrars of the active enterprises with a name.
pub(crate) async fn registered(tx: &mut Tx, name: &str) -> Result<Vec<(String, String)>, Error> {
    tx.fetch_all(REGISTERED, args![name]).await
}

/// As [`registered`], without locks.
pub(crate) async fn read_registered(db: &Db, name: &str) -> Result<Vec<(String, String)>, Error> {
    db.fetch_all(REGISTERED, args![name]).await
}

/// Enters a reservation in force.
pub(crate) async fn insert(tx: &mut Tx, draft: &Draft<'_>, at: i64) -> Result<(), Error> {
    let args = args![
        draft.reservation_number,
        draft.credit_code,
        draft.name,
        draft.city,
        draft.reserved_until,
        at,
    ];
    tx.execute(INSERT, args).await.map(drop)
}

/// An enterprise's reservation with a number, in whatever state.
pub(crate) async fn find(
    tx: &mut Tx,
    reservation_number: &str,
    credit_code: &str,
) -> Result<Option<Reservation>, Error> {
    tx.fetch_optional(FIND, args![reservation_number, credit_code])
        .await
}

/// Marks a reservation. Out of force it keeps no name.
pub(crate) async fn mark(
    tx: &mut Tx,
    reservation_number: &str,
    state: State,
    at: i64,
) -> Result<(), Error> {
    tx.execute(MARK, args![reservation_number, state.as_str(), at])
        .await
        .map(drop)
}
