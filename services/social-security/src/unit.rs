//! Insured units (参保单位) and their transfer to the office of a new registrar. Social insurance and
//! medical insurance have offices and numbers of their own.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::social_security::{
    TransferMedicalInsuranceUnitRequest, TransferMedicalInsuranceUnitResponse,
    TransferSocialInsuranceUnitRequest, TransferSocialInsuranceUnitResponse,
};

use crate::{
    field,
    number::{self, Kind},
    store::unit::{self, Insurance, Transfer},
};

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
        let (code, registrar) = (&request.credit_code, &request.registrar);
        let unit_number = transfer(tx, Insurance::Social, code, registrar, call.at).await?;
        Ok(Effect { response: Self::Response { unit_number }, record: () })
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
        let (code, registrar) = (&request.credit_code, &request.registrar);
        let unit_number = transfer(tx, Insurance::Medical, code, registrar, call.at).await?;
        Ok(Effect { response: Self::Response { unit_number }, record: () })
    }
}

/// Moves a unit and gives its number at the new office. A unit that is there already keeps its number.
async fn transfer(
    tx: &mut Tx,
    insurance: Insurance,
    credit_code: &str,
    registrar: &str,
    at: i64,
) -> Result<String, Stop> {
    let credit_code = field::credit_code(credit_code)?;
    if !field::is_county(registrar) {
        return Err(Refusal::invalid("registrar", "is no county of the region").into());
    }
    let unit = unit::lock(tx, &credit_code)
        .await?
        .ok_or_else(|| Refusal::invalid("credit_code", "is of no insured unit"))?;
    let (from_office, from_number) = unit.at(insurance);
    if from_office == registrar {
        return Ok(from_number.to_owned());
    }
    let kind = match insurance {
        Insurance::Social => Kind::SocialUnit,
        Insurance::Medical => Kind::MedicalUnit,
    };
    let to_number = number::issue(tx, kind, registrar, at).await?;
    let transfer = Transfer {
        credit_code: &credit_code,
        insurance,
        from_office,
        from_number,
        to_office: registrar,
        to_number: &to_number,
    };
    unit::transfer(tx, &transfer, at).await?;
    Ok(to_number)
}
