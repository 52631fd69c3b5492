//! Vehicles: what each is, in whose name it is and was, what was issued for it, and which were
//! reported stolen.

use onething_db::{Db, Error, Sql, Tx, args};

const STOLEN: Sql = Sql::both(
    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM stolen_vehicle WHERE vin = $1) AS stolen",
);
const KNOWN: Sql =
    Sql::both("SELECT COUNT(*) FROM (SELECT 1 AS one FROM vehicle WHERE vin = $1) AS known");
const REGISTER: Sql = Sql::both(
    "INSERT INTO vehicle (vin, registration_number, plate, model, energy, displacement_ml, \
     first_registered_on) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (vin) DO NOTHING",
);
const FIRST_OWNER: Sql = Sql::both(
    "INSERT INTO vehicle_ownership (vin, position, owner, owned_since) VALUES ($1, 1, $2, $3)",
);
const OWNED: Sql = Sql::both(
    "SELECT vehicle.plate, vehicle.energy, vehicle.first_registered_on, vehicle.deregistered_on, \
     vehicle_ownership.owned_since, vehicle_ownership.transferred_on \
     FROM vehicle JOIN vehicle_ownership ON vehicle_ownership.vin = vehicle.vin \
     WHERE vehicle.vin = $1 AND vehicle_ownership.owner = $2 \
     ORDER BY vehicle_ownership.position DESC LIMIT 1",
);
const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT vin, registration_number FROM vehicle \
     WHERE registration_number = $1 AND deregistered_on IS NULL",
    "SELECT vin, registration_number FROM vehicle \
     WHERE registration_number = $1 AND deregistered_on IS NULL FOR UPDATE",
);
const LOCK_PLATE: Sql = Sql::each(
    "SELECT vin, registration_number FROM vehicle WHERE plate = $1 AND deregistered_on IS NULL",
    "SELECT vin, registration_number FROM vehicle WHERE plate = $1 AND deregistered_on IS NULL \
     FOR UPDATE",
);
const ISSUED: Sql = Sql::both(
    "SELECT number FROM vehicle_document WHERE kind = $1 AND registration_number = $2 \
     ORDER BY issued_at DESC LIMIT 1",
);
const ISSUE: Sql = Sql::both(
    "INSERT INTO vehicle_document (kind, number, registration_number, issued_on, issued_at) \
     VALUES ($1, $2, $3, $4, $5)",
);
const LEAVE: Sql = Sql::both(
    "UPDATE vehicle_ownership SET transferred_on = $2 WHERE vin = $1 AND transferred_on IS NULL",
);
const NEXT_OWNER: Sql = Sql::both(
    "INSERT INTO vehicle_ownership (vin, position, owner, owner_name, owned_since) \
     SELECT $1, COALESCE(MAX(position), 0) + 1, $2, $3, $4 FROM vehicle_ownership WHERE vin = $1",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[
    STOLEN,
    KNOWN,
    REGISTER,
    FIRST_OWNER,
    OWNED,
    LOCK,
    LOCK_PLATE,
    ISSUED,
    ISSUE,
    LEAVE,
    NEXT_OWNER,
];

/// What is asked of the register before a vehicle is registered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// Whether it was reported stolen.
    pub(crate) stolen: bool,
    /// Whether it is or was registered.
    pub(crate) known: bool,
}

/// A vehicle to register.
#[derive(Clone, Copy)]
pub(crate) struct NewVehicle<'a> {
    pub(crate) vin: &'a str,
    pub(crate) registration_number: &'a str,
    pub(crate) plate: &'a str,
    pub(crate) model: &'a str,
    pub(crate) energy: &'a str,
    pub(crate) displacement_ml: i64,
    pub(crate) owner: &'a str,
    /// YYYY-MM-DD.
    pub(crate) registered_on: &'a str,
}

/// A vehicle as one of its owners sees it.
#[derive(sqlx::FromRow)]
pub(crate) struct Owned {
    pub(crate) plate: String,
    pub(crate) energy: String,
    pub(crate) first_registered_on: String,
    pub(crate) deregistered_on: Option<String>,
    pub(crate) owned_since: String,
    pub(crate) transferred_on: Option<String>,
}

/// A registered vehicle that is locked.
#[derive(sqlx::FromRow)]
pub(crate) struct Locked {
    pub(crate) vin: String,
    pub(crate) registration_number: String,
}

/// A document to issue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Document<'a> {
    pub(crate) kind: &'a str,
    pub(crate) number: &'a str,
    pub(crate) registration_number: &'a str,
    /// YYYY-MM-DD.
    pub(crate) issued_on: &'a str,
    /// Microseconds since the epoch.
    pub(crate) issued_at: i64,
}

/// Reads how a number stands in the register.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn standing(db: &Db, vin: &str) -> Result<Standing, Error> {
    let (stolen,): (i64,) = db.fetch_one(STOLEN, args![vin]).await?;
    let (known,): (i64,) = db.fetch_one(KNOWN, args![vin]).await?;
    Ok(Standing {
        stolen: stolen > 0,
        known: known > 0,
    })
}

/// Reads it within a transaction. A new registration is guarded by its key besides.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn standing_now(tx: &mut Tx, vin: &str) -> Result<Standing, Error> {
    let (stolen,): (i64,) = tx.fetch_one(STOLEN, args![vin]).await?;
    let (known,): (i64,) = tx.fetch_one(KNOWN, args![vin]).await?;
    Ok(Standing {
        stolen: stolen > 0,
        known: known > 0,
    })
}

/// Registers a vehicle with its first owner; false when another call was faster.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn register(tx: &mut Tx, new: NewVehicle<'_>) -> Result<bool, Error> {
    let mut values = args![new.vin, new.registration_number, new.plate, new.model];
    values.extend(args![new.energy, new.displacement_ml, new.registered_on]);
    if tx.execute(REGISTER, values).await? == 0 {
        return Ok(false);
    }
    let values = args![new.vin, new.owner, new.registered_on];
    tx.execute(FIRST_OWNER, values).await?;
    Ok(true)
}

/// Whether a vehicle is or was registered at all.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn known(db: &Db, vin: &str) -> Result<bool, Error> {
    let (known,): (i64,) = db.fetch_one(KNOWN, args![vin]).await?;
    Ok(known > 0)
}

/// Reads a vehicle that is or was in an owner's name.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn owned(db: &Db, vin: &str, owner: &str) -> Result<Option<Owned>, Error> {
    db.fetch_optional(OWNED, args![vin, owner]).await
}

/// Locks a registered vehicle by the number of its registration.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, registration_number: &str) -> Result<Option<Locked>, Error> {
    tx.fetch_optional(LOCK, args![registration_number]).await
}

/// Locks a registered vehicle by its plate number.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock_plate(tx: &mut Tx, plate: &str) -> Result<Option<Locked>, Error> {
    tx.fetch_optional(LOCK_PLATE, args![plate]).await
}

/// The number of the last document of a kind that was issued for a locked vehicle.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn issued(
    tx: &mut Tx,
    kind: &str,
    registration_number: &str,
) -> Result<Option<String>, Error> {
    let found: Option<(String,)> = tx
        .fetch_optional(ISSUED, args![kind, registration_number])
        .await?;
    Ok(found.map(|(number,)| number))
}

/// Records a document.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn issue(tx: &mut Tx, document: Document<'_>) -> Result<(), Error> {
    let mut values = args![document.kind, document.number];
    values.extend(args![document.registration_number, document.issued_on]);
    values.extend(args![document.issued_at]);
    tx.execute(ISSUE, values).await.map(drop)
}

/// Enters another owner of a locked vehicle, since a day.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn hand_over(
    tx: &mut Tx,
    vin: &str,
    owner: &str,
    name: &str,
    on: &str,
) -> Result<(), Error> {
    tx.execute(LEAVE, args![vin, on]).await?;
    let values = args![vin, owner, name, on];
    tx.execute(NEXT_OWNER, values).await.map(drop)
}
