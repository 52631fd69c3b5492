//! How the service is put together: its age rules, its database, its ledger, its gRPC.
//! It judges nothing.

use async_trait::async_trait;
use onething_participant::Recorded;
use onething_proto::education::education_service_server::EducationServiceServer;
use onething_runtime::{Application, BootError, Context, NoSettings, Service};

use crate::{age_rule::AgeRules, grpc::Server, population, store};

/// The service `education`.
#[derive(Debug)]
pub struct Education;

#[async_trait]
impl Service for Education {
    const NAME: &'static str = "education";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let age_rules = AgeRules::standard().map_err(BootError::service)?;
        let common = context.common;
        let db = onething_department::open(&common, store::MIGRATIONS).await?;
        population::settle(&db, common.population)
            .await
            .map_err(BootError::service)?;
        // No action writes yet: the ledger closes keys and tells that they were never seen.
        let ledger = onething_department::ledger(&common, &db).build();
        let application = onething_department::application(Self::NAME, db.clone(), &ledger);
        let server = Server::new(db, ledger, age_rules);
        Ok(application.grpc(Recorded::new(EducationServiceServer::new(server))))
    }
}
