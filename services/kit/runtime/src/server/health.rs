//! `grpc.health.v1`, kept in step with readiness.

use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::readiness::Readiness;

/// The part of [`Readiness`] that stands for the process's own life: starting and stopping.
pub(crate) const PROCESS: &str = "process";

/// Publishes readiness under each of `names` until the process ends. The first publication is made
/// before this returns.
pub(crate) async fn publish(
    readiness: &Readiness,
    reporter: HealthReporter,
    names: Vec<String>,
) -> tokio::task::JoinHandle<()> {
    let mut changes = readiness.watch();
    let mut ready = changes.borrow_and_update().is_empty();
    report(&reporter, &names, ready).await;
    tokio::spawn(async move {
        while changes.changed().await.is_ok() {
            let now = changes.borrow_and_update().is_empty();
            if now != ready {
                ready = now;
                report(&reporter, &names, ready).await;
            }
        }
    })
}

async fn report(reporter: &HealthReporter, names: &[String], ready: bool) {
    let status = if ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    };
    for name in names {
        reporter.set_service_status(name, status).await;
    }
}
