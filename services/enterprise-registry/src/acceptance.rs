//! Accepting a move at the destination after reviewing name and domicile (迁入受理审查).

use async_trait::async_trait;
use onething_db::Tx;
use onething_elements::date;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::enterprise_registry::{AcceptRelocationRequest, AcceptRelocationResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    day::day,
    destination::{self, Destination},
    number::{self, Kind},
    registration, resolution,
    store::{
        acceptance,
        enterprise::{self, Enterprise},
        history::{self, Change, Entry},
        name,
        state::State,
    },
    value::value,
};

/// Accepts a move and reserves the name at the destination.
pub(crate) struct AcceptRelocation;

/// What cancelling an acceptance needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    credit_code: String,
    acceptance_number: String,
    /// The reserved name, for the history.
    name: String,
    cause: String,
}

/// What is applied for, well formed.
struct Application {
    code: Code,
    target_registrar: String,
    address: String,
    premises_right: String,
    resolution_date: String,
}

impl Application {
    fn read(request: &AcceptRelocationRequest) -> Result<Self, Refusal> {
        let checked = |field: &str, text: &str| value(&format!("enterprise.{field}"), field, text);
        Ok(Self {
            code: Code::read(&request.credit_code)?,
            target_registrar: destination::code(&request.target_registrar)?.to_owned(),
            address: checked("target_address", &request.target_address)?,
            premises_right: checked("premises_right", &request.premises_right)?,
            resolution_date: checked("resolution_date", &request.resolution_date)?,
        })
    }

    /// Reviews the application against the record and the working day.
    fn review(&self, record: &Enterprise, at: i64) -> Result<Destination, Stop> {
        let target = Destination::find(&self.target_registrar).ok_or_else(|| {
            let message = "The destination is no county-level registrar of the region.";
            Refusal::new("REGISTRAR_UNKNOWN", message).about(destination::FIELD)
        })?;
        target.differs_from(&record.registrar)?;
        if !target.covers(&self.address) {
            let message =
                "The new domicile does not lie in the area of the destination's registrar.";
            let refusal = Refusal::new("ADDRESS_OUTSIDE_REGISTRAR", message);
            return Err(refusal.about("target_address").into());
        }
        let resolved = date(&self.resolution_date)
            .map_err(|invalid| Refusal::invalid("resolution_date", invalid.reason()))?;
        resolution::check(resolved, day(at)?)?;
        Ok(target)
    }
}

#[async_trait]
impl Action for AcceptRelocation {
    const METHOD: &'static str =
        "onething.enterprise_registry.v1.EnterpriseRegistryService/AcceptRelocation";
    type Request = AcceptRelocationRequest;
    type Response = AcceptRelocationResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let application = Application::read(&request)?;
        let code = &application.code;
        let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
        let target = application.review(&record, call.at)?;

        let kind = Kind::Acceptance;
        let acceptance_number = number::issue(tx, kind, target.registrar(), call.at).await?;
        let draft = acceptance::Draft {
            acceptance_number: &acceptance_number,
            credit_code: &record.credit_code,
            name: &record.name,
            city: target.city(),
            target_registrar: target.registrar(),
            target_address: &application.address,
            premises_right: &application.premises_right,
            resolution_date: &application.resolution_date,
        };
        reserve(tx, &draft, &target, call.at).await?;
        let cause = cause(call);
        let entry = Entry {
            credit_code: &record.credit_code,
            change: Change::Accepted,
            document_number: &acceptance_number,
            cause: &cause,
            before: json!({"reserved_name": null, "target_registrar": null}),
            after: json!({"reserved_name": record.name, "target_registrar": target.registrar()}),
        };
        history::add(tx, entry, call.at).await?;
        Ok(Effect {
            response: AcceptRelocationResponse {
                acceptance_number: acceptance_number.clone(),
            },
            record: Record {
                credit_code: record.credit_code,
                acceptance_number,
                name: record.name,
                cause,
            },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        let Record {
            credit_code,
            acceptance_number,
            name,
            cause,
        } = record;
        enterprise::lock(tx, &credit_code).await?;
        let found = acceptance::find(tx, &acceptance_number, &credit_code).await?;
        let stored = found.ok_or_else(|| registration::missing(&acceptance_number))?;
        match stored.state {
            State::Annulled => return Ok(Annulled::Done),
            State::Completed => return Ok(registration::too_late()),
            State::InForce => {}
        }
        acceptance::mark(tx, &acceptance_number, State::Annulled, at).await?;
        let entry = Entry {
            credit_code: &credit_code,
            change: Change::AcceptanceCancelled,
            document_number: &acceptance_number,
            cause: &cause,
            before: json!({"reserved_name": name, "target_registrar": stored.target_registrar}),
            after: json!({"reserved_name": null, "target_registrar": null}),
        };
        history::add(tx, entry, at).await?;
        Ok(Annulled::Done)
    }
}

/// Enters the acceptance, unless its name is taken in the destination's league or city.
async fn reserve(
    tx: &mut Tx,
    draft: &acceptance::Draft<'_>,
    target: &Destination,
    at: i64,
) -> Result<(), Stop> {
    // Whoever else wants a name there, for a change or a conversion, waits until this has ended.
    name::queue(tx, draft.city).await?;
    let today = day(at)?.to_string();
    let holders = name::reserved_by(tx, draft.name, draft.city, &today).await?;
    // Reserving comes first: it waits for a registration that is about to end another reservation
    // of the name, so that the enterprise registered there is seen next.
    let elsewhere = holders.iter().any(|holder| holder != draft.credit_code);
    if elsewhere || !acceptance::insert(tx, draft, at).await? {
        let message = "The name is reserved in the destination's league or city.";
        return Err(Refusal::new("NAME_TAKEN", message).into());
    }
    let (name, code) = (draft.name, draft.credit_code);
    let others = enterprise::registrars_of_same_name(tx, name, code).await?;
    if others
        .iter()
        .any(|registrar| target.shares_city_with(registrar))
    {
        let message = "Another enterprise has the name in the destination's league or city.";
        return Err(Refusal::new("NAME_TAKEN", message).into());
    }
    Ok(())
}
