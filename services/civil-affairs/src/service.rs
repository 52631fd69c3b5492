//! How the service is put together: its database, its ledger, its gRPC. It knows no rule.

use async_trait::async_trait;
use onething_participant::Recorded;
use onething_proto::civil_affairs::civil_affairs_service_server::CivilAffairsServiceServer;
use onething_runtime::{Application, BootError, Context, NoSettings, Service};

use crate::{grpc::Server, population, registration::RegisterMarriage, store};

/// The service `civil-affairs`.
#[derive(Debug)]
pub struct CivilAffairs;

#[async_trait]
impl Service for CivilAffairs {
    const NAME: &'static str = "civil-affairs";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let common = context.common;
        let db = onething_department::open(&common, store::MIGRATIONS).await?;
        population::settle(&db, common.population)
            .await
            .map_err(BootError::service)?;
        let ledger = onething_department::ledger(&common, &db)
            .action(RegisterMarriage)
            .map_err(BootError::service)?
            .build();
        let application = onething_department::application(Self::NAME, db.clone(), &ledger);
        let server = Server::new(db, ledger);
        Ok(application.grpc(Recorded::new(CivilAffairsServiceServer::new(server))))
    }
}
