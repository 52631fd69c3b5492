//! A thread for an engine. A saga's task, the connection its calls go through and the answer that wakes it
//! then meet on one core; spread over several they cost a quarter more.

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

const NAME: &str = "engine";

/// Where an engine's sagas run, apart from everything else in the process: the engine is started within
/// [`Self::handle`]. What is under way there ends when this is dropped.
#[derive(Debug)]
pub struct EngineThread {
    handle: Handle,
    _running: DropGuard,
}

impl EngineThread {
    /// Starts so many threads. One does some thousands of cases a second.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(threads: usize) -> std::io::Result<Self> {
        let runtime = if threads > 1 {
            Builder::new_multi_thread()
                .worker_threads(threads)
                .thread_name(NAME)
                .enable_all()
                .build()?
        } else {
            // One thread alone takes its tasks in the order in which they were woken: the connection's comes
            // after those of all sagas that send something, and sends it in one go. Where threads share
            // tasks, the one that was woken last goes first.
            Builder::new_current_thread().enable_all().build()?
        };
        let handle = runtime.handle().clone();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        std::thread::Builder::new()
            .name(NAME.to_owned())
            .spawn(move || {
                runtime.block_on(stopped.cancelled());
                runtime.shutdown_background();
            })?;
        Ok(Self {
            handle,
            _running: stop.drop_guard(),
        })
    }

    /// The way to it.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Does something there, so that what it opens or starts belongs to it.
    ///
    /// # Panics
    /// When the work does.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        match self.handle.spawn(work).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Only when this is dropped, and then nobody waits here.
                Err(_) => std::future::pending().await,
            },
        }
    }
}
