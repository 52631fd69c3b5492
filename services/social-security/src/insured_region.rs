//! Noting where an insured person lives after a household move. Undoing it restores the division of
//! before, unless it was noted anew since.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::social_security::{UpdateInsuredPersonRequest, UpdateInsuredPersonResponse};
use serde::{Deserialize, Serialize};

use crate::{
    day::day,
    store::{
        insured_region::{self, NewRegion},
        person, sequence,
    },
    value::{resident_number, value},
};

/// Notes a division.
pub(crate) struct UpdateInsuredPerson;

/// What restoring needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    id_number: String,
    change_number: String,
    before: Option<String>,
}

#[async_trait]
impl Action for UpdateInsuredPerson {
    const METHOD: &'static str =
        "onething.social_security.v1.SocialSecurityService/UpdateInsuredPerson";
    type Request = UpdateInsuredPersonRequest;
    type Response = UpdateInsuredPersonResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Record>, Stop> {
        let id_number = resident_number(&request.id_number)?.to_string();
        let region = value("move.region", "region", &request.region)?;
        let move_number = value("move.number", "move_number", &request.move_number)?;
        person::relock(tx, &id_number).await?;
        if !insured_region::insured(tx, &id_number).await? {
            let message = "The person is not insured here.";
            return Err(Refusal::new("NOT_INSURED", message)
                .about("id_number")
                .into());
        }
        let change_number = sequence::number(tx, "CB", day(call.at)?.year()).await?;
        let new = NewRegion {
            change_number: &change_number,
            id_number: &id_number,
            region: &region,
            move_number: &move_number,
            at: call.at,
        };
        let before = insured_region::note(tx, new).await?;
        Ok(Effect {
            response: UpdateInsuredPersonResponse {
                change_number: change_number.clone(),
            },
            record: Record {
                id_number,
                change_number,
                before,
            },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        person::relock(tx, &record.id_number).await?;
        let number = &record.change_number;
        if !insured_region::in_force(tx, &record.id_number, number).await? {
            return Ok(Annulled::Impossible {
                reason: "CHANGED_SINCE".to_owned(),
                message: "Another division was noted for the person since.".to_owned(),
            });
        }
        insured_region::restore(tx, number, record.before.as_deref(), at).await?;
        Ok(Annulled::Done)
    }
}
