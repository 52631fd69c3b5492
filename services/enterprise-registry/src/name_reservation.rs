//! Reserving a name in the registrar's league or city (名称保留), for a change or a conversion.

use async_trait::async_trait;
use jiff::ToSpan;
use onething_db::{Db, Tx};
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::enterprise_registry::{
    CheckNameRequest, CheckNameResponse, ReserveNameRequest, ReserveNameResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    day::day,
    destination::Destination,
    name as rules,
    number::{self, Kind},
    registration,
    store::{
        enterprise::{self, ACTIVE},
        history::{self, Change, Entry},
        name,
        state::State,
    },
    value::value,
};

/// How long a name is kept (企业名称登记管理规定, article 17).
const MONTHS: i32 = 2;

/// Reserves a name.
pub(crate) struct ReserveName;

/// What releasing a name needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    credit_code: String,
    reservation_number: String,
    name: String,
    cause: String,
}

#[async_trait]
impl Action for ReserveName {
    const METHOD: &'static str = "onething.enterprise_registry.v1.ChangeService/ReserveName";
    type Request = ReserveNameRequest;
    type Response = ReserveNameResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let code = Code::read(&request.credit_code)?;
        let wanted = value("enterprise.name", "name", &request.name)?;
        let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
        if record.status != ACTIVE {
            let message = "The enterprise is not in business.";
            return Err(Refusal::new("NOT_ACTIVE", message).into());
        }
        if record.name == wanted {
            let message = "The enterprise has this name already.";
            return Err(Refusal::new("NAME_UNCHANGED", message).about("name").into());
        }
        rules::check(&wanted, &record.registrar)?;
        rules::fits_record(&wanted, &record)?;
        let place = place(&record.registrar)?;
        let today = day(call.at)?;

        name::queue(tx, place.city()).await?;
        let mut holders = name::registered(tx, &wanted).await?;
        let reserved = name::reserved_by(tx, &wanted, place.city(), &today.to_string()).await?;
        let here = place.registrar().to_owned();
        holders.extend(reserved.into_iter().map(|code| (code, here.clone())));
        free(&holders, &place)?;

        let number = number::issue(tx, Kind::Reservation, place.registrar(), call.at).await?;
        let until = today.saturating_add(MONTHS.months()).to_string();
        let draft = name::Draft {
            reservation_number: &number,
            credit_code: &record.credit_code,
            name: &wanted,
            city: place.city(),
            reserved_until: &until,
        };
        name::insert(tx, &draft, call.at).await?;
        let cause = cause(call);
        let entry = Entry {
            credit_code: &record.credit_code,
            change: Change::NameReserved,
            document_number: &number,
            cause: &cause,
            before: json!({"reserved_name": null}),
            after: json!({"reserved_name": wanted}),
        };
        history::add(tx, entry, call.at).await?;
        Ok(Effect {
            response: ReserveNameResponse {
                reservation_number: number.clone(),
                reserved_until: until,
            },
            record: Record {
                credit_code: record.credit_code,
                reservation_number: number,
                name: wanted,
                cause,
            },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        let Record {
            credit_code,
            reservation_number,
            name: wanted,
            cause,
        } = record;
        enterprise::lock(tx, &credit_code).await?;
        let found = name::find(tx, &reservation_number, &credit_code).await?;
        let stored = found.ok_or_else(|| registration::missing(&reservation_number))?;
        match stored.state {
            State::Annulled => return Ok(Annulled::Done),
            State::Completed => {
                return Ok(Annulled::Impossible {
                    reason: "NAME_REGISTERED".to_owned(),
                    message: "The name is registered. Only another change takes it away."
                        .to_owned(),
                });
            }
            State::InForce => {}
        }
        name::mark(tx, &reservation_number, State::Annulled, at).await?;
        let entry = Entry {
            credit_code: &credit_code,
            change: Change::NameReleased,
            document_number: &reservation_number,
            cause: &cause,
            before: json!({"reserved_name": wanted}),
            after: json!({"reserved_name": null}),
        };
        history::add(tx, entry, at).await?;
        Ok(Annulled::Done)
    }
}

/// Answers whether a name is free at a registrar.
pub(crate) async fn check(
    db: &Db,
    request: &CheckNameRequest,
    at: i64,
) -> Result<CheckNameResponse, Stop> {
    let wanted = value("enterprise.name", "name", &request.name)?;
    let registrar = value("enterprise.registrar", "registrar", &request.registrar)?;
    let place = place(&registrar)?;
    rules::check(&wanted, &registrar)?;
    let today = day(at)?.to_string();
    let mut holders = name::read_registered(db, &wanted).await?;
    let reserved = name::read_reserved_by(db, &wanted, place.city(), &today).await?;
    holders.extend(reserved.into_iter().map(|code| (code, registrar.clone())));
    free(&holders, &place)?;
    Ok(CheckNameResponse { available: true })
}

/// Uses an enterprise's reservation of a name, on a day.
///
/// # Errors
/// `NAME_NOT_RESERVED`.
pub(crate) async fn consume(
    tx: &mut Tx,
    credit_code: &str,
    number: &str,
    wanted: &str,
    at: i64,
) -> Result<(), Stop> {
    let today = day(at)?.to_string();
    let in_force = name::find(tx, number, credit_code).await?.is_some_and(|r| {
        r.state == State::InForce && r.name == wanted && r.reserved_until >= today
    });
    if !in_force {
        let message = "The enterprise has no reservation in force of this name.";
        let refusal = Refusal::new("NAME_NOT_RESERVED", message);
        return Err(refusal.about("reservation_number").into());
    }
    name::mark(tx, number, State::Completed, at).await?;
    Ok(())
}

/// The registrar's county and city.
pub(crate) fn place(registrar: &str) -> Result<Destination, Refusal> {
    Destination::find(registrar)
        .ok_or_else(|| Refusal::invalid("registrar", "is no registrar of the region"))
}

fn free(holders: &[(String, String)], place: &Destination) -> Result<(), Refusal> {
    if holders
        .iter()
        .any(|(_, registrar)| place.shares_city_with(registrar))
    {
        let message = "The name is registered or reserved in the league or city.";
        return Err(Refusal::new("NAME_TAKEN", message).about("name"));
    }
    Ok(())
}
