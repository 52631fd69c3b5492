//! How long a call may still take, from the caller's `grpc-timeout` through handlers to the calls
//! they make. Retrying and giving up is left to callers.

mod body;
mod incoming;
mod timeout_header;

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use body::DeadlineBody;
pub(crate) use incoming::{IncomingDeadline, enforce};
pub(crate) use timeout_header::{GRPC_TIMEOUT, encode, read};

tokio::task_local! {
    static CURRENT: Deadline;
}

/// The moment by which a call must have ended. Handlers find it in the request's extensions and by
/// [`Deadline::current`]; calls to other services made within the same task keep to it by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline `duration` from now.
    pub fn after(duration: Duration) -> Self {
        let now = Instant::now();
        // A caller may send any number: beyond a day it means "no deadline".
        Self(now + duration.min(Duration::from_secs(86_400)))
    }

    /// The deadline of the call that this task is handling, if it handles one.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|deadline| *deadline).ok()
    }

    /// Runs `future` under this deadline: calls that it makes keep to it. It is not cut off itself.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Time left; zero once it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn has_passed(self) -> bool {
        self.remaining().is_zero()
    }

    /// The moment itself, for `tokio::time::timeout_at`.
    pub fn instant(self) -> Instant {
        self.0
    }
}
