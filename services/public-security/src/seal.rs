//! Filing an enterprise's seal with the office of its registrar (公章备案). The seal itself stays;
//! every filing is kept, and the enterprise's last registration counts in whatever order they come.

use async_trait::async_trait;
use onething_db::Tx;
use onething_elements::{CreditCode, RegistrationSerial};
use onething_participant::{Action, Call, Effect, Fault, Refusal, Stop};
use onething_proto::public_security::{RefileSealRequest, RefileSealResponse};

use crate::{
    store::{
        seal::{self, Filing, Overtaken},
        sequence,
    },
    value::value,
};

/// Lower serials were given out by the offices themselves, before this system.
const FIRST_SERIAL: i64 = 5_000_001;

/// Files a seal anew.
pub(crate) struct RefileSeal;

#[async_trait]
impl Action for RefileSeal {
    const METHOD: &'static str = "onething.public_security.v1.PublicSecurityService/RefileSeal";
    type Request = RefileSealRequest;
    type Response = RefileSealResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let code = credit_code(&request.credit_code)?;
        let element = "enterprise.target_registrar";
        let registrar = value(element, "registrar", &request.registrar)?;
        let serial = registration_serial(request.registration_serial)?;
        let Some(filed) = seal::lock(tx, code.as_str()).await? else {
            let message = "No seal is filed under this credit code.";
            return Err(Refusal::invalid("credit_code", message).into());
        };
        let overtaken = serial.overtaken_by(filed.registrar_serial);
        let follows = serial.after(filed.registrar_serial);
        let filing_number = if overtaken {
            let told = Overtaken {
                credit_code: code.as_str(),
                registration_serial: serial.get(),
                registrar: Some(&registrar),
                name: None,
            };
            seal::note_overtaken(tx, told, call.at).await?;
            filed.filing_number
        } else if filed.registrar == registrar {
            // The seal is where it should be: the filing stands.
            seal::follow(tx, code.as_str(), follows).await?;
            filed.filing_number
        } else {
            let filing_number = filing_number(tx, &registrar).await?;
            let filing = Filing {
                filing_number: &filing_number,
                credit_code: code.as_str(),
                registrar: &registrar,
                filed_at: call.at,
            };
            seal::refile(tx, filing).await?;
            seal::follow(tx, code.as_str(), follows).await?;
            filing_number
        };
        Ok(Effect {
            response: RefileSealResponse {
                filing_number,
                overtaken: Some(overtaken),
            },
            record: (),
        })
    }
}

/// Reads the field `registration_serial`.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn registration_serial(field: Option<i64>) -> Result<RegistrationSerial, Refusal> {
    RegistrationSerial::read(field)
        .map_err(|invalid| Refusal::invalid("registration_serial", invalid.reason()))
}

/// Reads the field `credit_code`.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn credit_code(text: &str) -> Result<CreditCode, Refusal> {
    CreditCode::parse(text.trim())
        .map_err(|invalid| Refusal::invalid("credit_code", invalid.reason()))
}

/// The number of a filing: the office's division and seven digits.
///
/// # Errors
/// When the office's numbers are used up, or the database fails.
pub(crate) async fn filing_number(tx: &mut Tx, registrar: &str) -> Result<String, Fault> {
    let serial = sequence::next(tx, &format!("seal-filing/{registrar}"), FIRST_SERIAL).await?;
    if serial > 9_999_999 {
        return Err(Fault::Exhausted("the numbers of an office's seal filings"));
    }
    Ok(format!("{registrar}{serial:07}"))
}
