//! Registering an individual business as an enterprise (个体工商户转型): the point of legal effect. An
//! officer examines every application.

use async_trait::async_trait;
use onething_db::Tx;
use onething_elements::CreditCode;
use onething_participant::{Action, Call, Conclusion, Effect, Fault, Refusal, Review, Stop};
use onething_proto::enterprise_registry::{RegisterConversionRequest, RegisterConversionResponse};
use prost::Message;
use serde::{Deserialize, Serialize};

use crate::{
    cause::cause,
    change::{exchange_licence, written},
    code::Code,
    conversion_rule::{self, Plan},
    day::day,
    name_reservation,
    number::{self, Kind},
    standing,
    store::{
        conversion::{self, Note},
        enterprise::{self, Enterprise},
        history::{self, Change, Entry},
        licence, lock, penalty, sequence, shareholder,
    },
};

/// Registers a conversion.
pub(crate) struct RegisterConversion;

/// An application that an officer examines.
#[derive(Debug, Serialize, Deserialize)]
struct Application {
    /// The request as it came.
    message: Vec<u8>,
    cause: String,
}

#[async_trait]
impl Action for RegisterConversion {
    const METHOD: &'static str =
        "onething.enterprise_registry.v1.ConversionService/RegisterConversion";
    type Request = RegisterConversionRequest;
    type Response = RegisterConversionResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        // What would be refused anyway is refused at once.
        judge(tx, &request, call.at).await?;
        let application = Application {
            message: request.encode_to_vec(),
            cause: cause(call),
        };
        Err(Stop::Later(Review::of(&application)?))
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let Application { message, cause } = review.read()?;
        let request = RegisterConversionRequest::decode(message.as_slice())
            .map_err(|_| Refusal::invalid("", "the application is malformed"))?;
        register(tx, &request, &cause, conclusion.at).await
    }
}

async fn judge(
    tx: &mut Tx,
    request: &RegisterConversionRequest,
    at: i64,
) -> Result<(Enterprise, Plan), Stop> {
    let code = Code::read(&request.credit_code)?;
    let plan = Plan::read(request)?;
    let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
    conversion_rule::is_individual(&record)?;
    let locked = lock::in_force(tx, &record.credit_code).await?.is_some();
    standing::check(&record, locked)?;
    let open = penalty::unfulfilled(tx, &record.credit_code).await?;
    conversion_rule::settled(&record, open, request.holders_consent)?;
    plan.fits(&record, day(at)?)?;
    Ok((record, plan))
}

async fn register(
    tx: &mut Tx,
    request: &RegisterConversionRequest,
    cause: &str,
    at: i64,
) -> Result<Effect<RegisterConversionResponse, ()>, Stop> {
    let (before, plan) = judge(tx, request, at).await?;
    let today = day(at)?;
    let code = before.credit_code.as_str();
    name_reservation::consume(tx, code, &plan.reservation_number, &plan.name, at).await?;
    let new_code = if plan.set_up {
        Some(issue_code(tx, &before.registrar).await?)
    } else {
        None
    };
    let after = plan.apply(&before, new_code, today);
    if plan.set_up {
        licence::void(tx, code, at).await?;
        conversion::set_up(tx, code, &after, at).await?;
    } else {
        conversion::convert(tx, &after, at).await?;
    }
    let holders = plan.holders(today);
    shareholder::replace(tx, &after.credit_code, &holders).await?;
    let (voided, licence_number) = exchange_licence(tx, &after, at).await?;
    let note_number = number::issue(tx, Kind::Conversion, &after.registrar, at).await?;
    let note = Note {
        note_number: &note_number,
        credit_code: code,
        credit_code_after: &after.credit_code,
        mode: &plan.mode,
        legal_form: &plan.legal_form,
        licence_number: &licence_number,
    };
    conversion::note(tx, &note, at).await?;
    let entry = |credit_code, change| Entry {
        credit_code,
        change,
        document_number: &note_number,
        cause,
        before: written(&before, &[], voided.as_deref()),
        after: written(&after, &holders, Some(&licence_number)),
    };
    let mut registration_serial = history::add(tx, entry(code, Change::Converted), at).await?;
    if plan.set_up {
        // Departments that follow it under either code see one order.
        let entry = entry(&after.credit_code, Change::SetUp);
        registration_serial = history::go_on(tx, entry, registration_serial, at).await?;
    }
    let response = RegisterConversionResponse {
        note_number,
        licence_number,
        credit_code_after: after.credit_code,
        name: after.name,
        address: after.address,
        registrar: after.registrar,
        representative_id_number: after.legal_representative_id_number,
        founded_on: after.founded_on,
        registration_serial,
    };
    Ok(Effect {
        response,
        record: (),
    })
}

/// A code for an enterprise that is set up: class 91, the registrar's division, and an organisation
/// code out of a series that no real one has: it begins with `YYYX`, as the national centre gives out
/// others.
async fn issue_code(tx: &mut Tx, registrar: &str) -> Result<String, Stop> {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let serial = sequence::next(tx, "CODE", "150000", 0).await?;
    let serial = u64::try_from(serial).unwrap_or_default();
    if serial >= 31_u64.pow(4) {
        return Err(Fault::Exhausted("the organisation codes").into());
    }
    let digit = |power: u32| char::from(ALPHABET[(serial / 31_u64.pow(power) % 31) as usize]);
    let organisation = format!("YYYX{}{}{}{}", digit(3), digit(2), digit(1), digit(0));
    let code =
        CreditCode::compose("91", registrar, &organisation).map_err(|invalid| Fault::Corrupt {
            what: "a new credit code".to_owned(),
            source: invalid.into(),
        })?;
    Ok(code.to_string())
}
