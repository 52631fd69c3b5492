//! Many vehicles at once, for a register that begins with a population. What is there stays.

use onething_db::{Result, Sql, Tx, args};
use serde::Serialize;
use serde_json::json;

const VEHICLES: Sql = Sql::each(
    "INSERT INTO vehicle (vin, registration_number, plate, model, energy, displacement_ml, \
     first_registered_on, deregistered_on) \
     SELECT value ->> 'vin', value ->> 'registration_number', value ->> 'plate', \
     value ->> 'model', value ->> 'energy', value ->> 'displacement_ml', \
     value ->> 'first_registered_on', value ->> 'deregistered_on' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO vehicle (vin, registration_number, plate, model, energy, displacement_ml, \
     first_registered_on, deregistered_on) \
     SELECT vin, registration_number, plate, model, energy, displacement_ml, \
     first_registered_on, deregistered_on \
     FROM jsonb_to_recordset($1) AS item (vin TEXT, registration_number TEXT, plate TEXT, \
     model TEXT, energy TEXT, displacement_ml BIGINT, first_registered_on TEXT, \
     deregistered_on TEXT) ON CONFLICT DO NOTHING",
);
const OWNERS: Sql = Sql::each(
    "INSERT INTO vehicle_ownership (vin, position, owner, owned_since, transferred_on) \
     SELECT value ->> 'vin', 1, value ->> 'owner', value ->> 'owned_since', \
     value ->> 'transferred_on' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO vehicle_ownership (vin, position, owner, owned_since, transferred_on) \
     SELECT vin, 1, owner, owned_since, transferred_on \
     FROM jsonb_to_recordset($1) AS item (vin TEXT, owner TEXT, owned_since TEXT, \
     transferred_on TEXT) ON CONFLICT DO NOTHING",
);
const PLATES: Sql = Sql::each(
    "INSERT INTO plate_reservation (reservation_number, plate, vin, owner, reserved_until, state, \
     reserved_at) \
     SELECT 'YX-' || (value ->> 'vin'), value ->> 'plate', value ->> 'vin', value ->> 'owner', \
     value ->> 'first_registered_on', \
     CASE WHEN value ->> 'deregistered_on' IS NULL THEN 'used' ELSE 'released' END, $2 \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO plate_reservation (reservation_number, plate, vin, owner, reserved_until, state, \
     reserved_at) \
     SELECT 'YX-' || vin, plate, vin, owner, first_registered_on, \
     CASE WHEN deregistered_on IS NULL THEN 'used' ELSE 'released' END, $2 \
     FROM jsonb_to_recordset($1) AS item (vin TEXT, plate TEXT, owner TEXT, \
     first_registered_on TEXT, deregistered_on TEXT) ON CONFLICT DO NOTHING",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[VEHICLES, OWNERS, PLATES];

/// How many rows one statement takes.
const BATCH: usize = 1_000;

/// A registered vehicle with its owner.
#[derive(Serialize)]
pub(crate) struct Vehicle {
    pub(crate) vin: String,
    pub(crate) registration_number: String,
    pub(crate) plate: String,
    pub(crate) model: String,
    pub(crate) energy: String,
    pub(crate) displacement_ml: i64,
    /// YYYY-MM-DD, as every day here.
    pub(crate) first_registered_on: String,
    pub(crate) deregistered_on: Option<String>,
    pub(crate) owner: String,
    pub(crate) owned_since: String,
    pub(crate) transferred_on: Option<String>,
}

/// Enters vehicles, their owners and their plate numbers.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn add_vehicles(tx: &mut Tx, vehicles: &[Vehicle], at: i64) -> Result<()> {
    for batch in vehicles.chunks(BATCH) {
        tx.execute(VEHICLES, args![json!(batch)]).await?;
        tx.execute(OWNERS, args![json!(batch)]).await?;
        tx.execute(PLATES, args![json!(batch), at]).await?;
    }
    Ok(())
}
