//! How the service is put together: its rules, its database, its ledger, its gRPC.
//! It judges nothing.

use std::sync::Arc;

use async_trait::async_trait;
use onething_participant::Recorded;
use onething_proto::education::education_service_server::EducationServiceServer;
use onething_runtime::{Application, BootError, Context, NoSettings, Service};

use crate::{
    admission::{IssueAdmission, OpenStudentRecord},
    age_rule::AgeRules,
    class_rule::ClassRules,
    grpc::Server,
    population,
    review::{ReviewPupil, Rules},
    seat::PlacePupil,
    store,
};

/// The service `education`.
#[derive(Debug)]
pub struct Education;

#[async_trait]
impl Service for Education {
    const NAME: &'static str = "education";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = NoSettings;

    async fn build(context: Context<NoSettings>) -> Result<Application, BootError> {
        let rules = Arc::new(Rules {
            ages: AgeRules::standard().map_err(BootError::service)?,
            classes: ClassRules::standard().map_err(BootError::service)?,
        });
        let common = context.common;
        let db = onething_department::open(&common, store::MIGRATIONS).await?;
        population::settle(&db, common.population)
            .await
            .map_err(BootError::service)?;
        let ledger = onething_department::ledger(&common, &db)
            .action(ReviewPupil::new(Arc::clone(&rules)))
            .and_then(|builder| builder.action(PlacePupil::new(Arc::clone(&rules))))
            .and_then(|builder| builder.action(IssueAdmission))
            .and_then(|builder| builder.action(OpenStudentRecord))
            .map_err(BootError::service)?
            .build();
        let application = onething_department::application(Self::NAME, db.clone(), &ledger);
        let server = Server::new(db, ledger, rules);
        Ok(application.grpc(Recorded::new(EducationServiceServer::new(server))))
    }
}
