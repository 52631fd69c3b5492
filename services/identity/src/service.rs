//! How the service is put together: its database, its ledger, its gRPC. It knows no rule.

use async_trait::async_trait;
use onething_participant::Recorded;
use onething_proto::identity::identity_service_server::IdentityServiceServer;
use onething_runtime::{Application, BootError, Context, NoSettings, Service};

use crate::{appointment::AppointLegalRepresentative, grpc::Server, population, store};

/// The service `identity`.
#[derive(Debug)]
pub struct Identity;

#[async_trait]
impl Service for Identity {
    const NAME: &'static str = "identity";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let common = context.common;
        let db = onething_department::open(&common, store::MIGRATIONS).await?;
        population::settle(&db, common.population)
            .await
            .map_err(BootError::service)?;
        let ledger = onething_department::ledger(&common, &db)
            .action(AppointLegalRepresentative)
            .map_err(BootError::service)?
            .build();
        let application = onething_department::application(Self::NAME, db.clone(), &ledger);
        let server = Server::new(db, ledger);
        Ok(application.grpc(Recorded::new(IdentityServiceServer::new(server))))
    }
}
