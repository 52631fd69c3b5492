//! The registry as a service: how it is put together. What it does is in the actions' modules.

use async_trait::async_trait;
use jiff::Timestamp;
use onething_calendar::local_date;
use onething_db::Db;
use onething_participant::{Ledger, Recorded, Suspension};
use onething_proto::enterprise_registry::enterprise_registry_service_server::EnterpriseRegistryServiceServer;
use onething_runtime::{Application, BootError, Common, Context, NoSettings, Service};

use crate::{
    acceptance::AcceptRelocation, archive_transfer::TransferArchive, grpc::Registry,
    lock::LockRecord, population, registration::RegisterRelocation, release::ApproveRelease, store,
};

/// The enterprise registry.
#[derive(Debug)]
pub struct EnterpriseRegistry;

#[async_trait]
impl Service for EnterpriseRegistry {
    const NAME: &'static str = "enterprise-registry";
    const DEFAULTS: &'static str = r#"
[server]
listen = "127.0.0.1:7102"

[database]
url = "sqlite:data/enterprise-registry.db"
"#;
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let common = context.common;
        let database = &common.database;
        let db = Db::open(&database.url, database.max_connections)
            .await
            .map_err(BootError::service)?;
        let application = assemble(&db, common).await?;
        Ok(application.on_close(move || async move { db.close().await }))
    }
}

async fn assemble(db: &Db, common: Common) -> Result<Application, BootError> {
    db.migrate(&[onething_participant::MIGRATIONS, store::MIGRATIONS])
        .await
        .map_err(BootError::service)?;
    if common.population.persons > 0 {
        let (persons, seed) = (common.population.persons, common.population.seed);
        let now = Timestamp::now();
        population::settle(db, persons, seed, local_date(now), now.as_microsecond())
            .await
            .map_err(BootError::service)?;
    }
    let suspensions: Vec<_> = common
        .suspensions
        .into_iter()
        .map(|suspension| Suspension {
            method: suspension.method,
            step: suspension.step,
            note: suspension.note,
        })
        .collect();
    let ledger = Ledger::builder(db.clone())
        .action(LockRecord)
        .and_then(|builder| builder.action(AcceptRelocation))
        .and_then(|builder| builder.action(ApproveRelease))
        .and_then(|builder| builder.action(TransferArchive))
        .and_then(|builder| builder.action(RegisterRelocation))
        .map_err(BootError::service)?
        .suspensions(suspensions)
        .build();
    let registry = Registry::new(db.clone(), ledger.clone());
    let server = EnterpriseRegistryServiceServer::new(registry);
    Ok(Application::new(EnterpriseRegistry::NAME)
        .grpc(Recorded::new(server))
        .grpc(ledger.participant().server()))
}
