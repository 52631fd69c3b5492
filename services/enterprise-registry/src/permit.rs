//! Issuing the permits of a converted business again (许可证换发).

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Stop};
use onething_proto::enterprise_registry::{ReissuePermitsRequest, ReissuePermitsResponse};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    number::{self, Kind},
    store::{
        conversion, enterprise,
        history::{self, Change, Entry},
    },
    value::value,
};

/// Issues permits again.
pub(crate) struct ReissuePermits;

#[async_trait]
impl Action for ReissuePermits {
    const METHOD: &'static str = "onething.enterprise_registry.v1.ConversionService/ReissuePermits";
    type Request = ReissuePermitsRequest;
    type Response = ReissuePermitsResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let code = Code::read(&request.credit_code)?;
        let after = value(
            "enterprise.credit_code",
            "credit_code_after",
            &request.credit_code_after,
        )?;
        let holder = value("enterprise.name", "name", &request.name)?;
        let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
        let mut numbers = Vec::new();
        for old in conversion::permits(tx, &record.credit_code).await? {
            let number = number::issue(tx, Kind::Permit, &record.registrar, call.at).await?;
            conversion::reissue(tx, &old, &number, &after, call.at).await?;
            let entry = Entry {
                credit_code: &record.credit_code,
                change: Change::PermitsReissued,
                document_number: &number,
                cause: &cause(call),
                before: json!({"permit_number": old.permit_number}),
                after: json!({"permit_number": number, "holder": holder}),
            };
            history::add(tx, entry, call.at).await?;
            numbers.push(number);
        }
        let count = i64::try_from(numbers.len()).unwrap_or(i64::MAX);
        let permit_numbers = listed(&numbers);
        Ok(Effect {
            response: ReissuePermitsResponse {
                permit_numbers,
                count,
            },
            record: (),
        })
    }
}

/// The numbers of permits as one text.
pub(crate) fn listed(numbers: &[String]) -> String {
    if numbers.is_empty() {
        "none".to_owned()
    } else {
        numbers.join("、")
    }
}
