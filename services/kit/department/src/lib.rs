//! How a department's service is put together: its database with the ledger's tables beside its own,
//! its ledger with the configured suspensions, and the participant service beside its own gRPC. It
//! knows no rule and no department.

use onething_db::{Db, Migrations};
use onething_participant::{Ledger, LedgerBuilder, MIGRATIONS, Suspension};
use onething_runtime::{Application, BootError, Common};

/// Opens the configured database and brings the ledger's tables and the department's own up to date.
///
/// # Errors
/// When the database cannot be opened or a migration fails.
pub async fn open(common: &Common, own: Migrations) -> Result<Db, BootError> {
    let database = &common.database;
    let db = Db::open(&database.url, database.max_connections)
        .await
        .map_err(BootError::service)?;
    db.migrate(&[MIGRATIONS, own])
        .await
        .map_err(BootError::service)?;
    Ok(db)
}

/// Begins the department's ledger, with the configured suspensions (暂停受理).
pub fn ledger(common: &Common, db: &Db) -> LedgerBuilder {
    let suspended = common.suspensions.iter().map(|matter| Suspension {
        method: matter.method.clone(),
        step: matter.step.clone(),
        note: matter.note.clone(),
    });
    Ledger::builder(db.clone()).suspensions(suspended.collect::<Vec<_>>())
}

/// An application that serves the participant service, ends its streams when it stops and closes the
/// database at its end; the department adds its own gRPC.
pub fn application(name: &'static str, db: Db, ledger: &Ledger) -> Application {
    let streams = ledger.clone();
    Application::new(name)
        .grpc(ledger.participant().server())
        .on_drain(move || async move { streams.end_streams() })
        .on_close(move || async move { db.close().await })
}
