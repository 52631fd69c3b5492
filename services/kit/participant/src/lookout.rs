//! Looks for calls that are left in flight to another system, and has it found out what became of
//! them.

use std::{
    collections::HashMap,
    sync::Weak,
    time::{Duration, Instant},
};

use crate::{
    Fault, Key, Ledger,
    flight::{Flight, corrupt},
    ledger::Inner,
    store,
};

/// How many calls in flight are looked at in one pass.
const PAGE: i64 = 256;
/// How long a call that stays open is left alone at the most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);

/// Finds out about the calls that are left in flight, until the ledger is dropped: at the start those
/// of a process that died, later those whose answer was lost and those that are decided later.
pub(crate) async fn watch(ledger: Weak<Inner>, every: Duration) {
    let mut pauses: HashMap<Key, (Instant, Duration)> = HashMap::new();
    loop {
        let Some(held) = Ledger::upgrade(&ledger) else {
            return;
        };
        if let Err(fault) = pass(&held, every, &mut pauses).await {
            tracing::warn!(
                error = &fault as &dyn std::error::Error,
                "calls in flight could not be read"
            );
        }
        // The ledger is not held while waiting, so that it can be dropped.
        drop(held);
        tokio::time::sleep(every).await;
    }
}

async fn pass(
    ledger: &Ledger,
    every: Duration,
    pauses: &mut HashMap<Key, (Instant, Duration)>,
) -> Result<(), Fault> {
    let found = store::in_flight(ledger.db(), PAGE).await?;
    pauses.retain(|key, _| found.iter().any(|flying| flying.key() == *key));
    for flying in found {
        let key = flying.key();
        let Ok(elsewhere) = ledger.elsewhere(&flying.method) else {
            // Another ledger in the same database may answer for the method.
            continue;
        };
        let flight: Flight = serde_json::from_value(flying.record()).map_err(corrupt)?;
        let paused = pauses.get(&key).copied();
        if paused.is_some_and(|(until, _)| Instant::now() < until) {
            continue;
        }
        let pause = if flight.later {
            elsewhere.ask_every()
        } else {
            paused.map_or(every, |(_, pause)| (pause * 2).min(LONGEST_PAUSE))
        };
        pauses.insert(key.clone(), (Instant::now() + pause, pause));
        let ledger = ledger.clone();
        let wished = flight.wished;
        tokio::spawn(async move {
            // What stays open is looked at again.
            let result = if wished {
                ledger.undo_recorded(&key).await
            } else {
                ledger.resolve(&key).await
            };
            if let Err(status) = result {
                tracing::debug!(call.key = %key, message = status.message(), "still in flight");
            }
        });
    }
    Ok(())
}
