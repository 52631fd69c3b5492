//! Insured units (参保单位): moving one to the office of its enterprise's new registrar. Social and
//! medical insurance have offices and numbers of their own; every registration is kept, and the
//! enterprise's last one counts in whatever order they come.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::social_security::{
    TransferMedicalInsuranceUnitRequest, TransferMedicalInsuranceUnitResponse,
    TransferSocialInsuranceUnitRequest, TransferSocialInsuranceUnitResponse,
};

use crate::{
    store::{
        sequence,
        unit::{self, Registration},
    },
    value::{credit_code, registration_serial, value},
};

/// Lower serials were given out by the offices themselves, before this system.
const FIRST_SERIAL: i64 = 5_000_001;

/// What a unit is insured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Social insurance (社会保险).
    Social,
    /// Medical insurance (医疗保险).
    Medical,
}

impl Kind {
    /// As it is stored.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Social => "social",
            Self::Medical => "medical",
        }
    }

    /// With what its numbers begin.
    const fn letters(self) -> &'static str {
        match self {
            Self::Social => "SI",
            Self::Medical => "MI",
        }
    }
}

/// Moves a unit's social insurance.
pub(crate) struct TransferSocialInsuranceUnit;

/// Moves a unit's medical insurance.
pub(crate) struct TransferMedicalInsuranceUnit;

#[async_trait]
impl Action for TransferSocialInsuranceUnit {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/TransferSocialInsuranceUnit";
    type Request = TransferSocialInsuranceUnitRequest;
    type Response = TransferSocialInsuranceUnitResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let told = Told {
            credit_code: &request.credit_code,
            registrar: &request.registrar,
            registration_serial: request.registration_serial,
        };
        let (unit_number, overtaken) = transfer(tx, Kind::Social, told, call.at).await?;
        Ok(Effect {
            response: TransferSocialInsuranceUnitResponse {
                unit_number,
                overtaken: Some(overtaken),
            },
            record: (),
        })
    }
}

#[async_trait]
impl Action for TransferMedicalInsuranceUnit {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/TransferMedicalInsuranceUnit";
    type Request = TransferMedicalInsuranceUnitRequest;
    type Response = TransferMedicalInsuranceUnitResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let told = Told {
            credit_code: &request.credit_code,
            registrar: &request.registrar,
            registration_serial: request.registration_serial,
        };
        let (unit_number, overtaken) = transfer(tx, Kind::Medical, told, call.at).await?;
        Ok(Effect {
            response: TransferMedicalInsuranceUnitResponse {
                unit_number,
                overtaken: Some(overtaken),
            },
            record: (),
        })
    }
}

/// What the request says, as it came.
#[derive(Debug, Clone, Copy)]
struct Told<'a> {
    credit_code: &'a str,
    registrar: &'a str,
    registration_serial: Option<i64>,
}

/// Moves a unit and gives its number at the new office: `SI` or `MI`, the office's division and a
/// serial, for example `SI150602-5000001`. A unit that is there already keeps its number, and so does
/// one that has followed a later registration: the move is on record then, and overtaken.
async fn transfer(
    tx: &mut Tx,
    kind: Kind,
    told: Told<'_>,
    at: i64,
) -> Result<(String, bool), Stop> {
    let code = credit_code(told.credit_code)?;
    let office = value("enterprise.target_registrar", "registrar", told.registrar)?;
    let serial = registration_serial(told.registration_serial)?;
    let Some(unit) = unit::lock(tx, kind, code.as_str()).await? else {
        let message = "No unit is insured under this credit code.";
        return Err(Refusal::invalid("credit_code", message).into());
    };
    let registration = |unit_number| Registration {
        kind,
        credit_code: code.as_str(),
        office: &office,
        unit_number,
        registration_serial: serial.after(unit.registration_serial),
        registered_at: at,
    };
    if serial.overtaken_by(unit.registration_serial) {
        unit::note_overtaken(tx, registration(&unit.unit_number), serial.get()).await?;
        return Ok((unit.unit_number, true));
    }
    if unit.office == office {
        unit::move_to(tx, registration(&unit.unit_number)).await?;
        return Ok((unit.unit_number, false));
    }
    let unit_number = unit_number(tx, kind, &office).await?;
    unit::register(tx, registration(&unit_number)).await?;
    Ok((unit_number, false))
}

/// The next number of a unit at an office: `SI` or `MI`, the office's division and a serial.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn unit_number(tx: &mut Tx, kind: Kind, office: &str) -> Result<String, Stop> {
    let series = format!("{}{office}", kind.letters());
    let serial = sequence::next(tx, &series, FIRST_SERIAL).await?;
    Ok(format!("{series}-{serial:07}"))
}
