//! The origin's approval that an enterprise moves away (准予迁出).

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::enterprise_registry::{ApproveReleaseRequest, ApproveReleaseResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    number::{self, Kind},
    registration, standing,
    store::{
        acceptance, enterprise,
        history::{self, Change, Entry},
        lock, release,
        state::State,
    },
    value::value,
};

/// Approves that an enterprise moves away.
pub(crate) struct ApproveRelease;

/// What cancelling a release needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    credit_code: String,
    release_number: String,
    cause: String,
}

#[async_trait]
impl Action for ApproveRelease {
    const METHOD: &'static str =
        "onething.enterprise_registry.v1.EnterpriseRegistryService/ApproveRelease";
    type Request = ApproveReleaseRequest;
    type Response = ApproveReleaseResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let code = Code::read(&request.credit_code)?;
        let checked = |field: &str, text: &str| value(&format!("relocation.{field}"), field, text);
        let lock_number = checked("lock_number", &request.lock_number)?;
        let acceptance_number = checked("acceptance_number", &request.acceptance_number)?;
        let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
        let code = record.credit_code.as_str();

        let lock = lock::find(tx, &lock_number, code).await?;
        let lock = lock
            .filter(|lock| lock.state == State::InForce)
            .ok_or_else(|| {
                let message = "No lock in force of this record has this number.";
                Refusal::new("RECORD_NOT_LOCKED", message).about("lock_number")
            })?;
        acceptance::find(tx, &acceptance_number, code)
            .await?
            .filter(|found| found.state == State::InForce)
            .filter(|found| found.target_registrar == lock.target_registrar)
            .ok_or_else(|| {
                let message = "The destination that the lock names has no acceptance in force \
                               of this enterprise with this number.";
                Refusal::new("NOT_ACCEPTED", message).about("acceptance_number")
            })?;
        standing::no_open_case(&record)?;
        if release::in_force(tx, code).await?.is_some() {
            let message = "A release of this enterprise is in force already.";
            return Err(Refusal::new("OPEN_CASE", message).into());
        }

        let release_number = number::issue(tx, Kind::Release, &record.registrar, call.at).await?;
        release::insert(
            tx,
            &release_number,
            code,
            &lock_number,
            &acceptance_number,
            call.at,
        )
        .await?;
        let cause = cause(call);
        let entry = Entry {
            credit_code: code,
            change: Change::Released,
            document_number: &release_number,
            cause: &cause,
            before: json!({"release_number": null}),
            after: json!({"release_number": release_number}),
        };
        history::add(tx, entry, call.at).await?;
        Ok(Effect {
            response: ApproveReleaseResponse {
                release_number: release_number.clone(),
            },
            record: Record {
                credit_code: record.credit_code,
                release_number,
                cause,
            },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        let Record {
            credit_code,
            release_number,
            cause,
        } = record;
        enterprise::lock(tx, &credit_code).await?;
        let found = release::find(tx, &release_number, &credit_code).await?;
        let stored = found.ok_or_else(|| registration::missing(&release_number))?;
        match stored.state {
            State::Annulled => return Ok(Annulled::Done),
            State::Completed => return Ok(registration::too_late()),
            State::InForce => {}
        }
        release::mark(tx, &release_number, State::Annulled, at).await?;
        let entry = Entry {
            credit_code: &credit_code,
            change: Change::ReleaseCancelled,
            document_number: &release_number,
            cause: &cause,
            before: json!({"release_number": release_number}),
            after: json!({"release_number": null}),
        };
        history::add(tx, entry, at).await?;
        Ok(Annulled::Done)
    }
}
