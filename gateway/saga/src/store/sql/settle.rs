//! Settling: what commits kept in the log is put into the journal and the sagas' rows, for many commits
//! at once, in the transaction that empties the log.

use onething_db::{Backend, Db, Tx, args};

use super::super::error::StoreError;
use super::entry::{self, Entry};
use super::writes::{self, signed};
use super::{settling, statement};
use crate::machine::SagaId;

/// Puts entries into the tables. A saga whose row is not the one they follow is set aside, with its
/// events.
pub(super) async fn apply(tx: &mut Tx, entries: Vec<Entry>) -> Result<(), StoreError> {
    let folded = entry::fold(entries);
    let (births, advances) = writes::rows(folded.iter());
    let changed = (births.len() + advances.len()) as u64;
    let all = statement::INSERT_SAGAS.run(tx, births).await?
        + statement::ADVANCE.run(tx, advances).await?
        == changed;
    let (mut chapters, mut strays) = (Vec::new(), Vec::new());
    for entry in &folded {
        if all || writes::stands(tx, entry).await? {
            chapters.extend(writes::chapter_of(entry));
        } else {
            strays.push(entry);
        }
    }
    writes::journal(tx, chapters).await?;
    for stray in strays {
        tracing::error!(saga.id = %stray.saga, "a commit does not follow the saga's row: set aside");
        if let Some(chapter) = writes::chapter_of(stray) {
            tx.execute(statement::KEEP_CHAPTER, chapter).await?;
        }
        writes::quarantine(
            tx,
            stray.saga,
            "its row is not the one its last commit followed",
        )
        .await?;
    }
    Ok(())
}

/// Settles what an incarnation has in the log, whoever it is. Its lease must be locked, or its owner be
/// dead.
pub(super) async fn of(tx: &mut Tx, incarnation: u64) -> Result<(), StoreError> {
    let mine = signed(incarnation);
    let kept: Vec<(Vec<u8>,)> = tx.fetch_all(statement::LOGGED, args![mine]).await?;
    if kept.is_empty() {
        return Ok(());
    }
    let mut entries = Vec::new();
    for (kept,) in kept {
        entries.extend(entry::decode(&kept)?);
    }
    if tx.backend() == Backend::Sqlite {
        entries = settling::not_settled(tx, entries).await?;
    }
    apply(tx, entries).await?;
    tx.execute(statement::FORGET_LOGGED, args![mine]).await?;
    Ok(())
}

/// Settles the oldest commits of a living incarnation while it commits on. False when its lease has run out
/// or others have settled them.
pub(super) async fn beside(
    db: Db,
    incarnation: u64,
    commits: u64,
    entries: Vec<Entry>,
) -> Result<bool, StoreError> {
    let mine = signed(incarnation);
    let mut tx = db.begin().await?;
    let lease: Option<(i64,)> = tx
        .fetch_optional(statement::HOLD_LEASE, args![mine])
        .await?;
    let first = args![mine, signed(commits)];
    if lease.is_none() || tx.execute(statement::FORGET_FIRST_LOGGED, first).await? != commits {
        return Ok(false);
    }
    apply(&mut tx, entries).await?;
    tx.commit().await?;
    Ok(true)
}

/// Settles what the dead have in the log. A dead incarnation commits no more.
pub(super) async fn of_the_dead(tx: &mut Tx) -> Result<(), StoreError> {
    let dead: Vec<(i64,)> = tx.fetch_all(statement::LOGS_OF_DEAD, args![]).await?;
    for (incarnation,) in dead {
        of(tx, u64::try_from(incarnation).unwrap_or_default()).await?;
    }
    Ok(())
}

/// Settles the log of the living owner of a saga that is about to be taken from it, and lets it know: its
/// next commit comes to nothing.
pub(super) async fn of_owner(
    tx: &mut Tx,
    incarnation: u64,
    saga: SagaId,
) -> Result<(), StoreError> {
    if tx.backend() == Backend::Sqlite {
        // There is no other.
        return Ok(());
    }
    let mut done = vec![signed(incarnation)];
    let mut look = statement::OWNER_SEEN;
    loop {
        let owner: Option<(Option<i64>,)> =
            tx.fetch_optional(look, args![saga.to_string()]).await?;
        let owner = owner.and_then(|(owner,)| owner);
        match owner.filter(|owner| !done.contains(owner)) {
            Some(owner) => {
                // Waits for the commit it has under way, and keeps it from another.
                tx.execute(statement::SETTLED_BY_OTHERS, args![owner])
                    .await?;
                of(tx, u64::try_from(owner).unwrap_or_default()).await?;
                done.push(owner);
            }
            // It may have gone from hand to hand until here; with its row locked it does no more.
            None if look == statement::OWNER => return Ok(()),
            None => {}
        }
        look = statement::OWNER;
    }
}

/// What a saga has in the log, whoever wrote it.
pub(super) async fn logged(db: &Db, saga: SagaId) -> Result<Vec<Entry>, StoreError> {
    all_logged(db, |entry| entry.saga == saga).await
}

/// The sagas whose rows are still to be written.
pub(super) async fn born(db: &Db) -> Result<Vec<SagaId>, StoreError> {
    let births = all_logged(db, |entry| entry.birth.is_some()).await?;
    Ok(births.into_iter().map(|entry| entry.saga).collect())
}

async fn all_logged(db: &Db, wanted: impl Fn(&Entry) -> bool) -> Result<Vec<Entry>, StoreError> {
    let kept: Vec<(Vec<u8>,)> = db.fetch_all(statement::ALL_LOGGED, args![]).await?;
    let mut entries = Vec::new();
    for (kept,) in kept {
        let all = entry::decode(&kept)?.into_iter();
        entries.extend(all.filter(&wanted));
    }
    Ok(entries)
}
