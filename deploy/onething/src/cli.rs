//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::bundle::Bundle;
use crate::participant::Participant;
use crate::saga::Saga;

/// One application by a person or an enterprise, many departments, one result.
#[derive(Debug, Parser)]
#[command(name = "onething", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole suite in one process.
    Up(Up),
    /// File a sample case with an embedded suite and watch it.
    ///
    /// Exit code: 0 completed, 3 undone, 4 a declared partial outcome, anything else a failure.
    Try(Try),
    /// Fill the databases of a data folder with a synthetic population.
    Seed(Seed),
    /// The designers' tools: check, explain, draw and simulate a bundle.
    #[command(subcommand)]
    Bundle(Bundle),
    /// Find sagas that need somebody, look at them, and act: the operators' tools.
    Saga(Saga),
    /// Tools for departments that take part.
    #[command(subcommand)]
    Participant(Participant),
}

/// `onething up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// The folder for the databases; made if missing.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(crate) data: PathBuf,
    /// A folder with department files (*.toml), beside the departments that are built in or in place
    /// of those of the same service.
    #[arg(long, value_name = "DIR")]
    pub(crate) departments: Option<PathBuf>,
    /// A folder with bundle files (*.toml), beside the bundles that are built in or in place of those
    /// of the same id. Files that are added or changed later are taken up at once.
    #[arg(long, value_name = "DIR")]
    pub(crate) bundles: Option<PathBuf>,
    /// Where the gateway listens, for REST and gRPC.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7100")]
    pub(crate) listen: String,
    /// Synthetic persons to put into empty databases, so that there is something to try; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) persons: u32,
    /// The seed of the population: the same seed gives the same persons.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

/// `onething try`.
#[derive(Debug, Args)]
pub(crate) struct Try {
    /// The bundle, for example `newborn` or `enterprise-relocation`.
    pub(crate) bundle: String,
    /// File it in this division, as a GB/T 2260 code.
    #[arg(long, value_name = "CODE")]
    pub(crate) region: Option<String>,
    /// Let this step be refused: by its officer, where one decides it; declined, where somebody
    /// outside acts; otherwise its department does not accept the matter at present.
    #[arg(long, value_name = "STEP")]
    pub(crate) refuse: Option<String>,
    /// Keep the databases in this new folder, to look into them afterwards.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Print one JSON object at the end instead of a line per step.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `onething seed`.
#[derive(Debug, Args)]
pub(crate) struct Seed {
    /// How many persons.
    #[arg(long, value_name = "N")]
    pub(crate) persons: u32,
    /// The same seed gives the same persons.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The folder of the databases; made if missing.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(crate) data: PathBuf,
}
