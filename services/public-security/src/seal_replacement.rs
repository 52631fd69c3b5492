//! Replacing an enterprise's seal (公章变更备案), since it has another name or code: the old seal is
//! destroyed, and the new one is filed with the same office. The name of a registration that a later one
//! has overtaken gets no seal.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::public_security::{ReplaceSealRequest, ReplaceSealResponse};

use crate::{
    seal::{credit_code, filing_number, registration_serial},
    store::{
        seal::{self, Filing, Overtaken},
        seal_replacement::{self, Replacement},
    },
    value::value,
};

/// Files the new seal.
pub(crate) struct ReplaceSeal;

#[async_trait]
impl Action for ReplaceSeal {
    const METHOD: &'static str = "onething.public_security.v1.PublicSecurityService/ReplaceSeal";
    type Request = ReplaceSealRequest;
    type Response = ReplaceSealResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let code = credit_code(&request.credit_code)?;
        let after = value(
            "enterprise.credit_code",
            "credit_code_after",
            &request.credit_code_after,
        )?;
        let name = value("enterprise.name", "name", &request.name)?;
        let serial = registration_serial(request.registration_serial)?;
        let Some(old) = seal::lock(tx, code.as_str()).await? else {
            let message = "No seal is filed under this credit code.";
            return Err(Refusal::invalid("credit_code", message).into());
        };
        if serial.overtaken_by(old.name_serial) {
            let told = Overtaken {
                credit_code: code.as_str(),
                registration_serial: serial.get(),
                registrar: None,
                name: Some(&name),
            };
            seal::note_overtaken(tx, told, call.at).await?;
            return Ok(Effect {
                response: ReplaceSealResponse {
                    filing_number: old.filing_number,
                    destroyed_seal_number: String::new(),
                    overtaken: Some(true),
                },
                record: (),
            });
        }
        // A seal bears the number of its first filing.
        let number = filing_number(tx, &old.registrar).await?;
        if after != code.as_str() {
            seal_replacement::begin(tx, &after, &number, &old).await?;
        }
        let follows = serial.after(old.name_serial);
        seal_replacement::renumber(tx, &after, &number, follows).await?;
        let filing = Filing {
            filing_number: &number,
            credit_code: &after,
            registrar: &old.registrar,
            filed_at: call.at,
        };
        seal::refile(tx, filing).await?;
        let replacement = Replacement {
            filing_number: &number,
            credit_code: code.as_str(),
            credit_code_after: &after,
            name: &name,
            destroyed_seal_number: &old.seal_number,
        };
        seal_replacement::record(tx, replacement, call.at).await?;
        Ok(Effect {
            response: ReplaceSealResponse {
                filing_number: number,
                destroyed_seal_number: old.seal_number,
                overtaken: Some(false),
            },
            record: (),
        })
    }
}
