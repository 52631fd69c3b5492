//! Who may act for an enterprise from now on, as the registry registered it: its last registration counts
//! in whatever order they come.

use async_trait::async_trait;
use onething_db::Tx;
use onething_elements::{CreditCode, RegistrationSerial, ResidentNumber};
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::identity::{
    AppointLegalRepresentativeRequest, AppointLegalRepresentativeResponse,
};

use crate::store::{self, Appointment};

/// Enters a legal representative.
pub(crate) struct AppointLegalRepresentative;

#[async_trait]
impl Action for AppointLegalRepresentative {
    const METHOD: &'static str = "onething.identity.v1.IdentityService/AppointLegalRepresentative";
    type Request = AppointLegalRepresentativeRequest;
    type Response = AppointLegalRepresentativeResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let code = CreditCode::parse(request.credit_code_after.trim())
            .map_err(|invalid| Refusal::invalid("credit_code_after", invalid.reason()))?;
        let person = ResidentNumber::parse(request.id_number.trim())
            .map_err(|invalid| Refusal::invalid("id_number", invalid.reason()))?;
        let serial = RegistrationSerial::read(request.registration_serial)
            .map_err(|invalid| Refusal::invalid("registration_serial", invalid.reason()))?;
        let before = store::representative(tx, code.as_str()).await?;
        let followed = before
            .as_ref()
            .map_or(0, |before| before.registration_serial);
        let overtaken = serial.overtaken_by(followed);
        let appointment = Appointment {
            credit_code: code.as_str(),
            id_number: person.as_str(),
            before: before.as_ref(),
            registration_serial: serial.get(),
        };
        store::add_appointment(tx, appointment, call.at).await?;
        if !overtaken {
            let follows = serial.after(followed);
            store::appoint(tx, code.as_str(), person.as_str(), follows).await?;
        }
        Ok(Effect {
            response: AppointLegalRepresentativeResponse {
                appointed: true,
                overtaken: Some(overtaken),
            },
            record: (),
        })
    }
}
