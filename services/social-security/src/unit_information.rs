//! Changed data of insured units (参保单位信息变更): name and domicile, and the code of an enterprise
//! into which an individual business was converted. Social and medical insurance each keep their own.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::social_security::{
    UpdateMedicalInsuranceUnitRequest, UpdateMedicalInsuranceUnitResponse,
    UpdateSocialInsuranceUnitRequest, UpdateSocialInsuranceUnitResponse,
};

use crate::{
    store::{
        unit::{self, Registration},
        unit_information::{self, Information},
    },
    unit::{Kind, unit_number},
    value::{credit_code, registration_serial, value},
};

/// Changes a unit's data in social insurance.
pub(crate) struct UpdateSocialInsuranceUnit;

/// Changes a unit's data in medical insurance.
pub(crate) struct UpdateMedicalInsuranceUnit;

#[async_trait]
impl Action for UpdateSocialInsuranceUnit {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/UpdateSocialInsuranceUnit";
    type Request = UpdateSocialInsuranceUnitRequest;
    type Response = UpdateSocialInsuranceUnitResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let told = Told {
            credit_code: &request.credit_code,
            credit_code_after: &request.credit_code_after,
            name: &request.name,
            address: &request.address,
            registration_serial: request.registration_serial,
        };
        let (unit_number, overtaken) = update(tx, Kind::Social, told, call.at).await?;
        Ok(Effect {
            response: UpdateSocialInsuranceUnitResponse {
                unit_number,
                overtaken: Some(overtaken),
            },
            record: (),
        })
    }
}

#[async_trait]
impl Action for UpdateMedicalInsuranceUnit {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/UpdateMedicalInsuranceUnit";
    type Request = UpdateMedicalInsuranceUnitRequest;
    type Response = UpdateMedicalInsuranceUnitResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let told = Told {
            credit_code: &request.credit_code,
            credit_code_after: &request.credit_code_after,
            name: &request.name,
            address: &request.address,
            registration_serial: request.registration_serial,
        };
        let (unit_number, overtaken) = update(tx, Kind::Medical, told, call.at).await?;
        Ok(Effect {
            response: UpdateMedicalInsuranceUnitResponse {
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
    credit_code_after: &'a str,
    name: &'a str,
    address: &'a str,
    registration_serial: Option<i64>,
}

/// Enters the data and gives the unit's number. Under another code the unit goes on with a number of
/// its own at the same office; the one before stays on record. Tells besides whether data of a later
/// registration are on record, which go on to count.
async fn update(tx: &mut Tx, kind: Kind, told: Told<'_>, at: i64) -> Result<(String, bool), Stop> {
    let code = credit_code(told.credit_code)?;
    let after = value(
        "enterprise.credit_code",
        "credit_code_after",
        told.credit_code_after,
    )?;
    let name = value("enterprise.name", "name", told.name)?;
    let address = value("enterprise.address", "address", told.address)?;
    let serial = registration_serial(told.registration_serial)?;
    let Some(found) = unit::lock(tx, kind, code.as_str()).await? else {
        let message = "No unit is insured under this credit code.";
        return Err(Refusal::invalid("credit_code", message).into());
    };
    let information = Information {
        kind,
        credit_code: code.as_str(),
        credit_code_after: &after,
        name: &name,
        address: &address,
        registration_serial: serial.get(),
    };
    let latest = unit_information::latest(tx, kind, code.as_str()).await?;
    let overtaken = serial.overtaken_by(latest);
    unit_information::add(tx, information, at).await?;
    if after == code.as_str() {
        return Ok((found.unit_number, overtaken));
    }
    let unit_number = unit_number(tx, kind, &found.office).await?;
    let registration = Registration {
        kind,
        credit_code: &after,
        office: &found.office,
        unit_number: &unit_number,
        registration_serial: found.registration_serial,
        registered_at: at,
    };
    unit_information::begin(tx, registration).await?;
    unit::register(tx, registration).await?;
    Ok((unit_number, overtaken))
}
