//! Do: carries a call out once and answers its repeats from what was recorded.

use async_trait::async_trait;
use bytes::Bytes;
use onething_db::Tx;
use tonic::Status;

use crate::{
    Call, ErasedEffect, Fault, Key, Ledger, Pending, Refusal, Rejection, Review, Stop,
    flight::{self, Flight},
    job::{Halt, Job},
    ledger::Matter,
    rules::{self, Admission, CallVerdict, Found, Incoming, Performed, Recorded},
    store::{self, Entry, Place, Row, Settlement},
};

/// How a call is answered.
#[derive(Debug)]
pub(crate) enum Answered {
    Response(Bytes),
    Refused(Refusal),
    Returned(Refusal),
    Pending(Pending),
    /// Another system is to be called, or asked again, before it can be answered.
    InFlight {
        /// Whether it may have been called before.
        again: bool,
    },
    /// What became of it is not known, and is found out without this caller.
    Doubt,
}

impl From<Answered> for Result<Bytes, Status> {
    fn from(answered: Answered) -> Self {
        match answered {
            Answered::Response(response) => Ok(response),
            Answered::Refused(refusal) => Err(refusal.into()),
            Answered::Returned(refusal) => Err(refusal.returned()),
            Answered::Pending(pending) => Err(pending.into()),
            Answered::InFlight { .. } | Answered::Doubt => Err(flight::in_flight()),
        }
    }
}

/// An action call.
#[derive(Debug)]
pub(crate) struct Act {
    method: String,
    key: Key,
    epoch: u64,
    call: Call,
    /// With what it was refused when it was carried out, which was then taken back.
    refused: Option<Refusal>,
    /// Whether the law may deem it decided, once it is committed.
    awaited: bool,
}

/// How carrying out ended.
enum Outcome {
    Effect(ErasedEffect),
    Refused(Refusal),
    Later(Review),
    Elsewhere(Flight),
}

impl Act {
    pub(crate) fn new(method: &str, key: Key, epoch: u64, call: Call) -> Self {
        Self {
            method: method.to_owned(),
            key,
            epoch,
            call,
            refused: None,
            awaited: false,
        }
    }

    fn incoming(&self) -> Incoming<'_> {
        Incoming {
            round: self.key.round,
            epoch: self.epoch,
            method: &self.method,
            digest: &self.call.digest,
        }
    }

    fn entry(&self) -> Entry<'_> {
        Entry {
            epoch: self.epoch,
            method: &self.method,
            digest: &self.call.digest,
            at: self.call.at,
        }
    }

    /// Answers what is recorded.
    async fn repeat(&self, tx: &mut Tx, row: Row) -> Result<Answered, Fault> {
        store::raise(tx, &self.key, &row, self.epoch).await?;
        Ok(match row.recorded()? {
            Recorded::InFlight => {
                let flight = Flight::of(&row)?;
                if flight.later {
                    return Ok(Answered::Pending(Pending { due: row.due_at }));
                }
                // What is to be undone goes on only to be undone.
                if flight.wished {
                    Answered::Doubt
                } else {
                    Answered::InFlight { again: true }
                }
            }
            Recorded::Refused => Answered::Refused(row.refusal()?),
            Recorded::Returned => Answered::Returned(row.refusal()?),
            Recorded::Pending => {
                let due = rules::due(row.due_at, self.call.due);
                if due != row.due_at {
                    store::move_due(tx, &self.key, due).await?;
                }
                Answered::Pending(Pending { due })
            }
            Recorded::Succeeded | Recorded::Undone | Recorded::Closed => {
                Answered::Response(row.response.unwrap_or_default().into())
            }
        })
    }

    async fn perform(
        &mut self,
        ledger: &Ledger,
        matter: &Matter,
        tx: &mut Tx,
    ) -> Result<Outcome, Halt> {
        if let Some(refusal) = self.refused.take() {
            return Ok(Outcome::Refused(refusal));
        }
        // A suspended matter is refused only here, after a repeat had its stored answer.
        let suspended = ledger.suspension(&self.method, self.call.step());
        match (
            rules::admission(suspended.is_some(), matter.kind),
            suspended,
        ) {
            (Admission::Refuse, Some(refusal)) => return Ok(Outcome::Refused(refusal)),
            (Admission::Wait, _) => {
                return Err(Halt::Failed(Status::unavailable(
                    "the department does not accept this matter at present",
                )));
            }
            _ => {}
        }
        match matter.action.perform(tx, &self.call).await {
            Ok(effect) => {
                effect.check_size(&self.method)?;
                Ok(Outcome::Effect(effect))
            }
            Err(Stop::Refuse(refusal)) => {
                matter.check_reason(&self.method, &refusal)?;
                // What it wrote before it refused goes; the refusal is recorded in the second run.
                self.refused = Some(refusal);
                Err(Halt::Again)
            }
            Err(Stop::Later(review)) if matter.decides_later => Ok(Outcome::Later(review)),
            Err(Stop::Later(_)) => Err(Fault::Contract {
                method: self.method.clone(),
                problem: "decides later but is not annotated so".to_owned(),
            }
            .into()),
            Err(Stop::Elsewhere(kept)) if matter.action.elsewhere().is_some() => {
                Ok(Outcome::Elsewhere(Flight::begin(kept, self.call.at)))
            }
            Err(Stop::Elsewhere(_)) => Err(Fault::Contract {
                method: self.method.clone(),
                problem: "is carried out elsewhere but by nobody".to_owned(),
            }
            .into()),
            Err(Stop::Fail(fault)) => Err(fault.into()),
        }
    }

    /// Records how it ended, where it was looked for.
    async fn record(
        &mut self,
        tx: &mut Tx,
        place: Place,
        outcome: Outcome,
    ) -> Result<Answered, Halt> {
        let performed = match &outcome {
            Outcome::Effect(_) => Performed::Succeeded,
            Outcome::Refused(_) => Performed::Refused,
            Outcome::Later(_) => Performed::Pending,
            Outcome::Elsewhere(_) => Performed::InFlight,
        };
        let in_flight = match &outcome {
            Outcome::Elsewhere(flight) => Some(flight.value()?),
            _ => None,
        };
        let Some(recorded) = rules::settled(performed) else {
            return Err(Halt::Again);
        };
        let bare = Settlement::bare(recorded);
        let settlement = match &outcome {
            Outcome::Effect(effect) => Settlement {
                response: Some(&effect.response),
                record: Some(&effect.record),
                ..bare
            },
            Outcome::Refused(refusal) => Settlement {
                refusal: Some(refusal),
                ..bare
            },
            Outcome::Later(review) => Settlement {
                record: Some(review.value()),
                due: self.call.due,
                expiry: self.call.expiry,
                ..bare
            },
            Outcome::Elsewhere(_) => Settlement {
                record: in_flight.as_ref(),
                due: self.call.due,
                ..bare
            },
        };
        if !store::write(tx, &self.key, place, self.entry(), settlement).await? {
            return Err(forgotten(rules::call(Found::Forgotten, self.incoming())).into());
        }
        if matches!(outcome, Outcome::Later(_)) {
            let Call {
                purpose, message, ..
            } = &self.call;
            store::open_review(tx, &self.key, purpose, message).await?;
        }
        Ok(match outcome {
            Outcome::Effect(effect) => Answered::Response(effect.response),
            Outcome::Refused(refusal) => Answered::Refused(refusal),
            Outcome::Later(_) => {
                self.awaited = true;
                Answered::Pending(Pending { due: self.call.due })
            }
            Outcome::Elsewhere(_) => Answered::InFlight { again: false },
        })
    }
}

fn forgotten(verdict: CallVerdict) -> Rejection {
    match verdict {
        CallVerdict::Rejected(rejection) => rejection,
        CallVerdict::Perform | CallVerdict::PerformNextRound | CallVerdict::Repeat => {
            Rejection::Closed
        }
    }
}

#[async_trait]
impl Job for Act {
    type Answer = Answered;

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<Answered, Halt> {
        let matter = ledger.matter(&self.method)?;
        let (row, place) = store::look(tx, &self.key, self.entry()).await?;
        let verdict = rules::call(store::found(row.as_ref())?, self.incoming());
        let place = match (verdict, row) {
            (CallVerdict::Rejected(rejection), _) => {
                // No fault of anyone here: a coordinator's late call, or one that lost its lease.
                tracing::info!(call.key = %self.key, call.epoch = self.epoch, ?rejection, "call rejected");
                return Err(rejection.into());
            }
            (CallVerdict::Repeat, Some(row)) => return Ok(self.repeat(tx, row).await?),
            (CallVerdict::PerformNextRound, _) => store::keep_round(tx, &self.key).await?,
            (CallVerdict::Perform | CallVerdict::Repeat, _) => place,
        };
        let outcome = self.perform(ledger, matter, tx).await?;
        self.record(tx, place, outcome).await
    }

    fn committed(&self, ledger: &Ledger) {
        if self.awaited {
            ledger.look_for_due();
        }
    }
}
