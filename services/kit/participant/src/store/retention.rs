//! The low-water mark, and deleting what lies below it.

use onething_db::{Db, Tx, args, sqlx};

use super::row::corrupt;
use super::statement::{
    DECLARE, FORGET, FORGET_DECISIONS, FORGET_PAST, FORGET_REVIEWS, FORGETTABLE, LOW_WATER,
    LOW_WATERS,
};
use crate::{Fault, rules::Recorded};

/// Raises a coordinator's low-water mark; it never falls.
pub(crate) async fn declare(tx: &mut Tx, coordinator: &str, saga: &str) -> Result<(), Fault> {
    tx.execute(DECLARE, args![coordinator, saga]).await?;
    Ok(())
}

/// A coordinator's low-water mark, without a lock.
pub(crate) async fn low_water(db: &Db, coordinator: &str) -> Result<Option<String>, Fault> {
    let mark: Option<(String,)> = db.fetch_optional(LOW_WATER, args![coordinator]).await?;
    Ok(mark.map(|(saga,)| saga))
}

/// Every coordinator's low-water mark, without a lock.
pub(crate) async fn low_waters(db: &Db) -> Result<Vec<(String, String)>, Fault> {
    Ok(db.fetch_all(LOW_WATERS, args![]).await?)
}

/// A row that may be old enough.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Candidate {
    pub(crate) saga: String,
    step: String,
    item: String,
    outcome: String,
    pub(crate) changed_at: i64,
}

impl Candidate {
    /// How the round stands.
    pub(crate) fn recorded(&self) -> Result<Recorded, Fault> {
        Recorded::named(&self.outcome).ok_or_else(|| corrupt("stands", &self.outcome))
    }
}

/// Deletes rows below the mark that `may` go, with their past rounds and decisions: as many as
/// `limit`. Returns how many rows it looked at.
pub(crate) async fn forget(
    tx: &mut Tx,
    coordinator: &str,
    mark: &str,
    changed_before: i64,
    limit: i64,
    may: impl Fn(&Candidate, Recorded) -> bool + Send,
) -> Result<usize, Fault> {
    let args = args![coordinator, mark, changed_before, limit];
    let found: Vec<Candidate> = tx.fetch_all(FORGETTABLE, args).await?;
    for row in &found {
        if may(row, row.recorded()?) {
            let key = || args![coordinator, &row.saga, &row.step, &row.item];
            tx.execute(FORGET, key()).await?;
            tx.execute(FORGET_PAST, key()).await?;
            tx.execute(FORGET_REVIEWS, key()).await?;
        }
    }
    let args = args![coordinator, mark, changed_before, limit];
    tx.execute(FORGET_DECISIONS, args).await?;
    Ok(found.len())
}
