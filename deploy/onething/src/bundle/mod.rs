//! `onething bundle`: the designer's tools. They work on a bundle's file or on one that is built in,
//! and need no running suite.

mod check;
mod explain;
mod graph;
mod simulate;

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use onething_bundle::{Catalogue, Diagnostic, load_file};
use onething_elements::{Dictionary, Divisions};
use onething_proto::Contracts;

use crate::outcome::Outcome;
use check::Check;

/// `onething bundle …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Bundle {
    /// Say whether bundle files are right, in every region; exit code 1 after a mistake.
    Check(Check),
    /// Print the JSON Schema of bundle files, for editors.
    Schema,
    /// Show where each field comes from, and what was cut in fields, materials, steps, trips and days.
    Explain(Explain),
    /// Draw the steps: departments as lanes, segments and points of legal effect marked.
    Graph(Graph),
    /// Run the bundle on the real engine, with departments that answer as their contracts say.
    ///
    /// Exit code: 0 completed, 3 undone, 4 a declared partial outcome, anything else a failure.
    Simulate(Simulate),
}

/// Which bundle is meant.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// A built-in bundle's id, for example `newborn`, or a file `….toml`.
    pub(crate) bundle: String,
    /// A folder with department files (*.toml) whose calls the bundle may use.
    #[arg(long, value_name = "DIR")]
    pub(crate) departments: Option<PathBuf>,
    /// The bundle as it is in this division, as a GB/T 2260 code.
    #[arg(long, value_name = "CODE")]
    pub(crate) region: Option<String>,
}

/// `onething bundle explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `onething bundle graph`.
#[derive(Debug, Args)]
pub(crate) struct Graph {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How to draw it.
    #[arg(long, value_enum, default_value_t = Format::Svg)]
    pub(crate) format: Format,
    /// Write it here instead of to the standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// How a graph is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A picture that every browser shows.
    Svg,
    /// Text for pages that render Mermaid.
    Mermaid,
}

/// `onething bundle simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Let the department refuse this step.
    #[arg(long, value_name = "STEP")]
    pub(crate) refuse: Option<String>,
    /// Print one JSON object at the end instead of a line per step.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs a designer's tool.
pub(crate) async fn run(command: &Bundle) -> anyhow::Result<Outcome> {
    match command {
        Bundle::Check(arguments) => check::run(arguments),
        Bundle::Schema => check::schema(),
        Bundle::Explain(arguments) => explain::run(arguments),
        Bundle::Graph(arguments) => graph::run(arguments),
        Bundle::Simulate(arguments) => simulate::run(arguments).await,
    }
}

impl Which {
    /// Loads it, with the overlay of its region.
    fn load(&self) -> anyhow::Result<onething_bundle::Bundle> {
        let bundle = self.everywhere()?;
        let Some(region) = &self.region else {
            return Ok(bundle);
        };
        if Divisions::standard().get(region).is_none() {
            bail!("`{region}` is no division of the region (GB/T 2260)");
        }
        let year = onething_calendar::local_date(Timestamp::now()).year();
        let overlay = bundle.in_region(region, year.unsigned_abs());
        Ok(overlay.map_or_else(|| bundle.clone(), |overlay| (**overlay).clone()))
    }

    /// Loads it as it is everywhere.
    fn everywhere(&self) -> anyhow::Result<onething_bundle::Bundle> {
        let contracts = match &self.departments {
            Some(folder) => &onething_declared::contracts(Some(folder))?,
            None => Contracts::standard(),
        };
        let dictionary = Dictionary::standard();
        let path = Path::new(&self.bundle);
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            return load_file(path, contracts, dictionary).map_err(|mistakes| told(&mistakes));
        }
        let catalogue = Catalogue::embedded(contracts, dictionary);
        let catalogue = catalogue.map_err(|mistakes| told(&mistakes))?;
        let known: Vec<_> = catalogue.iter().map(|bundle| bundle.id.clone()).collect();
        match catalogue.into_bundles().find(|b| b.id == self.bundle) {
            Some(bundle) => Ok(bundle),
            None => bail!(
                "there is no bundle `{}`; there are: {}; a file is named with its `.toml`",
                self.bundle,
                known.join(", ")
            ),
        }
    }
}

fn told(mistakes: &[Diagnostic]) -> anyhow::Error {
    let all: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("the bundle does not load\n\n{}", all.join("\n\n"))
}
