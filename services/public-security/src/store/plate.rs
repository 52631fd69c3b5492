//! Plate numbers: who holds each, and who did.

use onething_db::{Error, Sql, Tx, args};

const LAPSE: Sql = Sql::both(
    "UPDATE plate_reservation SET state = 'lapsed' \
     WHERE plate = $1 AND state = 'reserved' AND reserved_until < $2",
);
const RESERVE: Sql = Sql::both(
    "INSERT INTO plate_reservation (reservation_number, plate, vin, owner, reserved_until, state, \
     reserved_at) VALUES ($1, $2, $3, $4, $5, 'reserved', $6) \
     ON CONFLICT (plate) WHERE state IN ('reserved', 'used') DO NOTHING",
);
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT plate, vin, owner, reserved_until FROM plate_reservation \
     WHERE reservation_number = $1 AND state = 'reserved'",
    "SELECT plate, vin, owner, reserved_until FROM plate_reservation \
     WHERE reservation_number = $1 AND state = 'reserved' FOR UPDATE",
);
const USE: Sql =
    Sql::both("UPDATE plate_reservation SET state = 'used' WHERE reservation_number = $1");
const RELEASE: Sql = Sql::both(
    "UPDATE plate_reservation SET state = 'released' \
     WHERE reservation_number = $1 AND state = 'reserved'",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LAPSE, RESERVE, LOCK, USE, RELEASE];

/// A reservation to make.
#[derive(Clone, Copy)]
pub(crate) struct NewReservation<'a> {
    pub(crate) number: &'a str,
    pub(crate) plate: &'a str,
    pub(crate) vin: &'a str,
    pub(crate) owner: &'a str,
    /// YYYY-MM-DD.
    pub(crate) until: &'a str,
    /// Microseconds since the epoch.
    pub(crate) at: i64,
}

/// A reservation that holds.
#[derive(sqlx::FromRow)]
pub(crate) struct Reservation {
    pub(crate) plate: String,
    pub(crate) vin: String,
    pub(crate) owner: String,
    pub(crate) reserved_until: String,
}

/// Reserves a number; false when somebody holds it. A reservation whose time is over holds nothing.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn reserve(
    tx: &mut Tx,
    new: NewReservation<'_>,
    today: &str,
) -> Result<bool, Error> {
    tx.execute(LAPSE, args![new.plate, today]).await?;
    let mut values = args![new.number, new.plate, new.vin, new.owner];
    values.extend(args![new.until, new.at]);
    Ok(tx.execute(RESERVE, values).await? == 1)
}

/// Locks and reads a reservation that was neither used nor released.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, number: &str) -> Result<Option<Reservation>, Error> {
    tx.fetch_optional(LOCK, args![number]).await
}

/// Gives a locked reservation's number to its vehicle for good.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn use_up(tx: &mut Tx, number: &str) -> Result<(), Error> {
    tx.execute(USE, args![number]).await.map(drop)
}

/// Releases a reservation, if it still holds.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn release(tx: &mut Tx, number: &str) -> Result<(), Error> {
    tx.execute(RELEASE, args![number]).await.map(drop)
}
