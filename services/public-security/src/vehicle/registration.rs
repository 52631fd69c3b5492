//! Registering a new vehicle (注册登记). A pivot: it is undone only by cancelling or revoking the
//! registration. Since 2025-11-01 domestic small passenger cars for private use are registered upon
//! data alone; any other goes to the window with an inspection.

use async_trait::async_trait;
use jiff::civil::Date;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Fault, Refusal, Stop};
use onething_proto::public_security::{RegisterVehicleRequest, RegisterVehicleResponse};

use crate::{
    day::day,
    store::{
        plate::{self, Reservation},
        sequence,
        vehicle::{self, NewVehicle, Standing},
    },
    value::{resident_number, value},
};

/// Registers a vehicle.
pub(crate) struct RegisterVehicle;

/// A request whose values are well formed.
#[derive(Debug)]
struct Application {
    owner: String,
    vin: String,
    model: String,
    energy: String,
    by_data: bool,
    tax_paid_on: String,
    insured_from: String,
    insured_to: String,
}

impl Application {
    fn read(request: &RegisterVehicleRequest) -> Result<Self, Refusal> {
        for (element, field, text) in [
            (
                "vehicle.certificate_number",
                "certificate_number",
                &request.certificate_number,
            ),
            ("invoice.number", "invoice_number", &request.invoice_number),
            ("policy.number", "policy_number", &request.policy_number),
            (
                "vehicle_tax.payment_number",
                "tax_payment_number",
                &request.tax_payment_number,
            ),
        ] {
            value(element, field, text)?;
        }
        let origin = value("vehicle.origin", "origin", &request.origin)?;
        let usage = value("vehicle.usage", "usage", &request.usage)?;
        Ok(Self {
            owner: resident_number("owner_id_number", &request.owner_id_number)?,
            vin: value("vehicle.vin", "vin", &request.vin)?,
            model: value("vehicle.model", "model", &request.model)?,
            energy: value("vehicle.energy", "energy", &request.energy)?,
            by_data: origin == "domestic" && usage == "private",
            tax_paid_on: value("vehicle_tax.paid_on", "tax_paid_on", &request.tax_paid_on)?,
            insured_from: value("policy.valid_from", "insured_from", &request.insured_from)?,
            insured_to: value("policy.valid_to", "insured_to", &request.insured_to)?,
        })
    }

    /// Judges the application against the register on a day.
    fn judge(
        &self,
        standing: Standing,
        reservation: Option<Reservation>,
        today: Date,
    ) -> Result<Reservation, Refusal> {
        let today = today.to_string();
        if standing.stolen {
            let message = "The vehicle is reported stolen.";
            return Err(Refusal::new("VEHICLE_STOLEN", message).about("vin"));
        }
        if standing.known {
            return Err(already_registered());
        }
        if !self.by_data {
            let message = "An imported or commercial vehicle is registered at the window, after an \
                           inspection.";
            return Err(Refusal::new("INSPECTION_REQUIRED", message));
        }
        if self.tax_paid_on > today {
            let message = "The purchase tax is not settled yet.";
            return Err(Refusal::new("TAX_NOT_SETTLED", message).about("tax_paid_on"));
        }
        if self.insured_from > today || self.insured_to < today {
            let message = "The compulsory insurance is not in force.";
            return Err(Refusal::new("NOT_INSURED", message).about("insured_from"));
        }
        reservation
            .filter(|held| {
                held.vin == self.vin && held.owner == self.owner && held.reserved_until >= today
            })
            .ok_or_else(|| {
                let message = "No plate number is reserved for this vehicle and owner any more.";
                Refusal::new("RESERVATION_NOT_FOUND", message).about("reservation_number")
            })
    }
}

#[async_trait]
impl Action for RegisterVehicle {
    const METHOD: &'static str = "onething.public_security.v1.VehicleService/RegisterVehicle";
    type Request = RegisterVehicleRequest;
    type Response = RegisterVehicleResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let application = Application::read(&request)?;
        let today = day(call.at)?;
        let reservation = plate::lock(tx, &request.reservation_number).await?;
        let standing = vehicle::standing_now(tx, &application.vin).await?;
        let reservation = application.judge(standing, reservation, today)?;
        let registration_number = registration_number(tx, today).await?;
        let registered_on = today.to_string();
        let entered = vehicle::register(
            tx,
            NewVehicle {
                vin: &application.vin,
                registration_number: &registration_number,
                plate: &reservation.plate,
                model: &application.model,
                energy: &application.energy,
                displacement_ml: request.displacement_ml,
                owner: &application.owner,
                registered_on: &registered_on,
            },
        )
        .await?;
        // Another case may have registered the same vehicle in the same moment.
        if !entered {
            return Err(already_registered().into());
        }
        plate::use_up(tx, &request.reservation_number).await?;
        Ok(Effect {
            response: RegisterVehicleResponse {
                registration_number,
                registered_on,
            },
            record: (),
        })
    }
}

/// The number of a registration: `JD` (机动车登记), year and a serial.
async fn registration_number(tx: &mut Tx, today: Date) -> Result<String, Fault> {
    let series = format!("JD{}", today.year());
    let serial = sequence::next(tx, &series, 1).await?;
    Ok(format!("{series}{serial:08}"))
}

fn already_registered() -> Refusal {
    let message = "The vehicle is registered already.";
    Refusal::new("VIN_ALREADY_REGISTERED", message).about("vin")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 6, 1);

    fn application() -> Application {
        Application {
            owner: "owner".to_owned(),
            vin: "vin".to_owned(),
            model: "model".to_owned(),
            energy: "gasoline".to_owned(),
            by_data: true,
            tax_paid_on: "2026-06-01".to_owned(),
            insured_from: "2026-06-01".to_owned(),
            insured_to: "2027-05-31".to_owned(),
        }
    }

    fn judged(
        change: impl FnOnce(&mut Application, &mut Standing, &mut Option<Reservation>),
    ) -> Result<String, String> {
        let mut application = application();
        let mut standing = Standing {
            stolen: false,
            known: false,
        };
        let mut reservation = Some(Reservation {
            plate: "蒙C12345".to_owned(),
            vin: "vin".to_owned(),
            owner: "owner".to_owned(),
            reserved_until: "2026-06-01".to_owned(),
        });
        change(&mut application, &mut standing, &mut reservation);
        let judged = application.judge(standing, reservation, TODAY);
        judged
            .map(|held| held.plate)
            .map_err(|refusal| refusal.reason)
    }

    #[test]
    fn every_rule_has_its_reason() {
        assert_eq!(judged(|_, _, _| {}).unwrap(), "蒙C12345");
        let reason = |change: fn(&mut Application, &mut Standing, &mut Option<Reservation>)| {
            judged(change).unwrap_err()
        };
        assert_eq!(reason(|_, s, _| s.stolen = true), "VEHICLE_STOLEN");
        assert_eq!(reason(|_, s, _| s.known = true), "VIN_ALREADY_REGISTERED");
        assert_eq!(reason(|a, _, _| a.by_data = false), "INSPECTION_REQUIRED");
        let later = || "2026-06-02".to_owned();
        assert_eq!(
            reason(|a, _, _| a.tax_paid_on = "2026-06-02".to_owned()),
            "TAX_NOT_SETTLED"
        );
        assert_eq!(
            judged(|a, _, _| a.insured_from = later()).unwrap_err(),
            "NOT_INSURED"
        );
        let before = || "2026-05-31".to_owned();
        assert_eq!(
            judged(|a, _, _| a.insured_to = before()).unwrap_err(),
            "NOT_INSURED"
        );
        let held = |change: fn(&mut Reservation)| {
            judged(|_, _, r| {
                if let Some(held) = r {
                    change(held);
                }
            })
            .unwrap_err()
        };
        assert_eq!(reason(|_, _, r| *r = None), "RESERVATION_NOT_FOUND");
        assert_eq!(held(|r| r.vin.clear()), "RESERVATION_NOT_FOUND");
        assert_eq!(held(|r| r.owner.clear()), "RESERVATION_NOT_FOUND");
        assert_eq!(
            held(|r| r.reserved_until = "2026-05-31".to_owned()),
            "RESERVATION_NOT_FOUND"
        );
    }
}
