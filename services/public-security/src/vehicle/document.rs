//! What follows a registration: plates (号牌), vehicle licence (行驶证), register certificate
//! (登记证书), and the entry of an owner's new name. Each is issued once, however often it is asked
//! for; none can be refused.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Fault, Refusal, Stop};
use onething_proto::public_security::{
    IssuePlatesRequest, IssuePlatesResponse, IssueRegisterCertificateRequest,
    IssueRegisterCertificateResponse, IssueVehicleLicenceRequest, IssueVehicleLicenceResponse,
    RenameVehicleOwnerRequest, RenameVehicleOwnerResponse,
};

use crate::{
    day::day,
    seal::credit_code,
    store::{
        sequence,
        vehicle::{self, Document},
    },
    value::value,
};

/// 100 yuan for a pair of plates (发改价格规〔2019〕1931号).
const PLATE_FEE_FEN: i64 = 10_000;

/// A kind of document: its name in the register, and how its numbers begin.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    prefix: &'static str,
}

const PLATES: Kind = Kind {
    name: "plates",
    prefix: "HP",
};
const LICENCE: Kind = Kind {
    name: "licence",
    prefix: "XS",
};
const REGISTER_CERTIFICATE: Kind = Kind {
    name: "register_certificate",
    prefix: "DJZS",
};

/// Orders the plates.
pub(crate) struct IssuePlates;
/// Issues the vehicle licence.
pub(crate) struct IssueVehicleLicence;
/// Issues the register certificate.
pub(crate) struct IssueRegisterCertificate;
/// Enters the enterprise that an owner became.
pub(crate) struct RenameVehicleOwner;

impl Kind {
    /// The document of a registered vehicle: the one that was issued, or a new one.
    async fn of(self, tx: &mut Tx, call: &Call, registration: &str) -> Result<String, Stop> {
        let element = "vehicle.registration_number";
        let registration = value(element, "registration_number", registration)?;
        let Some(locked) = vehicle::lock(tx, &registration).await? else {
            let message = "no vehicle is registered under this number";
            return Err(Refusal::invalid("registration_number", message).into());
        };
        let registration = locked.registration_number;
        if let Some(issued) = vehicle::issued(tx, self.name, &registration).await? {
            return Ok(issued);
        }
        Ok(self.issue(tx, call, &registration).await?)
    }

    async fn issue(self, tx: &mut Tx, call: &Call, registration: &str) -> Result<String, Fault> {
        let serial = sequence::next(tx, &format!("vehicle-{}", self.name), 1).await?;
        let number = format!("{}{serial:010}", self.prefix);
        let document = Document {
            kind: self.name,
            number: &number,
            registration_number: registration,
            issued_on: &day(call.at)?.to_string(),
            issued_at: call.at,
        };
        vehicle::issue(tx, document).await?;
        Ok(number)
    }
}

#[async_trait]
impl Action for IssuePlates {
    const METHOD: &'static str = "onething.public_security.v1.VehicleService/IssuePlates";
    type Request = IssuePlatesRequest;
    type Response = IssuePlatesResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let plates_number = PLATES.of(tx, call, &request.registration_number).await?;
        Ok(Effect {
            response: IssuePlatesResponse {
                plates_number,
                fee_fen: PLATE_FEE_FEN,
            },
            record: (),
        })
    }
}

#[async_trait]
impl Action for IssueVehicleLicence {
    const METHOD: &'static str = "onething.public_security.v1.VehicleService/IssueVehicleLicence";
    type Request = IssueVehicleLicenceRequest;
    type Response = IssueVehicleLicenceResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let licence_number = LICENCE.of(tx, call, &request.registration_number).await?;
        Ok(Effect {
            response: IssueVehicleLicenceResponse { licence_number },
            record: (),
        })
    }
}

#[async_trait]
impl Action for IssueRegisterCertificate {
    const METHOD: &'static str =
        "onething.public_security.v1.VehicleService/IssueRegisterCertificate";
    type Request = IssueRegisterCertificateRequest;
    type Response = IssueRegisterCertificateResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let registration = &request.registration_number;
        let certificate_number = REGISTER_CERTIFICATE.of(tx, call, registration).await?;
        Ok(Effect {
            response: IssueRegisterCertificateResponse { certificate_number },
            record: (),
        })
    }
}

#[async_trait]
impl Action for RenameVehicleOwner {
    const METHOD: &'static str = "onething.public_security.v1.VehicleService/RenameVehicleOwner";
    type Request = RenameVehicleOwnerRequest;
    type Response = RenameVehicleOwnerResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let plate = value("vehicle.plate", "plate", &request.plate)?;
        let code = credit_code(&request.credit_code)?;
        let name = value("enterprise.name", "name", &request.name)?;
        let Some(locked) = vehicle::lock_plate(tx, &plate).await? else {
            let message = "no registered vehicle has this plate number";
            return Err(Refusal::invalid("plate", message).into());
        };
        let today = day(call.at)?.to_string();
        vehicle::hand_over(tx, &locked.vin, code.as_str(), &name, &today).await?;
        let registration = &locked.registration_number;
        let certificate_number = REGISTER_CERTIFICATE.issue(tx, call, registration).await?;
        Ok(Effect {
            response: RenameVehicleOwnerResponse { certificate_number },
            record: (),
        })
    }
}
