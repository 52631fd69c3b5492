//! Locking a record at its registrar while the enterprise moves (迁出登记锁定).

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::enterprise_registry::{LockRecordRequest, LockRecordResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    destination::{self, Destination},
    number::{self, Kind},
    registration, standing,
    store::{
        enterprise,
        history::{self, Change, Entry},
        lock,
        state::State,
    },
};

/// Locks a record.
pub(crate) struct LockRecord;

/// What unlocking needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    credit_code: String,
    lock_number: String,
    cause: String,
}

#[async_trait]
impl Action for LockRecord {
    const METHOD: &'static str =
        "onething.enterprise_registry.v1.EnterpriseRegistryService/LockRecord";
    type Request = LockRecordRequest;
    type Response = LockRecordResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let code = Code::read(&request.credit_code)?;
        let target = Destination::find(destination::code(&request.target_registrar)?)
            .ok_or_else(|| Refusal::invalid(destination::FIELD, "is no registrar of the region"))?;
        let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
        let locked = lock::in_force(tx, &record.credit_code).await?.is_some();
        standing::check(&record, locked)?;
        target.differs_from(&record.registrar)?;

        let lock_number = number::issue(tx, Kind::Lock, &record.registrar, call.at).await?;
        let cause = cause(call);
        let code = &record.credit_code;
        lock::insert(tx, &lock_number, code, target.registrar(), call.at).await?;
        let entry = Entry {
            credit_code: code,
            change: Change::Locked,
            document_number: &lock_number,
            cause: &cause,
            before: json!({"lock_number": null}),
            after: json!({"lock_number": lock_number}),
        };
        history::add(tx, entry, call.at).await?;
        Ok(Effect {
            response: LockRecordResponse {
                lock_number: lock_number.clone(),
            },
            record: Record {
                credit_code: record.credit_code,
                lock_number,
                cause,
            },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        let Record {
            credit_code,
            lock_number,
            cause,
        } = record;
        enterprise::lock(tx, &credit_code).await?;
        let found = lock::find(tx, &lock_number, &credit_code).await?;
        let stored = found.ok_or_else(|| registration::missing(&lock_number))?;
        match stored.state {
            State::Annulled => return Ok(Annulled::Done),
            State::Completed => return Ok(registration::too_late()),
            State::InForce => {}
        }
        lock::mark(tx, &lock_number, State::Annulled, at).await?;
        let entry = Entry {
            credit_code: &credit_code,
            change: Change::Unlocked,
            document_number: &lock_number,
            cause: &cause,
            before: json!({"lock_number": lock_number}),
            after: json!({"lock_number": null}),
        };
        history::add(tx, entry, at).await?;
        Ok(Annulled::Done)
    }
}
