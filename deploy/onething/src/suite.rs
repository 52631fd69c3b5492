//! The whole suite in this process: every department and the gateway as the services they are
//! elsewhere, each on a port and a database of its own, found by in-process discovery.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, bail};
use onething_civil_affairs::CivilAffairs;
use onething_connector::Connector;
use onething_education::Education;
use onething_enterprise_registry::EnterpriseRegistry;
use onething_gateway::{Gateway, OperatorSettings};
use onething_identity::Identity;
use onething_public_security::PublicSecurity;
use onething_runtime::{
    Common, Discovery, MemoryDiscovery, Running, Service, boot,
    config::{Suspension, TelemetrySettings},
    configure,
};
use onething_social_security::SocialSecurity;

/// What a suite is started with.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The folder for the databases.
    pub(crate) data: PathBuf,
    /// A folder with files of departments behind the connector.
    pub(crate) departments: Option<PathBuf>,
    /// A folder with bundle files.
    pub(crate) bundles: Option<PathBuf>,
    /// Where the gateway listens.
    pub(crate) listen: String,
    /// Whether the departments take the ports of their own defaults, or free ones.
    pub(crate) fixed_ports: bool,
    /// Synthetic persons to put into empty databases.
    pub(crate) persons: u32,
    /// The population's seed.
    pub(crate) seed: u64,
    /// Matters that departments do not accept.
    pub(crate) suspensions: Vec<Suspension>,
    /// For how many working days an archive's examination is public, in place of the department's own
    /// setting.
    pub(crate) publicity_working_days: Option<u32>,
    /// Who may look at sagas and act on them, unless the environment names others.
    pub(crate) operators: Vec<OperatorSettings>,
}

/// A running suite.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The gateway's address.
    pub(crate) gateway: SocketAddr,
    /// The departments' names and addresses.
    pub(crate) departments: Vec<(&'static str, SocketAddr)>,
    running: Vec<Running>,
}

/// The sections of the environment that a suite understands.
const SECTIONS: [&str; 5] = ["TELEMETRY", "GATEWAY", "ENGINE", "ARCHIVE", "ENROLMENT"];

impl Suite {
    /// Starts every department, then the gateway.
    pub(crate) async fn start(plan: &Plan) -> anyhow::Result<Self> {
        check_environment()?;
        let memory: Arc<dyn Discovery> = Arc::new(MemoryDiscovery::default());
        let mut suite = Self {
            gateway: SocketAddr::from(([0, 0, 0, 0], 0)),
            departments: Vec::new(),
            running: Vec::new(),
        };
        suite.department::<Identity>(plan, &memory).await?;
        suite
            .department::<EnterpriseRegistry>(plan, &memory)
            .await?;
        suite.department::<Education>(plan, &memory).await?;
        suite.department::<CivilAffairs>(plan, &memory).await?;
        suite.social_security(plan, &memory).await?;
        suite.department::<PublicSecurity>(plan, &memory).await?;
        suite.connector(plan, &memory).await?;

        let (mut common, mut settings) = configured::<Gateway>(plan)?;
        common.server.listen.clone_from(&plan.listen);
        if let Some(folder) = &plan.departments {
            settings.gateway.departments = folder.display().to_string();
        }
        if let Some(folder) = &plan.bundles {
            settings.gateway.bundles = folder.display().to_string();
        }
        settings.gateway.journal_key = plan.data.join("journal.key").display().to_string();
        if settings.gateway.operators.is_empty() {
            settings.gateway.operators.clone_from(&plan.operators);
        }
        let gateway = boot::<Gateway>(common, settings, memory)
            .await
            .context("gateway")?;
        suite.gateway = gateway.addr();
        suite.running.push(gateway);
        Ok(suite)
    }

    async fn department<S: Service>(
        &mut self,
        plan: &Plan,
        discovery: &Arc<dyn Discovery>,
    ) -> anyhow::Result<()> {
        let (common, settings) = configured::<S>(plan)?;
        self.serve::<S>(plan, discovery, common, settings).await
    }

    /// Social security, with the publicity of the plan.
    async fn social_security(
        &mut self,
        plan: &Plan,
        discovery: &Arc<dyn Discovery>,
    ) -> anyhow::Result<()> {
        let (common, mut settings) = configured::<SocialSecurity>(plan)?;
        if let Some(days) = plan.publicity_working_days {
            settings.archive.publicity_working_days = days;
        }
        self.serve::<SocialSecurity>(plan, discovery, common, settings)
            .await
    }

    /// The connector, with the departments that the plan adds to the built-in ones.
    async fn connector(
        &mut self,
        plan: &Plan,
        discovery: &Arc<dyn Discovery>,
    ) -> anyhow::Result<()> {
        let (common, mut settings) = configured::<Connector>(plan)?;
        if let Some(folder) = &plan.departments {
            settings.connector.departments_dir = folder.display().to_string();
        }
        self.serve::<Connector>(plan, discovery, common, settings)
            .await
    }

    async fn serve<S: Service>(
        &mut self,
        plan: &Plan,
        discovery: &Arc<dyn Discovery>,
        mut common: Common,
        settings: S::Settings,
    ) -> anyhow::Result<()> {
        if !plan.fixed_ports {
            common.server.listen = "127.0.0.1:0".to_owned();
        }
        let department = boot::<S>(common, settings, discovery.clone())
            .await
            .context(S::NAME)?;
        self.departments.push((S::NAME, department.addr()));
        self.running.push(department);
        Ok(())
    }

    /// Stops the gateway first, so that no case calls a department that is gone.
    pub(crate) async fn stop(mut self) {
        while let Some(running) = self.running.pop() {
            running.stop().await;
        }
    }
}

/// How this process logs and traces: the services' own defaults and the environment.
pub(crate) fn telemetry() -> anyhow::Result<TelemetrySettings> {
    check_environment()?;
    let (common, _) = configure::<Identity>(None, environment("identity"))?;
    Ok(common.telemetry)
}

fn configured<S: Service>(plan: &Plan) -> anyhow::Result<(Common, S::Settings)> {
    let (mut common, settings) =
        configure::<S>(None, environment(S::NAME)).with_context(|| S::NAME.to_owned())?;
    let file = plan.data.join(format!("{}.db", S::NAME));
    common.database.url = format!("sqlite:{}", file.display());
    common.population.persons = plan.persons;
    common.population.seed = plan.seed;
    common.suspensions.clone_from(&plan.suspensions);
    // The departments listen on this machine alone, and whoever runs the suite plays their officers.
    common.reviews.open = true;
    Ok((common, settings))
}

/// The variables that concern a service of the suite.
fn environment(service: &str) -> Vec<(String, String)> {
    let own = |section: &str| match section {
        "TELEMETRY" => true,
        "GATEWAY" | "ENGINE" => service == Gateway::NAME,
        "ENROLMENT" => service == Education::NAME,
        "ARCHIVE" => service == SocialSecurity::NAME,
        _ => false,
    };
    std::env::vars()
        .filter(|(name, _)| section(name).is_some_and(own))
        .collect()
}

/// A variable that nobody would read is a mistake worth a word.
fn check_environment() -> anyhow::Result<()> {
    let unknown: Vec<_> = std::env::vars()
        .filter(|(name, _)| section(name).is_some_and(|section| !SECTIONS.contains(&section)))
        .map(|(name, _)| name)
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    bail!(
        "{}: the suite in one process takes {} from the environment; run the services as processes of their own to configure the rest",
        unknown.join(", "),
        SECTIONS
            .map(|section| format!("ONETHING__{section}__…"))
            .join(", ")
    )
}

fn section(name: &str) -> Option<&str> {
    name.strip_prefix("ONETHING__")?.split("__").next()
}
