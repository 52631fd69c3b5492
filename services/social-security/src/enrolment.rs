//! Enrolment of a newborn in resident medical insurance (城乡居民基本医疗保险), and its cancellation.

use std::sync::Arc;

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::social_security::{
    EnrollResidentMedicalInsuranceRequest, EnrollResidentMedicalInsuranceResponse,
};

use crate::{
    field,
    number::{self, Kind},
    rates::Rates,
    store::enrolment::{self, Enrolment},
};

/// Enrols a newborn.
pub(crate) struct EnrollResidentMedicalInsurance {
    rates: Arc<Rates>,
}

impl EnrollResidentMedicalInsurance {
    pub(crate) fn new(rates: Arc<Rates>) -> Self {
        Self { rates }
    }
}

#[async_trait]
impl Action for EnrollResidentMedicalInsurance {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/EnrollResidentMedicalInsurance";
    type Request = EnrollResidentMedicalInsuranceRequest;
    type Response = EnrollResidentMedicalInsuranceResponse;
    /// The enrolment's number.
    type Record = String;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, String>, Stop> {
        let id_number = field::id_number(&request.id_number)?;
        let name = field::element("person.name", "name", &request.name)?;
        if !field::is_county(&request.region) {
            let message = "No medical insurance office of the region serves this division.";
            return Err(Refusal::new("REGION_NOT_SERVED", message).about("region").into());
        }
        if enrolment::in_force(tx, &id_number).await?.is_some() {
            let message = "The person is enrolled in medical insurance already.";
            return Err(Refusal::new("ALREADY_INSURED", message).into());
        }
        let day = number::day(call.at)?;
        let premium_fen = self.rates.on(day).resident_premium_fen;
        let number = number::issue(tx, Kind::Enrolment, &request.region, call.at).await?;
        let enrolment = Enrolment {
            number: number.clone(),
            id_number,
            name,
            region: request.region,
            year: day.year().into(),
            premium_fen,
        };
        enrolment::insert(tx, &enrolment, call.at).await?;
        let response = Self::Response { insurance_number: number.clone(), premium_fen };
        Ok(Effect { response, record: number })
    }

    /// Cancels the enrolment and books the premium's refund, unless a claim was paid on it.
    async fn annul(&self, tx: &mut Tx, at: i64, number: String) -> Result<Annulled, Fault> {
        let Some(premium_fen) = enrolment::lock(tx, &number).await? else {
            return Ok(Annulled::Done);
        };
        if enrolment::has_claim(tx, &number).await? {
            return Ok(Annulled::Impossible {
                reason: "CLAIM_PAID".to_owned(),
                message: "A claim was paid on this enrolment; it is ended by a new decision."
                    .to_owned(),
            });
        }
        enrolment::cancel(tx, &number, at).await?;
        enrolment::refund(tx, &number, premium_fen, at).await?;
        Ok(Annulled::Done)
    }
}
