//! Registering changed items (变更登记): the point of legal effect. The notice and the new licence are
//! issued with it.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Conclusion, Effect, Review, Stop};
use onething_proto::enterprise_registry::{RegisterChangeRequest, RegisterChangeResponse};
use prost::Message;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    cause::cause,
    change_items::Items,
    code::Code,
    day::day,
    eligibility, holdings, name_reservation,
    number::{self, Kind},
    resolution, standing,
    store::{
        change, disqualification,
        enterprise::{self, Enterprise},
        history::{self, Change, Entry},
        licence, lock,
        shareholder::{self, Shareholder},
    },
};

/// Registers changed items.
pub(crate) struct RegisterChange;

/// An application that an officer examines.
#[derive(Debug, Serialize, Deserialize)]
struct Application {
    /// The request as it came.
    message: Vec<u8>,
    cause: String,
}

#[async_trait]
impl Action for RegisterChange {
    const METHOD: &'static str = "onething.enterprise_registry.v1.ChangeService/RegisterChange";
    type Request = RegisterChangeRequest;
    type Response = RegisterChangeResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let examined = Items::read(&request)?.needs_examination();
        let cause = cause(call);
        if examined {
            // What would be refused anyway is refused at once.
            judge(tx, &request, call.at).await?;
            let message = request.encode_to_vec();
            return Err(Stop::Later(Review::of(&Application { message, cause })?));
        }
        register(tx, &request, &cause, call.at).await
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let Application { message, cause } = review.read()?;
        let request = RegisterChangeRequest::decode(message.as_slice()).map_err(|_| {
            onething_participant::Refusal::invalid("", "the application is malformed")
        })?;
        register(tx, &request, &cause, conclusion.at).await
    }
}

/// A change that may be registered.
struct Judged {
    before: Enterprise,
    after: Enterprise,
    holders_before: Vec<Shareholder>,
    holders: Vec<Shareholder>,
    items: Items,
}

/// Checks an application against the register, and computes the record that it makes.
async fn judge(tx: &mut Tx, request: &RegisterChangeRequest, at: i64) -> Result<Judged, Stop> {
    let code = Code::read(&request.credit_code)?;
    let items = Items::read(request)?;
    let today = day(at)?;
    let before = code.found(enterprise::lock(tx, code.as_str()).await?)?;
    let locked = lock::in_force(tx, &before.credit_code).await?.is_some();
    standing::check(&before, locked)?;
    resolution::check(items.resolved, today)?;
    items.stays(&before)?;
    if let Some(person) = &items.representative {
        let barred = disqualification::find(tx, person.as_str()).await?;
        let field = "representative_id_number";
        eligibility::check(field, person.birth_date(), barred.as_ref(), today)?;
    }
    let holders_before = shareholder::of(tx, &before.credit_code).await?;
    let mut holders = holders_before.clone();
    if let Some(transfer) = &items.transfer {
        holders = holdings::transferred(&holders, transfer, today)?;
    }
    if let Some(capital) = items.capital_fen {
        holders = holdings::scaled(&holders, capital);
    }
    Ok(Judged {
        after: items.apply(&before),
        before,
        holders_before,
        holders,
        items,
    })
}

async fn register(
    tx: &mut Tx,
    request: &RegisterChangeRequest,
    cause: &str,
    at: i64,
) -> Result<Effect<RegisterChangeResponse, ()>, Stop> {
    let judged = judge(tx, request, at).await?;
    let (before, after) = (&judged.before, &judged.after);
    let code = after.credit_code.as_str();
    if let Some((name, reservation)) = &judged.items.name {
        name_reservation::consume(tx, code, reservation, name, at).await?;
    }
    change::change(tx, after, at).await?;
    if judged.holders != judged.holders_before {
        shareholder::replace(tx, code, &judged.holders).await?;
    }
    let (voided, licence_number) = exchange_licence(tx, after, at).await?;
    let notice_number = number::issue(tx, Kind::Notice, &after.registrar, at).await?;
    let resolved = judged.items.resolved.to_string();
    change::notify(tx, &notice_number, code, &licence_number, &resolved, at).await?;
    let entry = Entry {
        credit_code: code,
        change: Change::ItemsChanged,
        document_number: &notice_number,
        cause,
        before: written(before, &judged.holders_before, voided.as_deref()),
        after: written(after, &judged.holders, Some(&licence_number)),
    };
    let registration_serial = history::add(tx, entry, at).await?;
    Ok(Effect {
        response: RegisterChangeResponse {
            notice_number,
            licence_number,
            credit_code_after: judged.after.credit_code,
            name: judged.after.name,
            address: judged.after.address,
            registrar: judged.after.registrar,
            representative_id_number: judged.after.legal_representative_id_number,
            registration_serial,
        },
        record: (),
    })
}

/// Voids the licence in force and issues another; tells the numbers of both.
pub(crate) async fn exchange_licence(
    tx: &mut Tx,
    record: &Enterprise,
    at: i64,
) -> Result<(Option<String>, String), Stop> {
    let voided = licence::void(tx, &record.credit_code, at).await?;
    let licence_number = number::issue(tx, Kind::Licence, &record.registrar, at).await?;
    let draft = licence::Draft {
        licence_number: &licence_number,
        credit_code: &record.credit_code,
        name: &record.name,
        registrar: &record.registrar,
        address: &record.address,
    };
    licence::insert(tx, &draft, at).await?;
    Ok((voided, licence_number))
}

/// A record as its history keeps it.
pub(crate) fn written(
    record: &Enterprise,
    holders: &[Shareholder],
    licence_number: Option<&str>,
) -> Value {
    json!({
        "name": record.name,
        "legal_representative_id_number": record.legal_representative_id_number,
        "address": record.address,
        "scope": record.scope,
        "capital_fen": record.capital_fen,
        "legal_form": record.legal_form,
        "shareholders": holdings::written(holders),
        "licence_number": licence_number,
    })
}
