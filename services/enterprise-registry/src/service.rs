//! The registry as a service: how it is put together. What it does is in the actions' modules.

use async_trait::async_trait;
use jiff::Timestamp;
use onething_calendar::local_date;
use onething_participant::Recorded;
use onething_proto::enterprise_registry::enterprise_registry_service_server::EnterpriseRegistryServiceServer;
use onething_runtime::{Application, BootError, Context, NoSettings, Service};

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
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let common = context.common;
        let db = onething_department::open(&common, store::MIGRATIONS).await?;
        if common.population.persons > 0 {
            let (persons, seed) = (common.population.persons, common.population.seed);
            let now = Timestamp::now();
            population::settle(&db, persons, seed, local_date(now), now.as_microsecond())
                .await
                .map_err(BootError::service)?;
        }
        let ledger = onething_department::ledger(&common, &db)
            .action(LockRecord)
            .and_then(|builder| builder.action(AcceptRelocation))
            .and_then(|builder| builder.action(ApproveRelease))
            .and_then(|builder| builder.action(TransferArchive))
            .and_then(|builder| builder.action(RegisterRelocation))
            .map_err(BootError::service)?
            .build();
        let application = onething_department::application(Self::NAME, db.clone(), &ledger);
        let server = EnterpriseRegistryServiceServer::new(Registry::new(db, ledger));
        Ok(application.grpc(Recorded::new(server)))
    }
}
