//! What officers read of the open reviews, and which decision on a review counted.

use onething_db::{
    Db, Tx, args,
    sqlx::{self, types::Json},
};

use super::row::corrupt;
use super::statement::{DECIDE_REVIEW, DECIDED_REVIEW, OPEN_REVIEW, OPEN_REVIEWS};
use crate::{Decided, Fault, Key, Refusal, rules::Recorded};

/// Keeps what an officer will read of an application.
pub(crate) async fn open_review(
    tx: &mut Tx,
    key: &Key,
    purpose: &str,
    request: &[u8],
) -> Result<(), Fault> {
    let mut args = of(key);
    args.extend(args![purpose, request.to_vec()]);
    tx.execute(OPEN_REVIEW, args).await?;
    Ok(())
}

fn of(key: &Key) -> onething_db::Args {
    let mut args = args![&key.coordinator, &key.saga, &key.step];
    args.extend(args![&key.item, key.round]);
    args
}

/// Which decision of an officer counted, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// `approve`, `refuse` or `return`, as the officer decided.
    pub(crate) verdict: String,
    /// Who decided.
    pub(crate) decided_by: String,
    /// What it came to.
    pub(crate) decided: Decided,
}

/// Keeps which decision counted.
pub(crate) async fn decide_review(tx: &mut Tx, key: &Key, counted: &Counted) -> Result<(), Fault> {
    let refusal = counted.decided.refusal.as_ref();
    let refusal = refusal
        .map(serde_json::to_value)
        .transpose()
        .map_err(|e| Fault::Corrupt {
            what: "a refusal".to_owned(),
            source: e.into(),
        })?;
    let mut args = of(key);
    args.extend(args![&counted.verdict, &counted.decided_by]);
    args.extend(args![counted.decided.recorded.name(), refusal]);
    tx.execute(DECIDE_REVIEW, args).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct CountedRow {
    verdict: String,
    decided_by: String,
    outcome: String,
    refusal: Option<Json<Refusal>>,
}

/// Which decision of an officer counted; none for a review that is open, or was decided by law.
pub(crate) async fn decided_review(tx: &mut Tx, key: &Key) -> Result<Option<Counted>, Fault> {
    let row: Option<CountedRow> = tx.fetch_optional(DECIDED_REVIEW, of(key)).await?;
    row.map(|row| {
        let recorded = Recorded::named(&row.outcome);
        Ok(Counted {
            verdict: row.verdict,
            decided_by: row.decided_by,
            decided: Decided {
                recorded: recorded.ok_or_else(|| corrupt("stood", &row.outcome))?,
                refusal: row.refusal.map(|refusal| refusal.0),
            },
        })
    })
    .transpose()
}

/// A review that waits for an officer.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct OpenReview {
    coordinator: String,
    saga: String,
    step: String,
    item: String,
    round: i64,
    pub(crate) method: String,
    pub(crate) due_at: Option<i64>,
    pub(crate) seen_at: i64,
    /// None for a review that was opened before officers were served here.
    pub(crate) purpose: Option<String>,
    pub(crate) request: Option<Vec<u8>>,
}

impl OpenReview {
    /// The call that is to be decided.
    pub(crate) fn key(&self) -> Key {
        Key {
            coordinator: self.coordinator.clone(),
            saga: self.saga.clone(),
            step: self.step.clone(),
            item: self.item.clone(),
            round: u32::try_from(self.round).unwrap_or(u32::MAX),
        }
    }
}

/// Where a page begins: after this review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpenAfter {
    pub(crate) seen_at: i64,
    pub(crate) coordinator: String,
    pub(crate) saga: String,
    pub(crate) step: String,
    pub(crate) item: String,
}

/// The open reviews, the one that waits longest first, without a lock.
pub(crate) async fn open_reviews(
    db: &Db,
    method: &str,
    saga: &str,
    after: &OpenAfter,
    limit: i64,
) -> Result<Vec<OpenReview>, Fault> {
    let mut args = args![method, saga, after.seen_at];
    args.extend(args![&after.coordinator, &after.saga, &after.step]);
    args.extend(args![&after.item, limit]);
    Ok(db.fetch_all(OPEN_REVIEWS, args).await?)
}
