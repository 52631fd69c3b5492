//! Expiry: records what the law deems decided, when the time of a review has passed.

use std::{sync::Weak, time::Duration};

use crate::{DecisionError, Fault, Ledger, decide::lost, ledger::Inner, store};

/// How many reviews are read at a time.
const PAGE: i64 = 64;

/// Looks for reviews whose time has passed until the ledger is dropped: when the next one's time
/// comes, when a new one is recorded here, and at least every `every`, since another instance of
/// the department may have recorded one and died.
pub(crate) async fn watch(ledger: Weak<Inner>, every: Duration) {
    loop {
        let Some(held) = Ledger::upgrade(&ledger) else {
            return;
        };
        let pause = match pass(&held).await {
            Ok(pause) => pause.map_or(every, |pause| pause.min(every)),
            Err(fault) => {
                tracing::warn!(
                    error = &fault as &dyn std::error::Error,
                    "reviews whose time has passed could not be read"
                );
                every
            }
        };
        let woken = held.due_recorded();
        // The ledger is not held while waiting, so that it can be dropped.
        drop(held);
        let _ = tokio::time::timeout(pause, woken).await;
    }
}

/// Expires what is due, one after the other, and tells how long it is until the next.
async fn pass(ledger: &Ledger) -> Result<Option<Duration>, Fault> {
    // What cannot be expired now must not keep the others waiting.
    let mut skip = 0;
    loop {
        let page = store::due(ledger.db(), PAGE, skip).await?;
        let last = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
        for review in page {
            let left = review.due_at.saturating_sub(ledger.now());
            if let Ok(left @ 1..) = u64::try_from(left) {
                return Ok(Some(Duration::from_micros(left)));
            }
            if !ledger.knows(&review.method) {
                // Another ledger in the same database answers for it.
                skip += 1;
                continue;
            }
            match ledger.expire(&review.key()).await {
                Ok(_) => {}
                Err(error) if lost(&error) => {}
                // The failure was logged where it was told.
                Err(DecisionError::Failed(_)) => skip += 1,
                Err(_) => skip += 1,
            }
        }
        if last {
            return Ok(None);
        }
    }
}
