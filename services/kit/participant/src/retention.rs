//! Retention: a coordinator's low-water mark, and deleting, little by little, what lies below it
//! and is old enough.

use std::{sync::Weak, time::Duration};

use async_trait::async_trait;
use onething_db::Tx;
use tonic::Status;

use crate::{
    Ledger, Refusal,
    call::REQUESTS,
    job::{Halt, Job},
    ledger::Inner,
    rules, store,
};

/// How many rows one transaction deletes at the most.
const BATCH: i64 = 100;
/// How long others have the database to themselves between two such transactions.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a ledger looks for what is old enough.
const EVERY: Duration = Duration::from_secs(60 * 60);

impl Ledger {
    /// Raises a coordinator's low-water mark: every saga whose id sorts before `saga` has ended.
    ///
    /// # Errors
    /// When the coordinator or the mark is empty, or the database does not answer.
    pub async fn forget_before(&self, coordinator: &str, saga: &str) -> Result<(), Status> {
        // Requests outside sagas have ids in no order.
        if coordinator.is_empty() || coordinator == REQUESTS {
            return Err(Refusal::invalid("coordinator", "name a coordinator").into());
        }
        if saga.is_empty() {
            return Err(Refusal::invalid("saga", "name a saga").into());
        }
        self.transact(Declare {
            coordinator: coordinator.to_owned(),
            saga: saga.to_owned(),
        })
        .await
    }

    /// Deletes what lies below the low-water marks and is old enough; tells how many rows. The
    /// ledger does this by itself from time to time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prune(&self) -> Result<usize, Status> {
        let mut pruned = 0;
        for (coordinator, _) in store::low_waters(self.db()).await? {
            loop {
                let forget = Forget {
                    coordinator: coordinator.clone(),
                };
                let found = self.transact(forget).await?;
                pruned += found;
                if i64::try_from(found).unwrap_or(BATCH) < BATCH {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(pruned)
    }
}

/// Prunes from time to time until the ledger is dropped.
pub(crate) async fn watch(ledger: Weak<Inner>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(ledger) = Ledger::upgrade(&ledger) else {
            return;
        };
        // A failure was logged where it was told, and the next time is soon enough.
        if let Ok(pruned @ 1..) = ledger.prune().await {
            tracing::info!(rows = pruned, "deleted what was recorded for ended sagas");
        }
    }
}

#[derive(Debug)]
struct Declare {
    coordinator: String,
    saga: String,
}

#[async_trait]
impl Job for Declare {
    type Answer = ();

    async fn run(&mut self, _: &Ledger, tx: &mut Tx) -> Result<(), Halt> {
        Ok(store::declare(tx, &self.coordinator, &self.saga).await?)
    }
}

/// One batch of a coordinator's.
#[derive(Debug)]
struct Forget {
    coordinator: String,
}

#[async_trait]
impl Job for Forget {
    type Answer = usize;

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<usize, Halt> {
        // The mark was committed before this transaction began, so that whoever opens a key that
        // is deleted here sees it: see the statements that write a new row.
        let mark = store::low_water(ledger.db(), &self.coordinator).await?;
        let Some(mark) = mark else { return Ok(0) };
        let now = ledger.now();
        let age = i64::try_from(ledger.keep_for().as_micros()).unwrap_or(i64::MAX);
        let may = |row: &store::Candidate, recorded| {
            rules::may_forget(&row.saga, Some(&mark), recorded, row.changed_at, now, age)
        };
        let before = now.saturating_sub(age);
        let found = store::forget(tx, &self.coordinator, &mark, before, BATCH, may).await?;
        Ok(found)
    }
}
