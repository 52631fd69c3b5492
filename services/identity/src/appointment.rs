//! Who may act for an enterprise from now on, as the registry registered it.

use async_trait::async_trait;
use onething_db::Tx;
use onething_elements::{CreditCode, ResidentNumber};
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::identity::{
    AppointLegalRepresentativeRequest, AppointLegalRepresentativeResponse,
};

use crate::store;

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
        store::appoint(tx, code.as_str(), person.as_str(), call.at).await?;
        Ok(Effect {
            response: AppointLegalRepresentativeResponse { appointed: true },
            record: (),
        })
    }
}
