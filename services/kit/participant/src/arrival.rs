//! What became of calls to other systems, on its way into the ledger: each a job of one transaction.

use async_trait::async_trait;
use onething_db::Tx;
use serde_json::Value;

use crate::{
    ErasedEffect, Fault, Key, Ledger, Refusal, Told,
    flight::Flight,
    job::{Halt, Job},
    rules::Recorded,
    store::{self, Row, Settlement},
};

/// What another system said, on its way into the ledger.
#[derive(Debug)]
pub(crate) struct Arrival {
    key: Key,
    told: Arrived,
    decided: bool,
}

#[derive(Debug)]
enum Arrived {
    Effect(ErasedEffect),
    Refusal(Refusal),
    Later(Value),
    Absent,
    Nothing,
}

impl Arrival {
    pub(crate) fn new(key: &Key, told: Told) -> Self {
        Self {
            key: key.clone(),
            told: match told {
                Told::Done(effect) => Arrived::Effect(effect),
                Told::Refused(refusal) => Arrived::Refusal(refusal),
                Told::Later(kept) => Arrived::Later(kept),
                Told::Absent => Arrived::Absent,
                Told::Unknown | Told::Unknowable { .. } => Arrived::Nothing,
            },
            decided: false,
        }
    }
}

/// The row of a call that is in flight still, locked.
async fn locked(tx: &mut Tx, key: &Key) -> Result<Option<(Row, Flight)>, Fault> {
    let Some(row) = store::lock(tx, key).await? else {
        return Ok(None);
    };
    if row.recorded()? != Recorded::InFlight || row.round != i64::from(key.round) {
        // Another instance of the department was faster.
        return Ok(None);
    }
    let flight = Flight::of(&row)?;
    Ok(Some((row, flight)))
}

#[async_trait]
impl Job for Arrival {
    type Answer = ();

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<(), Halt> {
        self.decided = false;
        let at = ledger.now();
        let Some((row, mut flight)) = locked(tx, &self.key).await? else {
            return Ok(());
        };
        let matter = ledger.matter(&row.method)?;
        let settlement = match &self.told {
            Arrived::Effect(effect) => {
                effect.check_size(&row.method)?;
                Settlement {
                    response: Some(&effect.response),
                    record: Some(&effect.record),
                    ..Settlement::bare(Recorded::Succeeded)
                }
            }
            Arrived::Refusal(refusal) => {
                matter.check_reason(&row.method, refusal)?;
                Settlement {
                    refusal: Some(refusal),
                    ..Settlement::bare(Recorded::Refused)
                }
            }
            Arrived::Later(_) if !matter.decides_later => {
                return Err(Fault::Contract {
                    method: row.method.clone(),
                    problem: "decides later but is not annotated so".to_owned(),
                }
                .into());
            }
            Arrived::Absent if flight.wished => Settlement::bare(Recorded::Closed),
            Arrived::Absent => {
                flight.unsent = true;
                return Ok(flight.keep(tx, &self.key, at).await?);
            }
            Arrived::Later(kept) => {
                flight.later = true;
                flight.kept = kept.clone();
                return Ok(flight.keep(tx, &self.key, at).await?);
            }
            Arrived::Nothing => return Ok(()),
        };
        store::settle(tx, &self.key, settlement, at).await?;
        if flight.later && settlement.recorded != Recorded::Closed {
            let logged = store::Decided {
                recorded: settlement.recorded,
                response: settlement.response,
                refusal: settlement.refusal,
                decided_by: "",
                deemed: false,
                at,
            };
            store::log(tx, &self.key, logged).await?;
            self.decided = true;
        }
        Ok(())
    }

    fn committed(&self, ledger: &Ledger) {
        if self.decided {
            ledger.tell_of_decisions();
        }
    }
}

/// That a call is sent which was not there: from now on it may be.
#[derive(Debug)]
pub(crate) struct Departure {
    key: Key,
    at: i64,
}

impl Departure {
    pub(crate) fn new(key: &Key, at: i64) -> Self {
        Self {
            key: key.clone(),
            at,
        }
    }
}

#[async_trait]
impl Job for Departure {
    type Answer = ();

    async fn run(&mut self, _: &Ledger, tx: &mut Tx) -> Result<(), Halt> {
        if let Some((_, mut flight)) = locked(tx, &self.key).await? {
            flight.unsent = false;
            flight.since = self.at;
            flight.keep(tx, &self.key, self.at).await?;
        }
        Ok(())
    }
}

/// That nobody can find out what is to be undone: whoever asked for it is told so.
#[derive(Debug)]
pub(crate) struct Unwish(pub(crate) Key);

#[async_trait]
impl Job for Unwish {
    type Answer = ();

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<(), Halt> {
        if let Some((_, mut flight)) = locked(tx, &self.0).await? {
            flight.wished = false;
            flight.keep(tx, &self.0, ledger.now()).await?;
        }
        Ok(())
    }
}

/// That the other system has withdrawn what it had yet to decide.
#[derive(Debug)]
pub(crate) struct Withdrawal(pub(crate) Key);

#[async_trait]
impl Job for Withdrawal {
    type Answer = ();

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<(), Halt> {
        if locked(tx, &self.0).await?.is_some() {
            let closed = Settlement::bare(Recorded::Closed);
            store::settle(tx, &self.0, closed, ledger.now()).await?;
        }
        Ok(())
    }
}

/// That the other system has annulled an effect.
#[derive(Debug)]
pub(crate) struct Annulment(pub(crate) Key);

#[async_trait]
impl Job for Annulment {
    type Answer = ();

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<(), Halt> {
        let Some(row) = store::lock(tx, &self.0).await? else {
            return Ok(());
        };
        let current = row.round == i64::from(self.0.round);
        if current && row.recorded()? == Recorded::Succeeded {
            store::mark(tx, &self.0, Recorded::Undone, ledger.now()).await?;
        }
        Ok(())
    }
}
