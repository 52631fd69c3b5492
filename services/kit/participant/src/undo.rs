//! Undo and outcome: annuls from what was recorded, closes keys never seen, and tells what became
//! of a key.

use onething_proto::{
    annotations::ActionKind,
    participant::{GetOutcomeResponse, Outcome, UndoOutcome, UndoResponse},
};
use tonic::Status;

use crate::{
    Annulled, Fault, Key, Ledger, Rejection,
    store::{self, Opening, Recorded, Row},
};

impl Ledger {
    /// Annuls what the call with this key did.
    ///
    /// # Errors
    /// A rejection by the protocol, or a failure after which nothing has changed.
    pub async fn undo(&self, key: &Key, epoch: u64) -> Result<UndoResponse, Status> {
        let at = self.now();
        let mut tx = self.db().begin().await.map_err(Fault::from)?;
        let tombstone = Opening {
            epoch,
            method: "",
            digest: &[],
            outcome: Recorded::Closed,
            at,
        };
        let answer = match store::open(&mut tx, key, tombstone).await? {
            None => answered(UndoOutcome::NothingToUndo),
            Some(row) => {
                check_epoch(&row, epoch)?;
                let (round, outcome) = (i64::from(key.round), row.outcome()?);
                if round < row.round {
                    // A later round opens only once this one has no effect.
                    answered(UndoOutcome::NothingToUndo)
                } else if round > row.round {
                    if !outcome.is_without_effect() {
                        return Err(Rejection::RoundNotOpen.into());
                    }
                    store::reopen(&mut tx, key, tombstone).await?;
                    answered(UndoOutcome::NothingToUndo)
                } else {
                    self.undo_recorded(&mut tx, key, &row, outcome, at).await?
                }
            }
        };
        store::raise(&mut tx, key, epoch).await?;
        tx.commit().await.map_err(Fault::from)?;
        Ok(answer)
    }

    async fn undo_recorded(
        &self,
        tx: &mut onething_db::Tx,
        key: &Key,
        row: &Row,
        outcome: Recorded,
        at: i64,
    ) -> Result<UndoResponse, Status> {
        match outcome {
            Recorded::Refused | Recorded::Closed => Ok(answered(UndoOutcome::NothingToUndo)),
            Recorded::Undone => Ok(answered(UndoOutcome::Undone)),
            Recorded::Open => Err(Fault::Corrupt {
                what: "the ledger".to_owned(),
                source: "a row was left open".into(),
            }
            .into()),
            Recorded::Succeeded => {
                let matter = self.matter(&row.method)?;
                if matter.kind != ActionKind::Compensable {
                    return Ok(answered(UndoOutcome::AlreadyEffective));
                }
                tx.savepoint().await.map_err(Fault::from)?;
                match matter.action.annul(tx, at, row.record()).await? {
                    Annulled::Done => {
                        tx.release_savepoint().await.map_err(Fault::from)?;
                        store::mark(tx, key, Recorded::Undone, at).await?;
                        Ok(answered(UndoOutcome::Undone))
                    }
                    Annulled::Pending => {
                        tx.release_savepoint().await.map_err(Fault::from)?;
                        Ok(answered(UndoOutcome::Pending))
                    }
                    Annulled::Impossible { reason, message } => {
                        tx.back_to_savepoint().await.map_err(Fault::from)?;
                        let outcome = UndoOutcome::Impossible.into();
                        Ok(UndoResponse {
                            outcome,
                            reason,
                            message,
                        })
                    }
                }
            }
        }
    }

    /// Tells what became of a key, and raises the highest epoch seen.
    ///
    /// # Errors
    /// A rejection by the protocol, or a failure after which nothing has changed.
    pub async fn outcome(&self, key: &Key, epoch: u64) -> Result<GetOutcomeResponse, Status> {
        let mut tx = self.db().begin().await.map_err(Fault::from)?;
        let Some(row) = store::lock(&mut tx, key).await? else {
            return Ok(GetOutcomeResponse {
                outcome: Outcome::NotSeen.into(),
                ..Default::default()
            });
        };
        check_epoch(&row, epoch)?;
        let round = i64::from(key.round);
        let row = match round.cmp(&row.round) {
            std::cmp::Ordering::Equal => Some(row),
            std::cmp::Ordering::Less => store::past(&mut tx, key).await?,
            std::cmp::Ordering::Greater => None,
        };
        store::raise(&mut tx, key, epoch).await?;
        tx.commit().await.map_err(Fault::from)?;
        let Some(row) = row else {
            return Ok(GetOutcomeResponse {
                outcome: Outcome::NotSeen.into(),
                ..Default::default()
            });
        };
        Ok(GetOutcomeResponse {
            outcome: public(row.outcome()?).into(),
            refusal: row.refusal().map(Into::into),
            response: row.response.unwrap_or_default().into(),
            pending: None,
        })
    }
}

/// The outcome's name in the contract.
pub(crate) fn public(outcome: Recorded) -> Outcome {
    match outcome {
        // Never committed: what is open belongs to a transaction that is not visible.
        Recorded::Open => Outcome::Unspecified,
        Recorded::Succeeded => Outcome::Succeeded,
        Recorded::Refused => Outcome::Refused,
        Recorded::Undone => Outcome::Undone,
        Recorded::Closed => Outcome::Closed,
    }
}

fn check_epoch(row: &Row, epoch: u64) -> Result<(), Status> {
    if store::signed(epoch) < row.epoch {
        return Err(Rejection::StaleEpoch.into());
    }
    Ok(())
}

fn answered(outcome: UndoOutcome) -> UndoResponse {
    UndoResponse {
        outcome: outcome.into(),
        reason: String::new(),
        message: String::new(),
    }
}
