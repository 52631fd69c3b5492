//! `onething seed`: fills empty databases with a synthetic population.

use crate::{
    cli::Seed,
    outcome::Outcome,
    suite::{self, Plan, Suite},
};

/// Starts the suite on free ports, which fills its databases, and stops it again.
pub(crate) async fn run(arguments: Seed) -> anyhow::Result<Outcome> {
    let _guard = onething_runtime::telemetry::init(&suite::telemetry()?, "onething")?;
    let plan = Plan {
        data: arguments.data.clone(),
        departments: None,
        bundles: None,
        listen: "127.0.0.1:0".to_owned(),
        fixed_ports: false,
        persons: arguments.persons,
        seed: arguments.seed,
        suspensions: Vec::new(),
        publicity_working_days: None,
        operators: Vec::new(),
    };
    Suite::start(&plan).await?.stop().await;
    anstream::println!(
        "{} synthetic persons (seed {}) are in the databases of {}; databases that were not empty kept what they had",
        arguments.persons,
        arguments.seed,
        arguments.data.display()
    );
    Ok(Outcome::Done)
}
