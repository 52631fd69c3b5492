//! Registering a move at the destination (迁入变更登记): the point of legal effect. Afterwards nothing
//! that led to it can be annulled.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::enterprise_registry::{RegisterRelocationRequest, RegisterRelocationResponse};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    number::{self, Kind},
    standing,
    store::{
        acceptance::{self, Acceptance},
        archive,
        enterprise::{self, ACTIVE, Enterprise},
        history::{self, Change, Entry},
        licence, lock,
        release::{self, Release},
        state::State,
        transfer::{self, Transfer},
    },
    value::value,
};

/// Registers a move and issues the new licence.
pub(crate) struct RegisterRelocation;

#[async_trait]
impl Action for RegisterRelocation {
    const METHOD: &'static str =
        "onething.enterprise_registry.v1.EnterpriseRegistryService/RegisterRelocation";
    type Request = RegisterRelocationRequest;
    type Response = RegisterRelocationResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let code = Code::read(&request.credit_code)?;
        let acceptance_number = value(
            "relocation.acceptance_number",
            "acceptance_number",
            &request.acceptance_number,
        )?;
        let archive_number = value("archive.number", "archive_number", &request.archive_number)?;
        let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
        let accepted = accepted(tx, &record, &acceptance_number).await?;
        let released = released(tx, &record, &accepted).await?;
        let handed_over = handed_over(tx, &record, &released, &accepted, &archive_number).await?;
        standing::still_free(&record)?;

        complete(tx, &accepted, &released, &handed_over, call.at).await?;
        let (licence_number, registration_serial) =
            relocate(tx, call, &record, &accepted, &released).await?;
        Ok(Effect {
            response: RegisterRelocationResponse {
                licence_number,
                registrar: accepted.target_registrar,
                address: accepted.target_address,
                credit_code_after: record.credit_code,
                registration_serial,
            },
            record: (),
        })
    }
}

async fn accepted(tx: &mut Tx, record: &Enterprise, number: &str) -> Result<Acceptance, Stop> {
    let refused = |message| Refusal::new("NOT_ACCEPTED", message).about("acceptance_number");
    let found = acceptance::find(tx, number, &record.credit_code)
        .await?
        .filter(|acceptance| acceptance.state == State::InForce)
        .ok_or_else(|| refused("No acceptance in force of this enterprise has this number."))?;
    if record.status != ACTIVE {
        return Err(refused("The acceptance lapsed: the enterprise is not in business.").into());
    }
    Ok(found)
}

async fn released(
    tx: &mut Tx,
    record: &Enterprise,
    accepted: &Acceptance,
) -> Result<Release, Stop> {
    let refused = || {
        Refusal::new(
            "NOT_RELEASED",
            "The origin has not released the enterprise.",
        )
    };
    let release = release::in_force(tx, &record.credit_code)
        .await?
        .filter(|release| release.acceptance_number == accepted.acceptance_number)
        .ok_or_else(refused)?;
    let lock = lock::in_force(tx, &record.credit_code).await?;
    if lock.is_none_or(|lock| lock.lock_number != release.lock_number) {
        return Err(refused().into());
    }
    Ok(release)
}

async fn handed_over(
    tx: &mut Tx,
    record: &Enterprise,
    released: &Release,
    accepted: &Acceptance,
    archive_number: &str,
) -> Result<Transfer, Stop> {
    let refused = || {
        let message = "The destination does not hold the enterprise's archive under this number.";
        Refusal::new("ARCHIVE_NOT_HANDED_OVER", message).about("archive_number")
    };
    let held = archive::lock(tx, &record.credit_code).await?;
    if held.is_none_or(|archive| archive.holder != accepted.target_registrar) {
        return Err(refused().into());
    }
    let transfer = transfer::find(tx, archive_number, &record.credit_code).await?;
    Ok(transfer
        .filter(|transfer| transfer.state == State::InForce)
        .filter(|transfer| transfer.release_number == released.release_number)
        .ok_or_else(refused)?)
}

/// Ends the lock, consumes the acceptance and closes release and hand-over.
async fn complete(
    tx: &mut Tx,
    accepted: &Acceptance,
    released: &Release,
    handed_over: &Transfer,
    at: i64,
) -> Result<(), Stop> {
    let state = State::Completed;
    lock::mark(tx, &released.lock_number, state, at).await?;
    acceptance::mark(tx, &accepted.acceptance_number, state, at).await?;
    release::mark(tx, &released.release_number, state, at).await?;
    transfer::mark(tx, &handed_over.archive_number, state, at).await?;
    Ok(())
}

/// Enters registrar and address, exchanges the licence, and gives the new one's number and the
/// registration's serial.
async fn relocate(
    tx: &mut Tx,
    call: &Call,
    record: &Enterprise,
    accepted: &Acceptance,
    released: &Release,
) -> Result<(String, i64), Stop> {
    let code = record.credit_code.as_str();
    let (registrar, address) = (&accepted.target_registrar, &accepted.target_address);
    enterprise::relocate(tx, code, registrar, address, call.at).await?;
    let voided = licence::void(tx, code, call.at).await?;
    let licence_number = number::issue(tx, Kind::Licence, registrar, call.at).await?;
    let draft = licence::Draft {
        licence_number: &licence_number,
        credit_code: code,
        name: &record.name,
        registrar,
        address,
    };
    licence::insert(tx, &draft, call.at).await?;
    let entry = Entry {
        credit_code: code,
        change: Change::Relocated,
        document_number: &licence_number,
        cause: &cause(call),
        before: json!({
            "registrar": record.registrar, "address": record.address,
            "licence_number": voided, "lock_number": released.lock_number,
        }),
        after: json!({
            "registrar": registrar, "address": address,
            "licence_number": licence_number, "lock_number": null,
        }),
    };
    let registration_serial = history::add(tx, entry, call.at).await?;
    Ok((licence_number, registration_serial))
}

/// The answer to annulling a part of a move that is registered.
pub(crate) fn too_late() -> Annulled {
    Annulled::Impossible {
        reason: "RELOCATION_REGISTERED".to_owned(),
        message: "The move is registered. Only revoking the registration (撤销登记) or another \
                  move changes it."
            .to_owned(),
    }
}

/// A document that the ledger knows and the register does not.
pub(crate) fn missing(number: &str) -> Fault {
    Fault::Corrupt {
        what: format!("document {number}"),
        source: "it is not in the register".into(),
    }
}
