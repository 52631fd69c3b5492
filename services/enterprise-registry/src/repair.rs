//! Deciding that a record is repaired (信用修复决定). The body that made the record decides
//! (谁认定、谁修复): at once on a minor one, else by its officer.

use std::sync::Arc;

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{
    Action, Annulled, Call, Conclusion, Effect, Fault, Refusal, Review, Stop,
};
use onething_proto::enterprise_registry::{DecideRepairRequest, DecideRepairResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    day::day,
    number::{self, Kind},
    penalty,
    publicity_period::Periods,
    registration,
    store::{
        enterprise::{self, Enterprise},
        history::{self, Change, Entry},
        penalty::{self as store, Decision, PUBLISHED, Penalty},
        state::State,
    },
    value::value,
};

/// Decides on a repair.
pub(crate) struct DecideRepair(pub(crate) Arc<Periods>);

/// What withdrawing a decision needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    credit_code: String,
    repair_number: String,
    decision_number: String,
    cause: String,
}

/// An application that an officer of the body decides.
#[derive(Debug, Serialize, Deserialize)]
struct Application {
    credit_code: String,
    decision_number: String,
    commitment_number: String,
    cause: String,
}

#[async_trait]
impl Action for DecideRepair {
    const METHOD: &'static str = "onething.enterprise_registry.v1.PenaltyService/DecideRepair";
    type Request = DecideRepairRequest;
    type Response = DecideRepairResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let code = Code::read(&request.credit_code)?;
        let application = Application {
            credit_code: code.as_str().to_owned(),
            decision_number: value(
                "penalty.decision_number",
                "decision_number",
                &request.decision_number,
            )?,
            commitment_number: value(
                "credit.commitment_number",
                "commitment_number",
                &request.commitment_number,
            )?,
            cause: cause(call),
        };
        let (_, record) = self.judge(tx, &application, call.at).await?;
        if record.class == "minor" {
            return self.decide(tx, &application, call.at).await;
        }
        Err(Stop::Later(Review::of(&application)?))
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        self.decide(tx, &review.read()?, conclusion.at).await
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        let Record {
            credit_code,
            repair_number,
            decision_number,
            cause,
        } = record;
        enterprise::lock(tx, &credit_code).await?;
        let state = store::decision(tx, &repair_number).await?;
        let state = state.ok_or_else(|| registration::missing(&repair_number))?;
        if state == State::Annulled.as_str() {
            return Ok(Annulled::Done);
        }
        if state == State::Completed.as_str() {
            return Ok(Annulled::Impossible {
                reason: "PUBLICITY_ENDED".to_owned(),
                message: "Publicity has ended. Only denying the repair publishes the record again."
                    .to_owned(),
            });
        }
        store::withdraw(tx, &repair_number, &decision_number, at).await?;
        let entry = Entry {
            credit_code: &credit_code,
            change: Change::RepairWithdrawn,
            document_number: &repair_number,
            cause: &cause,
            before: json!({"decision_number": decision_number, "repaired": true}),
            after: json!({"decision_number": decision_number, "repaired": false}),
        };
        history::add(tx, entry, at).await?;
        Ok(Annulled::Done)
    }
}

impl DecideRepair {
    /// Checks a record against the rules of the day.
    async fn judge(
        &self,
        tx: &mut Tx,
        application: &Application,
        at: i64,
    ) -> Result<(Enterprise, Penalty), Stop> {
        let code = Code::read(&application.credit_code)?;
        let enterprise = enterprise::lock(tx, code.as_str()).await?;
        let enterprise = enterprise.ok_or_else(penalty::not_found)?;
        let number = &application.decision_number;
        let record = store::find(tx, code.as_str(), number).await?;
        let record = record.ok_or_else(penalty::not_found)?;
        if record.state != PUBLISHED {
            let message = "The repair of this record is decided already.";
            let refusal = Refusal::new("ALREADY_DECIDED", message);
            return Err(refusal.about("decision_number").into());
        }
        let today = day(at)?;
        penalty::publicity(&self.0, &record, today)?.check(record.duty_fulfilled, today)?;
        Ok((enterprise, record))
    }

    async fn decide(
        &self,
        tx: &mut Tx,
        application: &Application,
        at: i64,
    ) -> Result<Effect<DecideRepairResponse, Record>, Stop> {
        let (enterprise, record) = self.judge(tx, application, at).await?;
        let repair_number = number::issue(tx, Kind::Repair, &enterprise.registrar, at).await?;
        let decision = Decision {
            repair_number: &repair_number,
            decision_number: &record.decision_number,
            credit_code: &enterprise.credit_code,
            commitment_number: &application.commitment_number,
        };
        store::decide(tx, &decision, at).await?;
        let entry = Entry {
            credit_code: &enterprise.credit_code,
            change: Change::RepairDecided,
            document_number: &repair_number,
            cause: &application.cause,
            before: json!({"decision_number": record.decision_number, "repaired": false}),
            after: json!({"decision_number": record.decision_number, "repaired": true}),
        };
        history::add(tx, entry, at).await?;
        Ok(Effect {
            response: DecideRepairResponse {
                repair_number: repair_number.clone(),
                decided_by: record.body,
            },
            record: Record {
                credit_code: enterprise.credit_code,
                repair_number,
                decision_number: record.decision_number,
                cause: application.cause.clone(),
            },
        })
    }
}
