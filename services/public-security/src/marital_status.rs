//! Marital status (婚姻状况): entering a marriage for both spouses, as civil affairs registered it.

use async_trait::async_trait;
use onething_db::Tx;
use onething_elements::date;
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::public_security::{UpdateMaritalStatusRequest, UpdateMaritalStatusResponse};

use crate::{
    day::day,
    store::{relocation, resident, sequence},
    value::{resident_number, value},
};

/// Enters a marriage.
pub(crate) struct UpdateMaritalStatus;

#[async_trait]
impl Action for UpdateMaritalStatus {
    const METHOD: &'static str =
        "onething.public_security.v1.PublicSecurityService/UpdateMaritalStatus";
    type Request = UpdateMaritalStatusRequest;
    type Response = UpdateMaritalStatusResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let element = "marriage.certificate_number";
        let certificate = value(element, "certificate_number", &request.certificate_number)?;
        let married_on = date(&request.registered_on)
            .map_err(|invalid| Refusal::invalid("registered_on", invalid.reason()))?
            .to_string();
        let mut spouses = [
            resident_number("first_id_number", &request.first_id_number)?,
            resident_number("second_id_number", &request.second_id_number)?,
        ];
        spouses.sort();
        let mut entered = None;
        for spouse in &spouses {
            relocation::member(tx, spouse).await?;
            entered = entered.or(relocation::status_entry(tx, spouse, &certificate).await?);
        }
        // A marriage is entered once: who tells it again is told under which number.
        let entry_number = match entered {
            Some(entry) => entry,
            None => {
                let series = format!("HB{}", day(call.at)?.year());
                let serial = sequence::next(tx, &series, 1).await?;
                format!("{series}-{serial:08}")
            }
        };
        for spouse in &spouses {
            // A spouse of another region is entered by the police there.
            if resident::find(tx, spouse).await?.is_some() {
                let (entry, on, at) = (&entry_number, &married_on, call.at);
                relocation::enter_status(tx, spouse, &certificate, entry, on, at).await?;
            }
        }
        Ok(Effect {
            response: UpdateMaritalStatusResponse { entry_number },
            record: (),
        })
    }
}
