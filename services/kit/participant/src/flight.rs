//! Calls in flight to another system: carries them out, and takes them back, outside any transaction.

use std::{pin::pin, sync::PoisonError, time::Duration};

use bytes::Bytes;
use onething_db::Tx;
use onething_proto::participant::{UndoOutcome, UndoResponse};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tonic::Status;
use tracing::Instrument;

use crate::{
    Annulled, Call, Errand, Fault, Key, Ledger, TakenBack, Told,
    act::{Act, Answered},
    arrival::{Annulment, Arrival, Departure, Unwish, Withdrawal},
    rules::Recorded,
    store::{self, Row, Settlement},
    undo::answered,
};

/// The reason for not undoing what nobody can know.
pub(crate) const OUTCOME_UNKNOWN: &str = "OUTCOME_UNKNOWN";
/// How long a repeated call waits for the one that is under way.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What the ledger keeps with a call in flight.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Flight {
    pub(crate) kept: Value,
    pub(crate) since: i64,
    /// Whether it is to be undone once it is known what became of it.
    pub(crate) wished: bool,
    /// Whether the other system said that it decides later.
    pub(crate) later: bool,
    /// Whether nothing was sent that the other system could carry out.
    #[serde(default)]
    pub(crate) unsent: bool,
}

impl Flight {
    pub(crate) fn begin(kept: Value, since: i64) -> Self {
        Self {
            kept,
            since,
            wished: false,
            later: false,
            unsent: false,
        }
    }

    pub(crate) fn of(row: &Row) -> Result<Self, Fault> {
        serde_json::from_value(row.record()).map_err(corrupt)
    }

    pub(crate) fn value(&self) -> Result<Value, Fault> {
        serde_json::to_value(self).map_err(corrupt)
    }

    fn errand(self, key: &Key, again: bool) -> Errand {
        Errand {
            key: key.clone(),
            kept: self.kept,
            since: self.since,
            again,
            later: self.later,
        }
    }

    /// Keeps it anew with its key.
    pub(crate) async fn keep(&self, tx: &mut Tx, key: &Key, at: i64) -> Result<(), Fault> {
        let settlement = Settlement {
            record: Some(&self.value()?),
            ..Settlement::bare(Recorded::InFlight)
        };
        store::settle(tx, key, settlement, at).await
    }
}

pub(crate) fn corrupt(error: serde_json::Error) -> Fault {
    Fault::Corrupt {
        what: "a call in flight".to_owned(),
        source: error.into(),
    }
}

/// What a caller is told of a call in flight: nothing that it could conclude anything from.
pub(crate) fn in_flight() -> Status {
    Status::unavailable(
        "the call went on to another system, and what became of it is not known yet; ask again",
    )
}

/// Marks a key as being carried out by this process.
struct UnderWay {
    ledger: Ledger,
    key: Key,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let keys = self.ledger.under_way();
        keys.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
        self.ledger.left().notify_waiters();
    }
}

impl Ledger {
    fn enter(&self, key: &Key) -> Option<UnderWay> {
        let keys = self.under_way();
        let entered = keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.clone());
        entered.then(|| UnderWay {
            ledger: self.clone(),
            key: key.clone(),
        })
    }

    /// Enters once whoever carries the key out has left; none when that takes too long.
    async fn enter_after(&self, key: &Key) -> Option<UnderWay> {
        let entering = async {
            loop {
                let left = self.left().notified();
                let mut left = pin!(left);
                left.as_mut().enable();
                if let Some(entered) = self.enter(key) {
                    return entered;
                }
                left.await;
            }
        };
        tokio::time::timeout(LONGEST_WAIT, entering).await.ok()
    }

    /// Carries a call out that may go on to another system. It goes on when the caller gives up.
    pub(crate) async fn act_elsewhere(
        &self,
        method: &str,
        key: Key,
        epoch: u64,
        call: Call,
    ) -> Result<Bytes, Status> {
        let (ledger, method) = (self.clone(), method.to_owned());
        let task = async move {
            // Before it is committed as in flight: nobody else shall take it for one that was left.
            let entered = ledger.enter_after(&key).await;
            let act = || Act::new(&method, key.clone(), epoch, call.clone());
            let answered = ledger.transact(act()).await?;
            let Answered::InFlight { again } = answered else {
                return answered.into();
            };
            let Some(_entered) = entered else {
                return Err(in_flight());
            };
            ledger.find_out(&key, again).await?;
            // Whatever is known by now is recorded.
            ledger.transact(act()).await?.into()
        };
        let task = tokio::spawn(task.in_current_span());
        task.await.unwrap_or_else(|_| Err(in_flight()))
    }

    /// The call with this key, as far as it is in flight.
    async fn flying(&self, key: &Key) -> Result<Option<(Row, Flight)>, Fault> {
        let row = store::peek(self.db(), key).await?;
        let Some(row) = row.filter(|row| row.round == i64::from(key.round)) else {
            return Ok(None);
        };
        if row.recorded()? != Recorded::InFlight {
            return Ok(None);
        }
        let flight = Flight::of(&row)?;
        Ok(Some((row, flight)))
    }

    pub(crate) async fn resolve(&self, key: &Key) -> Result<(), Status> {
        let Some(_entered) = self.enter(key) else {
            return Err(in_flight());
        };
        self.find_out(key, true).await
    }

    /// Has a call in flight carried out, or finds out what became of it, and records that.
    async fn find_out(&self, key: &Key, again: bool) -> Result<(), Status> {
        // Once to ask, and once to send what is surely not there.
        for _ in 0..2 {
            let Some((row, mut flight)) = self.flying(key).await? else {
                return Ok(());
            };
            let first = flight.unsent || !again;
            if flight.unsent {
                flight.since = self.now();
                self.transact(Departure::new(key, flight.since)).await?;
            }
            let errand = flight.errand(key, !first);
            let told = self.elsewhere(&row.method)?.carry_out(&errand).await;
            if let Told::Unknowable { message } = &told {
                tracing::warn!(call.key = %key, message, "nobody can find out what became of a call");
            }
            let send = matches!(told, Told::Absent) && !first;
            self.transact(Arrival::new(key, told)).await?;
            if !send {
                break;
            }
        }
        Ok(())
    }

    /// Undoes a call whose effect is elsewhere, as far as one step goes; none when the ledger has to
    /// be asked again what is left to be done.
    pub(crate) async fn undo_elsewhere(&self, key: &Key) -> Result<Option<UndoResponse>, Status> {
        let (ledger, key) = (self.clone(), key.clone());
        let task = async move { ledger.take_back(&key).await };
        let task = tokio::spawn(task.in_current_span());
        task.await.unwrap_or_else(|_| Err(in_flight()))
    }

    async fn take_back(&self, key: &Key) -> Result<Option<UndoResponse>, Status> {
        let Some(_entered) = self.enter(key) else {
            return Ok(Some(answered(UndoOutcome::Pending)));
        };
        let Some((row, flight)) = self.flying(key).await? else {
            return self.annul_elsewhere(key).await;
        };
        let elsewhere = self.elsewhere(&row.method)?;
        let errand = flight.errand(key, true);
        if errand.later {
            match elsewhere.take_back(&errand).await {
                TakenBack::Annulled(Annulled::Done) => {
                    let withdrawn = Withdrawal(key.clone());
                    self.transact(withdrawn).await?;
                    return Ok(None);
                }
                // It may have been decided in between: that is what counts.
                TakenBack::Annulled(Annulled::Impossible { .. }) => {}
                TakenBack::Annulled(Annulled::Pending) | TakenBack::Unknown => {
                    return Ok(Some(answered(UndoOutcome::Pending)));
                }
            }
        }
        match elsewhere.carry_out(&errand).await {
            Told::Unknowable { message } => {
                // From here on an owner decides; nothing is taken back behind their back.
                self.transact(Unwish(key.clone())).await?;
                Ok(Some(UndoResponse {
                    outcome: UndoOutcome::Impossible.into(),
                    reason: OUTCOME_UNKNOWN.to_owned(),
                    message,
                }))
            }
            Told::Unknown => Ok(Some(answered(UndoOutcome::Pending))),
            Told::Later(_) if errand.later => Ok(Some(answered(UndoOutcome::Pending))),
            told => {
                self.transact(Arrival::new(key, told)).await?;
                Ok(None)
            }
        }
    }

    /// Has an effect annulled that is recorded.
    async fn annul_elsewhere(&self, key: &Key) -> Result<Option<UndoResponse>, Status> {
        let row = store::peek(self.db(), key).await?;
        let current = |row: &Row| row.round == i64::from(key.round);
        let Some(row) = row.filter(current) else {
            return Ok(None);
        };
        if row.recorded()? != Recorded::Succeeded {
            return Ok(None);
        }
        let errand = Errand {
            key: key.clone(),
            kept: row.record(),
            since: 0,
            again: true,
            later: false,
        };
        match self.elsewhere(&row.method)?.take_back(&errand).await {
            TakenBack::Annulled(Annulled::Done) => {
                self.transact(Annulment(key.clone())).await?;
                Ok(None)
            }
            TakenBack::Annulled(Annulled::Pending) => Ok(Some(answered(UndoOutcome::Pending))),
            TakenBack::Annulled(Annulled::Impossible { reason, message }) => {
                Ok(Some(UndoResponse {
                    outcome: UndoOutcome::Impossible.into(),
                    reason,
                    message,
                }))
            }
            TakenBack::Unknown => Err(in_flight()),
        }
    }
}

impl Ledger {
    /// Does what an undo wished for while the call was in flight.
    pub(crate) async fn undo_recorded(&self, key: &Key) -> Result<(), Status> {
        // Once for the call, once for its effect.
        for _ in 0..2 {
            if self.take_back(key).await?.is_some() {
                break;
            }
        }
        Ok(())
    }
}
