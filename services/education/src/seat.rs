//! Seats at school (学位): holding one for a registered child, and releasing it.

use std::sync::Arc;

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::education::{PlacePupilRequest, PlacePupilResponse};
use serde::{Deserialize, Serialize};

use crate::{
    choice::registration_not_found,
    placement::{Candidate, place},
    review::Rules,
    store::{
        area_at, registration,
        seat::{self, NewSeat},
        sequence, student,
    },
    value::value,
};

/// Holds a seat.
pub(crate) struct PlacePupil {
    rules: Arc<Rules>,
}

/// What releasing needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    seat_number: String,
}

impl PlacePupil {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        Self { rules }
    }
}

#[async_trait]
impl Action for PlacePupil {
    const METHOD: &'static str = "onething.education.v1.EducationService/PlacePupil";
    type Request = PlacePupilRequest;
    type Response = PlacePupilResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let element = "pupil.review_number";
        let review_number = value(element, "review_number", &request.review_number)?;
        let Some(found) = registration::find(tx, &review_number).await? else {
            return Err(registration_not_found().into());
        };
        if seat::held(tx, &review_number).await? {
            let message = "The child has a seat already.";
            return Err(Refusal::new("ALREADY_PLACED", message).into());
        }
        let (class, rule) = self.rules.served(&found)?;
        let schools = seat::schools(tx, &found.region, &found.stage, found.year).await?;
        let area = area_at(tx, &found.region, &found.address).await?;
        let elder_school = match &found.elder_id_number {
            Some(elder) => student::record(tx, elder)
                .await?
                .map(|record| record.school),
            None => None,
        };
        let candidate = Candidate {
            class,
            area,
            birth_order: found.birth_order,
            elder_school: elder_school.as_deref(),
            chosen: request
                .chosen_school
                .as_deref()
                .filter(|name| !name.is_empty()),
        };
        let (school, reason) = place(candidate, rule, &schools).map_err(Refusal::from)?;
        let series = format!("XW{}-{}", found.region, found.year);
        let serial = sequence::next(tx, &series).await?;
        let seat_number = format!("{series}-{serial:06}");
        let new = NewSeat {
            seat_number: &seat_number,
            review_number: &review_number,
            region: &found.region,
            school: &school.school,
            year: found.year,
            reason: reason.name(),
            held_at: call.at,
        };
        seat::insert(tx, new).await?;
        Ok(Effect {
            response: PlacePupilResponse {
                seat_number: seat_number.clone(),
                school: school.school.clone(),
                reason: reason.name().to_owned(),
            },
            record: Record { seat_number },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        seat::release(tx, &record.seat_number, at).await?;
        Ok(Annulled::Done)
    }
}
