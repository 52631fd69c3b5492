//! How the service is put together: its age rules, its database, its ledger, its gRPC.
//! It judges nothing.

use async_trait::async_trait;
use onething_db::Db;
use onething_participant::{Ledger, MIGRATIONS, Recorded, Suspension};
use onething_proto::education::education_service_server::EducationServiceServer;
use onething_runtime::{Application, BootError, Common, Context, NoSettings, Service};

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
        let db = open(&context.common).await.map_err(BootError::service)?;
        // No action writes yet: the ledger closes keys and tells that they were never seen.
        let ledger = Ledger::builder(db.clone())
            .suspensions(suspensions(context.common))
            .build();
        let participant = ledger.participant().server();
        let server = Server::new(db.clone(), ledger, age_rules);
        Ok(Application::new(Self::NAME)
            .grpc(Recorded::new(EducationServiceServer::new(server)))
            .grpc(participant)
            .on_close(move || async move { db.close().await }))
    }
}

async fn open(common: &Common) -> onething_db::Result<Db> {
    let db = Db::open(&common.database.url, common.database.max_connections).await?;
    db.migrate(&[MIGRATIONS, store::MIGRATIONS]).await?;
    population::settle(&db, common.population).await?;
    Ok(db)
}

fn suspensions(common: Common) -> Vec<Suspension> {
    let suspended = common.suspensions.into_iter();
    suspended
        .map(|matter| Suspension {
            method: matter.method,
            step: matter.step,
            note: matter.note,
        })
        .collect()
}
