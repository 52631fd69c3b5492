//! Bringing the enterprise publicity system (国家企业信用信息公示系统) up to date after a repair.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Stop};
use onething_proto::enterprise_registry::{
    SynchronisePublicityRequest, SynchronisePublicityResponse,
};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    number::{self, Kind},
    store::{
        enterprise,
        history::{self, Change, Entry},
        penalty,
    },
    value::value,
};

/// Marks records as repaired.
pub(crate) struct SynchronisePublicity;

#[async_trait]
impl Action for SynchronisePublicity {
    const METHOD: &'static str =
        "onething.enterprise_registry.v1.PenaltyService/SynchronisePublicity";
    type Request = SynchronisePublicityRequest;
    type Response = SynchronisePublicityResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let code = Code::read(&request.credit_code)?;
        let certificate = value(
            "credit.certificate_number",
            "certificate_number",
            &request.certificate_number,
        )?;
        let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
        let code = record.credit_code.as_str();
        let repaired = penalty::repair(tx, code, call.at).await?;
        let records = i64::try_from(repaired).unwrap_or(i64::MAX);
        let number = number::issue(tx, Kind::Publicity, &record.registrar, call.at).await?;
        penalty::enter(tx, &number, code, &certificate, records, call.at).await?;
        let entry = Entry {
            credit_code: code,
            change: Change::Repaired,
            document_number: &number,
            cause: &cause(call),
            before: json!({"records_with_a_repair_decision": records}),
            after: json!({"records_with_a_repair_decision": 0}),
        };
        history::add(tx, entry, call.at).await?;
        Ok(Effect {
            response: SynchronisePublicityResponse {
                synchronisation_number: number,
                records,
            },
            record: (),
        })
    }
}
