//! GetOutcome: tells what became of a key.

use async_trait::async_trait;
use onething_db::Tx;
use onething_proto::participant::{GetOutcomeResponse, Outcome};
use tonic::Status;

use crate::{
    Fault, Key, Ledger, Pending,
    flight::{self, Flight},
    job::{Halt, Job},
    rules::{self, Found, QuestionVerdict, Recorded},
    store::{self, Row},
};

impl Ledger {
    /// Tells what became of a key, and raises the highest epoch seen.
    ///
    /// # Errors
    /// A rejection by the protocol, or a failure after which nothing has changed.
    pub async fn outcome(&self, key: &Key, epoch: u64) -> Result<GetOutcomeResponse, Status> {
        let row = store::peek(self.db(), key).await?;
        let found = match &row {
            Some(_) => store::found(row.as_ref())?,
            None => {
                let mark = store::low_water(self.db(), &key.coordinator).await?;
                if rules::is_forgotten(&key.saga, mark.as_deref()) {
                    Found::Forgotten
                } else {
                    Found::Nothing
                }
            }
        };
        // What was committed is enough to answer from, unless there is something to write.
        match (rules::question(found, key.round, epoch), row) {
            (QuestionVerdict::Rejected(rejection), _) => Err(rejection.into()),
            (QuestionVerdict::NotSeen, None) => Ok(not_seen()),
            (QuestionVerdict::Current, Some(row)) if store::signed(epoch) == row.epoch => {
                told(row)?
            }
            _ => {
                let key = key.clone();
                self.transact(Question { key, epoch }).await?
            }
        }
    }
}

/// A question that raises the epoch or is about a past round.
#[derive(Debug)]
struct Question {
    key: Key,
    epoch: u64,
}

#[async_trait]
impl Job for Question {
    /// Nothing is told of a call in flight, but the epoch is raised all the same.
    type Answer = Result<GetOutcomeResponse, Status>;

    async fn run(&mut self, _: &Ledger, tx: &mut Tx) -> Result<Self::Answer, Halt> {
        let Some(row) = store::lock(tx, &self.key).await? else {
            return Ok(Ok(not_seen()));
        };
        let verdict = rules::question(store::found(Some(&row))?, self.key.round, self.epoch);
        if let QuestionVerdict::Rejected(rejection) = verdict {
            return Err(rejection.into());
        }
        store::raise(tx, &self.key, &row, self.epoch).await?;
        let row = match verdict {
            QuestionVerdict::Current => Some(row),
            QuestionVerdict::Past => store::past(tx, &self.key).await?,
            QuestionVerdict::NotSeen | QuestionVerdict::Rejected(_) => None,
        };
        Ok(match row {
            Some(row) => told(row)?,
            None => Ok(not_seen()),
        })
    }
}

fn not_seen() -> GetOutcomeResponse {
    GetOutcomeResponse {
        outcome: Outcome::NotSeen.into(),
        ..Default::default()
    }
}

fn told(row: Row) -> Result<Result<GetOutcomeResponse, Status>, Fault> {
    let mut recorded = row.recorded()?;
    if recorded == Recorded::InFlight {
        if !Flight::of(&row)?.later {
            return Ok(Err(flight::in_flight()));
        }
        recorded = Recorded::Pending;
    }
    let refusal = match recorded {
        Recorded::Refused | Recorded::Returned => {
            let returned = recorded == Recorded::Returned;
            Some(row.refusal()?.into_message(returned))
        }
        _ => None,
    };
    let pending = (recorded == Recorded::Pending).then_some(Pending { due: row.due_at });
    Ok(Ok(GetOutcomeResponse {
        outcome: public(recorded).into(),
        refusal,
        pending: pending.map(Into::into),
        response: row.response.unwrap_or_default().into(),
    }))
}

/// The name in the contract.
pub(crate) fn public(recorded: Recorded) -> Outcome {
    match recorded {
        Recorded::Succeeded => Outcome::Succeeded,
        Recorded::Refused => Outcome::Refused,
        Recorded::Returned => Outcome::Returned,
        Recorded::Pending => Outcome::Pending,
        // Whoever does not know what became of it says so.
        Recorded::InFlight => Outcome::Unspecified,
        Recorded::Undone => Outcome::Undone,
        Recorded::Closed => Outcome::Closed,
    }
}
