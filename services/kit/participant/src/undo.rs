//! Undo: annuls from what was recorded, withdraws reviews, and closes keys never seen.

use async_trait::async_trait;
use onething_db::Tx;
use onething_proto::participant::{UndoOutcome, UndoResponse};
use tonic::Status;

use crate::{
    Annulled, Dismissal, Key, Ledger, Rejection, Review,
    flight::Flight,
    job::{Halt, Job},
    ledger::Matter,
    rules::{self, Annulment, Found, Kind, Recorded, UndoVerdict},
    store::{self, Entry, Place, Row, Settlement},
};

impl Ledger {
    /// Annuls what the call with this key did.
    ///
    /// # Errors
    /// A rejection by the protocol, or a failure after which nothing has changed.
    pub async fn undo(&self, key: &Key, epoch: u64) -> Result<UndoResponse, Status> {
        // A call in flight is found out about, then annulled; what is known by then is recorded.
        for _ in 0..3 {
            let undo = Undo {
                key: key.clone(),
                epoch,
                impossible: None,
            };
            match self.transact(undo).await? {
                Step::Answered(answer) => return Ok(answer),
                Step::Elsewhere => {
                    if let Some(answer) = self.undo_elsewhere(key).await? {
                        return Ok(answer);
                    }
                }
            }
        }
        Ok(answered(UndoOutcome::Pending))
    }
}

/// How far an undo came in its transaction.
#[derive(Debug)]
enum Step {
    Answered(UndoResponse),
    /// The system in which the effect is, or may be, has to be called.
    Elsewhere,
}

/// An undo.
#[derive(Debug)]
struct Undo {
    key: Key,
    epoch: u64,
    /// Why annulling proved impossible, which was then taken back.
    impossible: Option<UndoResponse>,
}

#[async_trait]
impl Job for Undo {
    type Answer = Step;

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<Step, Halt> {
        let at = ledger.now();
        let entry = Entry {
            epoch: self.epoch,
            method: "",
            digest: &[],
            at,
        };
        let (row, place) = store::look(tx, &self.key, entry).await?;
        let found = store::found(row.as_ref())?;
        // Only an effect and a review depend on their method; a closed key has not even one.
        let matter = match found {
            Found::Row(row) if matches!(row.recorded, Recorded::Succeeded | Recorded::Pending) => {
                Some(ledger.matter(row.method)?)
            }
            _ => None,
        };
        let kind = matter.map_or(Kind::Pivot, |matter| matter.kind);
        let verdict = rules::undo(found, kind, self.key.round, self.epoch);
        let answer = match (verdict, matter, &row) {
            (UndoVerdict::Rejected(rejection), ..) => return Err(rejection.into()),
            (UndoVerdict::Close, ..) => {
                self.close(tx, place, entry).await?;
                answered(UndoOutcome::NothingToUndo)
            }
            (UndoVerdict::CloseNextRound, ..) => {
                let place = store::keep_round(tx, &self.key).await?;
                self.close(tx, place, entry).await?;
                answered(UndoOutcome::NothingToUndo)
            }
            (UndoVerdict::Withdraw, Some(matter), Some(row)) => {
                let review = Review::kept(row.record());
                let dismissal = Dismissal::Withdrawn;
                matter.action.dismiss(tx, at, review, &dismissal).await?;
                store::settle(tx, &self.key, Settlement::bare(Recorded::Closed), at).await?;
                answered(UndoOutcome::NothingToUndo)
            }
            (UndoVerdict::Wish, _, Some(row)) => {
                let mut flight = Flight::of(row)?;
                if !flight.wished {
                    flight.wished = true;
                    flight.keep(tx, &self.key, at).await?;
                }
                store::raise(tx, &self.key, row, self.epoch).await?;
                return Ok(Step::Elsewhere);
            }
            (UndoVerdict::Wish, ..) => answered(UndoOutcome::Pending),
            (UndoVerdict::Annul, Some(matter), Some(row))
                if matter.action.elsewhere().is_some() =>
            {
                store::raise(tx, &self.key, row, self.epoch).await?;
                return Ok(Step::Elsewhere);
            }
            (UndoVerdict::Annul, Some(matter), Some(row)) => {
                self.annul(tx, matter, row, at).await?
            }
            (UndoVerdict::Undone, ..) => answered(UndoOutcome::Undone),
            (UndoVerdict::AlreadyEffective, ..) => answered(UndoOutcome::AlreadyEffective),
            (UndoVerdict::Nothing | UndoVerdict::Withdraw | UndoVerdict::Annul, ..) => {
                answered(UndoOutcome::NothingToUndo)
            }
        };
        if let Some(row) = &row {
            store::raise(tx, &self.key, row, self.epoch).await?;
        }
        Ok(Step::Answered(answer))
    }
}

impl Undo {
    /// Records that the round is closed.
    async fn close(&self, tx: &mut Tx, place: Place, entry: Entry<'_>) -> Result<(), Halt> {
        let closed = Settlement::bare(Recorded::Closed);
        if store::write(tx, &self.key, place, entry, closed).await? {
            return Ok(());
        }
        match rules::undo(Found::Forgotten, Kind::Pivot, self.key.round, self.epoch) {
            UndoVerdict::Rejected(rejection) => Err(rejection.into()),
            _ => Err(Rejection::Closed.into()),
        }
    }

    /// Annuls an effect from what was recorded.
    async fn annul(
        &mut self,
        tx: &mut Tx,
        matter: &Matter,
        row: &Row,
        at: i64,
    ) -> Result<UndoResponse, Halt> {
        if let Some(answer) = self.impossible.take() {
            return Ok(answer);
        }
        let (annulment, answer) = match matter.action.annul(tx, at, row.record()).await? {
            Annulled::Done => (Annulment::Done, answered(UndoOutcome::Undone)),
            Annulled::Pending => (Annulment::Pending, answered(UndoOutcome::Pending)),
            Annulled::Impossible { reason, message } => {
                // What it wrote before it gave up goes; the answer is given in the second run.
                self.impossible = Some(UndoResponse {
                    outcome: UndoOutcome::Impossible.into(),
                    reason,
                    message,
                });
                return Err(Halt::Again);
            }
        };
        if rules::annulled(annulment) == Recorded::Undone {
            store::mark(tx, &self.key, Recorded::Undone, at).await?;
        }
        Ok(answer)
    }
}

pub(crate) fn answered(outcome: UndoOutcome) -> UndoResponse {
    UndoResponse {
        outcome: outcome.into(),
        reason: String::new(),
        message: String::new(),
    }
}
