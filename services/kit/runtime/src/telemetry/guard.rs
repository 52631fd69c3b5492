//! What has to be done about telemetry at the end of a process.

use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;

/// How long spans may take to leave at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// Holds telemetry; the last thing a process does with it is [`Guard::shutdown`].
#[derive(Debug)]
#[must_use = "spans that are not flushed are lost"]
pub struct Guard {
    provider: Option<SdkTracerProvider>,
}

impl Guard {
    pub(super) fn new(provider: Option<SdkTracerProvider>) -> Self {
        Self { provider }
    }

    /// Sends what has ended so far, within five seconds. Does nothing if another guard holds telemetry.
    pub async fn flush(&self) {
        if let Some(provider) = self.provider.clone() {
            within(move || provider.force_flush()).await;
        }
    }

    /// Sends what is left and ends the export, within five seconds.
    pub async fn shutdown(self) {
        if let Some(provider) = self.provider {
            within(move || provider.shutdown_with_timeout(FLUSH)).await;
        }
    }
}

/// Runs the exporter's blocking `work` off the runtime's threads, and does not wait for it forever.
async fn within(work: impl FnOnce() -> opentelemetry_sdk::error::OTelSdkResult + Send + 'static) {
    match tokio::time::timeout(FLUSH, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::warn!(%error, "not every span could be exported"),
        Ok(Err(error)) => tracing::warn!(%error, "the export of spans failed"),
        Err(_) => tracing::warn!("the export of spans took too long and was given up"),
    }
}
