//! Resident medical insurance (城乡居民基本医疗保险): enrolling a person for the year, and cancelling
//! the enrolment with a refund as long as no claim was paid upon it.

use async_trait::async_trait;
use onething_db::Tx;
use onething_elements::{Divisions, Level};
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::social_security::{
    EnrollResidentMedicalInsuranceRequest, EnrollResidentMedicalInsuranceResponse,
};
use serde::{Deserialize, Serialize};

use crate::{
    day::day,
    premium::Premiums,
    store::{
        enrolment::{self, NewEnrolment},
        person, sequence,
    },
    value::{holders_number, value},
};

/// Enrols a person.
pub(crate) struct EnrollResidentMedicalInsurance {
    premiums: Premiums,
}

/// What cancelling needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    insurance_number: String,
    id_number: String,
}

impl EnrollResidentMedicalInsurance {
    pub(crate) fn new(premiums: Premiums) -> Self {
        Self { premiums }
    }
}

#[async_trait]
impl Action for EnrollResidentMedicalInsurance {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/EnrollResidentMedicalInsurance";
    type Request = EnrollResidentMedicalInsuranceRequest;
    type Response = EnrollResidentMedicalInsuranceResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let id_number = holders_number(&request.id_number)?.to_string();
        let name = value("person.name", "name", &request.name)?;
        let region = served(&request.region)?;
        let year = day(call.at)?.year();
        let premium_fen = self.premiums.of(year).ok_or_else(no_premium)?;

        person::lock(tx, &id_number, &name).await?;
        if enrolment::insured(tx, &id_number, year).await? {
            let message = "The person has medical insurance for this year.";
            return Err(Refusal::new("ALREADY_INSURED", message)
                .about("id_number")
                .into());
        }
        let insurance_number = insurance_number(tx, region, year).await?;
        let enrolment = NewEnrolment {
            insurance_number: &insurance_number,
            id_number: &id_number,
            region,
            year,
            premium_fen,
            enrolled_at: call.at,
        };
        enrolment::insert(tx, enrolment).await?;
        Ok(Effect {
            response: EnrollResidentMedicalInsuranceResponse {
                insurance_number: insurance_number.clone(),
                premium_fen,
            },
            record: Record {
                insurance_number,
                id_number,
            },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        person::relock(tx, &record.id_number).await?;
        // A claim refers to the enrolment, so that none can be booked while this lock is held.
        let number = &record.insurance_number;
        let enrolment = enrolment::lock(tx, number).await?;
        let enrolment = enrolment.ok_or_else(|| missing(number))?;
        if enrolment.cancelled() {
            return Ok(Annulled::Done);
        }
        if enrolment::claim_paid(tx, number).await? {
            return Ok(Annulled::Impossible {
                reason: "CLAIM_PAID".to_owned(),
                message: "A claim was paid upon the enrolment: it stands, and the premium with it."
                    .to_owned(),
            });
        }
        enrolment::cancel(tx, number, at).await?;
        enrolment::refund(tx, number, enrolment.premium_fen, at).await?;
        Ok(Annulled::Done)
    }
}

/// The county-level division where a person is to be insured. The department serves those of the
/// autonomous region.
fn served(region: &str) -> Result<&'static str, Refusal> {
    let division = Divisions::standard().get(region.trim());
    match division {
        Some(division) if division.level == Level::County => Ok(&division.code),
        _ => {
            let message = "Insurance is offered in the counties, banners and districts of the \
                           autonomous region.";
            Err(Refusal::new("REGION_NOT_SERVED", message).about("region"))
        }
    }
}

/// The number of an enrolment: `JM` (居民), division, year and a serial of both, for example
/// `JM150302-2026-000001`.
async fn insurance_number(tx: &mut Tx, region: &str, year: i16) -> Result<String, Fault> {
    let series = format!("JM{region}-{year}");
    let serial = sequence::next(tx, &series, 1).await?;
    Ok(format!("{series}-{serial:06}"))
}

fn no_premium() -> Fault {
    Fault::Corrupt {
        what: "the year".to_owned(),
        source: "no premium is set for it".into(),
    }
}

fn missing(insurance_number: &str) -> Fault {
    Fault::Corrupt {
        what: format!("the enrolment {insurance_number}"),
        source: "it is missing".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_counties_of_the_region_are_served() {
        assert_eq!(served("150302").unwrap(), "150302");
        for elsewhere in [
            "150000",
            "150300",
            "110101",
            "159901",
            "",
            "15030",
            "海勃湾区",
        ] {
            let refusal = served(elsewhere).unwrap_err();
            assert_eq!(refusal.reason, "REGION_NOT_SERVED");
            assert_eq!(refusal.field, "region");
        }
    }
}
