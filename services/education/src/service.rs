//! How the service is put together: its rules, its database, its ledger, its gRPC.
//! It judges nothing.

use std::sync::Arc;

use async_trait::async_trait;
use onething_participant::Recorded;
use onething_proto::education::education_service_server::EducationServiceServer;
use onething_runtime::{Application, BootError, Context, Service};

use crate::{
    admission::{IssueAdmission, OpenStudentRecord},
    age_rule::AgeRules,
    class_rule::ClassRules,
    grpc::Server,
    population,
    review::{ReviewPupil, Rules},
    seat::PlacePupil,
    store,
    window::EducationSettings,
};

/// The service `education`.
#[derive(Debug)]
pub struct Education;

#[async_trait]
impl Service for Education {
    const NAME: &'static str = "education";
    const DEFAULTS: &'static str = include_str!("../defaults.toml");
    type Settings = EducationSettings;

    async fn build(context: Context<EducationSettings>) -> Result<Application, BootError> {
        let Context {
            common, settings, ..
        } = context;
        let rules = Arc::new(Rules {
            ages: AgeRules::standard().map_err(BootError::service)?,
            classes: ClassRules::standard().map_err(BootError::service)?,
            windows: settings.enrolment.into(),
        });
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
