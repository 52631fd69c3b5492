//! How a department's service is put together: its database with the ledger's tables beside its own,
//! its ledger with the configured suspensions and officers, and the participant and review services
//! beside its own gRPC. It knows no rule and no department.

use onething_db::{Db, Migrations};
use onething_participant::{Ledger, LedgerBuilder, MIGRATIONS, Officers, Suspension};
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

/// Begins the department's ledger, with the configured suspensions (暂停受理) and officers.
pub fn ledger(common: &Common, db: &Db) -> LedgerBuilder {
    let suspended = common.suspensions.iter().map(|matter| Suspension {
        method: matter.method.clone(),
        step: matter.step.clone(),
        note: matter.note.clone(),
    });
    let reviews = &common.reviews;
    let officers = match (reviews.open, reviews.token.is_empty()) {
        (true, _) => Officers::Everybody,
        (false, false) => Officers::Token(reviews.token.expose().to_owned()),
        (false, true) => Officers::Nobody,
    };
    Ledger::builder(db.clone())
        .suspensions(suspended.collect::<Vec<_>>())
        .officers(officers)
}

/// An application that serves the participant service and, where some matters are decided later, the
/// review service; it ends its streams when it stops and closes the database at its end. The
/// department adds its own gRPC.
pub fn application(name: &'static str, db: Db, ledger: &Ledger) -> Application {
    let (streams, writes) = (ledger.clone(), ledger.clone());
    let mut application = Application::new(name).grpc(ledger.participant().server());
    if let Some(reviews) = ledger.reviews() {
        application = application.grpc(reviews.server());
    }
    application
        .on_drain(move || async move { streams.end_streams() })
        .on_close(move || async move {
            writes.close().await;
            db.close().await;
        })
}
