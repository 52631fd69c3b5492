//! Undo and outcome: annuls from what was recorded, closes keys never seen, and tells what became
//! of a key.

use onething_db::Tx;
use onething_proto::participant::{GetOutcomeResponse, Outcome, UndoOutcome, UndoResponse};
use tonic::Status;

use crate::{
    Annulled, Fault, Key, Ledger,
    ledger::Matter,
    rules::{self, Annulment, Found, Kind, QuestionVerdict, UndoVerdict},
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
        let row = store::open(&mut tx, key, tombstone).await?;
        let found = store::found(row.as_ref())?;
        // Only an effect depends on the kind of its method; a closed key has not even a method.
        let matter = match found {
            Found::Row(row) if row.recorded == rules::Recorded::Succeeded => {
                Some(self.matter(row.method)?)
            }
            _ => None,
        };
        let kind = matter.map_or(Kind::Pivot, |matter| matter.kind);
        let answer = match rules::undo(found, kind, key.round, epoch) {
            UndoVerdict::Rejected(rejection) => return Err(rejection.into()),
            UndoVerdict::Close | UndoVerdict::Nothing | UndoVerdict::Withdraw => {
                answered(UndoOutcome::NothingToUndo)
            }
            UndoVerdict::CloseNextRound => {
                store::reopen(&mut tx, key, tombstone).await?;
                answered(UndoOutcome::NothingToUndo)
            }
            UndoVerdict::Undone => answered(UndoOutcome::Undone),
            UndoVerdict::AlreadyEffective => answered(UndoOutcome::AlreadyEffective),
            UndoVerdict::Annul => match (matter, &row) {
                (Some(matter), Some(row)) => annul(&mut tx, key, matter, row, at).await?,
                _ => unreachable!("only a row with an effect is annulled"),
            },
        };
        store::raise(&mut tx, key, epoch).await?;
        tx.commit().await.map_err(Fault::from)?;
        Ok(answer)
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
        let row = match rules::question(store::found(Some(&row))?, key.round, epoch) {
            QuestionVerdict::Rejected(rejection) => return Err(rejection.into()),
            QuestionVerdict::Current => Some(row),
            QuestionVerdict::Past => store::past(&mut tx, key).await?,
            QuestionVerdict::NotSeen => None,
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

/// Annuls an effect from what was recorded.
async fn annul(
    tx: &mut Tx,
    key: &Key,
    matter: &Matter,
    row: &Row,
    at: i64,
) -> Result<UndoResponse, Fault> {
    tx.savepoint().await?;
    let (annulment, answer) = match matter.action.annul(tx, at, row.record()).await? {
        Annulled::Done => (Annulment::Done, answered(UndoOutcome::Undone)),
        Annulled::Pending => (Annulment::Pending, answered(UndoOutcome::Pending)),
        Annulled::Impossible { reason, message } => {
            let outcome = UndoOutcome::Impossible.into();
            let answer = UndoResponse {
                outcome,
                reason,
                message,
            };
            (Annulment::Impossible, answer)
        }
    };
    if annulment == Annulment::Impossible {
        tx.back_to_savepoint().await?;
    } else {
        tx.release_savepoint().await?;
    }
    if rules::annulled(annulment) == rules::Recorded::Undone {
        store::mark(tx, key, Recorded::Undone, at).await?;
    }
    Ok(answer)
}

fn answered(outcome: UndoOutcome) -> UndoResponse {
    UndoResponse {
        outcome: outcome.into(),
        reason: String::new(),
        message: String::new(),
    }
}
