//! A bell that a saga's task sets again and again and seldom hears: most waits end with an answer.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Rings once after it was set, at that time or sooner.
#[derive(Default)]
pub(super) struct Bell(Option<Pin<Box<Sleep>>>);

impl Bell {
    /// Sets it. Where it is to ring sooner it is left alone, for that is cheaper: whoever hears it looks at the
    /// time and sets it again.
    pub(super) fn set(&mut self, wait: Duration) {
        let at = Instant::now() + wait;
        match &mut self.0 {
            Some(sleep) if sleep.deadline() <= at && !sleep.is_elapsed() => {}
            Some(sleep) => sleep.as_mut().reset(at),
            None => self.0 = Some(Box::pin(sleep_until(at))),
        }
    }

    /// Waits until it rings; for ever before it was set.
    pub(super) async fn rings(&mut self) {
        match &mut self.0 {
            Some(sleep) => sleep.as_mut().await,
            None => pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn it_rings_no_later_than_it_was_last_set_to() {
        let mut bell = Bell::default();
        let start = Instant::now();
        bell.set(8 * SECOND);
        bell.set(2 * SECOND);
        bell.rings().await;
        assert_eq!(start.elapsed(), 2 * SECOND, "set to sooner");
        bell.set(8 * SECOND);
        bell.rings().await;
        assert_eq!(start.elapsed(), 10 * SECOND, "set anew");
        bell.set(2 * SECOND);
        bell.set(8 * SECOND);
        bell.rings().await;
        assert_eq!(start.elapsed(), 12 * SECOND, "left alone");
    }
}
