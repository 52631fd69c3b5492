//! A thread for an engine. A saga's task, the connection its calls go through and the answer that wakes it
//! then meet on one core; spread over several they cost a quarter more.

use tokio::runtime::{Builder, Handle, Runtime};

/// Where an engine's sagas run, apart from everything else in the process: the engine is started within
/// [`Self::handle`]. What is under way there ends when this is dropped.
#[derive(Debug)]
pub struct EngineThread {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl EngineThread {
    /// Starts so many threads. One does some thousands of cases a second.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(threads: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("engine")
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
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

impl Drop for EngineThread {
    fn drop(&mut self) {
        // It may be dropped within another runtime, where nothing may block.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
