//! Waiting: a condition is asked again until it holds or its time is up.

use std::time::{Duration, Instant};

/// Long enough for anything that happens at all, on a machine with other work to do.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Tries `attempt` until it gives something.
///
/// # Panics
/// When that takes longer than [`PATIENCE`]; the message says what was awaited.
pub async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
