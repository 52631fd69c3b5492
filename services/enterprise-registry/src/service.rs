//! The registry as a service: how it is put together. What it does is in the actions' modules.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use onething_calendar::local_date;
use onething_participant::Recorded;
use onething_proto::enterprise_registry::{
    change_service_server::ChangeServiceServer, conversion_service_server::ConversionServiceServer,
    enterprise_registry_service_server::EnterpriseRegistryServiceServer,
    penalty_service_server::PenaltyServiceServer,
};
use onething_runtime::{Application, BootError, Context, NoSettings, Service};

use crate::{
    acceptance::AcceptRelocation, archive_transfer::TransferArchive, change::RegisterChange,
    conversion::RegisterConversion, grpc::Registry, grpc_change::Changes,
    grpc_conversion::Conversions, grpc_penalty::Penalties, lock::LockRecord,
    name_reservation::ReserveName, permit::ReissuePermits, population,
    publicity::SynchronisePublicity, publicity_period::Periods, registration::RegisterRelocation,
    release::ApproveRelease, repair::DecideRepair, store,
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
        let periods = Arc::new(Periods::standard().map_err(BootError::service)?);
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
            .and_then(|builder| builder.action(ReserveName))
            .and_then(|builder| builder.action(RegisterChange))
            .and_then(|builder| builder.action(DecideRepair(periods.clone())))
            .and_then(|builder| builder.action(SynchronisePublicity))
            .and_then(|builder| builder.action(RegisterConversion))
            .and_then(|builder| builder.action(ReissuePermits))
            .map_err(BootError::service)?
            .build();
        let application = onething_department::application(Self::NAME, db.clone(), &ledger);
        let changes = Changes::new(db.clone(), ledger.clone());
        let penalties = Penalties::new(db.clone(), ledger.clone(), periods);
        let conversions = Conversions::new(db.clone(), ledger.clone());
        let registry = Registry::new(db, ledger);
        Ok(application
            .grpc(Recorded::new(EnterpriseRegistryServiceServer::new(
                registry,
            )))
            .grpc(Recorded::new(ChangeServiceServer::new(changes)))
            .grpc(Recorded::new(PenaltyServiceServer::new(penalties)))
            .grpc(Recorded::new(ConversionServiceServer::new(conversions))))
    }
}
