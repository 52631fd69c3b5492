//! The decision log and the reviews whose time ends.

use onething_db::{
    Db, Tx, args,
    sqlx::{self, types::Json},
};
use sha2::{Digest, Sha256};

use super::row::corrupt;
use super::statement::{DECISIONS, DUE, HEAD, LOG, NUMBER, SEAL};
use crate::{Fault, Key, Refusal, rules::Recorded};

/// A decision on its way into the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decided<'a> {
    pub(crate) recorded: Recorded,
    pub(crate) response: Option<&'a [u8]>,
    pub(crate) refusal: Option<&'a Refusal>,
    pub(crate) decided_by: &'a str,
    pub(crate) deemed: bool,
    pub(crate) at: i64,
}

/// Logs a decision. It is the last statement of its transaction: from here to the commit every
/// other decision of this coordinator waits, so that positions become visible in their order.
pub(crate) async fn log(tx: &mut Tx, key: &Key, decided: Decided<'_>) -> Result<(), Fault> {
    let (position,): (i64,) = tx.fetch_one(NUMBER, args![&key.coordinator]).await?;
    let refusal = decided
        .refusal
        .map(serde_json::to_value)
        .transpose()
        .map_err(|e| Fault::Corrupt {
            what: "a refusal".to_owned(),
            source: e.into(),
        })?;
    let mut args = args![&key.coordinator, position];
    args.extend(args![i64::from(seal(key, position, &decided))]);
    args.extend(args![&key.saga, &key.step, &key.item, key.round]);
    args.extend(args![
        decided.recorded.name(),
        decided.response.map(<[u8]>::to_vec),
        refusal,
        decided.decided_by,
        decided.deemed,
        decided.at
    ]);
    tx.execute(LOG, args).await?;
    Ok(())
}

/// What a cursor keeps of an entry.
fn seal(key: &Key, position: i64, decided: &Decided<'_>) -> u32 {
    let text = format!(
        "{}\n{position}\n{key}\n{}\n{}",
        key.coordinator,
        decided.recorded.name(),
        decided.at
    );
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(text).into();
    u32::from_be_bytes([a, b, c, d])
}

/// An entry of the log.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Logged {
    pub(crate) position: i64,
    pub(crate) seal: i64,
    pub(crate) saga: String,
    pub(crate) step: String,
    pub(crate) item: String,
    pub(crate) round: i64,
    outcome: String,
    pub(crate) response: Option<Vec<u8>>,
    pub(crate) refusal: Option<Json<Refusal>>,
    pub(crate) deemed: bool,
    pub(crate) decided_at: i64,
}

impl Logged {
    /// How the round stood afterwards.
    pub(crate) fn recorded(&self) -> Result<Recorded, Fault> {
        Recorded::named(&self.outcome).ok_or_else(|| corrupt("stands", &self.outcome))
    }
}

/// The entries after a position, in order, without a lock.
pub(crate) async fn decisions(
    db: &Db,
    coordinator: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Logged>, Fault> {
    let args = args![coordinator, after, limit];
    Ok(db.fetch_all(DECISIONS, args).await?)
}

/// The last position; 0 before the first.
pub(crate) async fn head(db: &Db, coordinator: &str) -> Result<i64, Fault> {
    let head: Option<(i64,)> = db.fetch_optional(HEAD, args![coordinator]).await?;
    Ok(head.map_or(0, |(position,)| position))
}

/// The seal of the entry at a position, if it is kept.
pub(crate) async fn seal_at(
    db: &Db,
    coordinator: &str,
    position: i64,
) -> Result<Option<u32>, Fault> {
    let seal: Option<(i64,)> = db
        .fetch_optional(SEAL, args![coordinator, position])
        .await?;
    Ok(seal.and_then(|(seal,)| u32::try_from(seal).ok()))
}

/// A review that the law will deem decided.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Due {
    coordinator: String,
    saga: String,
    step: String,
    item: String,
    round: i64,
    pub(crate) method: String,
    pub(crate) due_at: i64,
}

impl Due {
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

/// The reviews that the law will deem decided, the next one first, without a lock.
pub(crate) async fn due(db: &Db, limit: i64, skip: i64) -> Result<Vec<Due>, Fault> {
    Ok(db.fetch_all(DUE, args![limit, skip]).await?)
}
