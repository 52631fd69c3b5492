//! Reserving a plate number (选号): a free one, or the one that the owner made up. Undoing it
//! releases the number; without that it lapses by itself.

use async_trait::async_trait;
use jiff::ToSpan;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::public_security::{ReservePlateRequest, ReservePlateResponse};

use super::plate_rule::Fitting;
use crate::{
    day::day,
    store::{
        plate::{self, NewReservation},
        sequence, vehicle,
    },
    value::{resident_number, value},
};

/// How many days a reservation holds besides its own. The case that made it takes minutes; the rest
/// is for a department that is down in between.
const RESERVED_DAYS: i64 = 3;
/// How often another number is picked when one is taken.
const ATTEMPTS: u64 = 64;

/// Reserves a plate number.
pub(crate) struct ReservePlate;

#[async_trait]
impl Action for ReservePlate {
    const METHOD: &'static str = "onething.public_security.v1.VehicleService/ReservePlate";
    type Request = ReservePlateRequest;
    type Response = ReservePlateResponse;
    /// The number of the reservation.
    type Record = String;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, String>, Stop> {
        let owner = resident_number("owner_id_number", &request.owner_id_number)?;
        let vin = value("vehicle.vin", "vin", &request.vin)?;
        let office = value("vehicle.office", "office", &request.office)?;
        let energy = value("vehicle.energy", "energy", &request.energy)?;
        let style = value("vehicle.plate_style", "style", &request.style)?;
        if vehicle::standing_now(tx, &vin).await?.known {
            let message = "The vehicle has a plate number already.";
            return Err(Refusal::new("VIN_ALREADY_REGISTERED", message)
                .about("vin")
                .into());
        }
        let fitting = Fitting {
            office: &office,
            new_energy: request.new_energy,
            energy: &energy,
        };
        let today = day(call.at)?;
        let until = today.saturating_add(RESERVED_DAYS.days()).to_string();
        let today = today.to_string();
        let serial = sequence::next(tx, "plate-reservation", 1).await?;
        let number = format!("YX{serial:010}");
        let reservation = NewReservation {
            number: &number,
            plate: "",
            vin: &vin,
            owner: &owner,
            until: &until,
            at: call.at,
        };
        let wanted = request.wanted.as_deref().filter(|text| !text.is_empty());
        let reserved = match (style.as_str(), wanted) {
            ("self_made", Some(wanted)) => {
                let wanted = fitting.admit(wanted)?;
                let free = reserve(tx, reservation, &wanted, &today).await?;
                if !free {
                    let message = "Somebody holds this number.";
                    return Err(Refusal::new("PLATE_TAKEN", message).about("wanted").into());
                }
                wanted
            }
            ("self_made", None) => {
                return Err(Refusal::invalid("wanted", "say which number you made up").into());
            }
            _ => {
                let mut attempts = 0..ATTEMPTS;
                loop {
                    let attempt = attempts.next().ok_or_else(exhausted)?;
                    let picked = fitting.pick(&vin, attempt)?;
                    if reserve(tx, reservation, &picked, &today).await? {
                        break picked;
                    }
                }
            }
        };
        Ok(Effect {
            response: ReservePlateResponse {
                plate: reserved,
                reservation_number: number.clone(),
                reserved_until: until.clone(),
            },
            record: number,
        })
    }

    async fn annul(&self, tx: &mut Tx, _at: i64, number: String) -> Result<Annulled, Fault> {
        plate::release(tx, &number).await?;
        Ok(Annulled::Done)
    }
}

/// Reserves a number; false when somebody holds it.
async fn reserve(
    tx: &mut Tx,
    reservation: NewReservation<'_>,
    plate: &str,
    today: &str,
) -> Result<bool, onething_db::Error> {
    plate::reserve(
        tx,
        NewReservation {
            plate,
            ..reservation
        },
        today,
    )
    .await
}

fn exhausted() -> Refusal {
    Refusal::new(
        "PLATES_EXHAUSTED",
        "No free number was found at this office; choose one of your own.",
    )
}
