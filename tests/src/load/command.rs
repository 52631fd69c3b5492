//! The command line of the benchmark.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use tokio::runtime::Builder;

use super::{million, participant, run, workload::Workload};

#[derive(Debug, Parser)]
#[command(
    name = "load",
    about = "Measures the saga engine beside what the machine can do."
)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Cases through the engine, its journal and gRPC, beside the same calls made bare.
    Engine(EngineArguments),
    /// An engine on a store with a million ended and 100,000 waiting cases, beside one on an empty store.
    Million(MillionArguments),
    /// One round of that, in a process of its own.
    #[command(hide = true)]
    MillionRound(RoundArguments),
    /// The department of a measurement, in a process of its own.
    #[command(hide = true)]
    Participant(ParticipantArguments),
}

/// What to measure.
#[derive(Clone, Debug, Args)]
pub(super) struct EngineArguments {
    /// W1: five steps in sequence. W2: the fifth is refused and four are undone. W3: four parallel
    /// steps, then four more. W4: W1 against the participant's ledger.
    #[arg(long)]
    pub(super) workload: Workload,
    /// How many cases are under way at a time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) at_once: u16,
    /// Where the journal is.
    #[arg(long, default_value = "sqlite")]
    pub(super) store: Kind,
    /// How long the engine is measured; the bare calls are measured as long.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) seconds: u32,
    /// The folder for the databases; it must be on a disk. Default: the system's temporary folder.
    #[arg(long)]
    pub(super) data: Option<PathBuf>,
    /// Build each request in its step's turn, as if out of the answers before it: no call is journaled ahead.
    #[arg(long)]
    pub(super) in_turn: bool,
    /// Leave the bare calls and the syncs out, for a profiler.
    #[arg(long, hide = true)]
    pub(super) only_engine: bool,
    /// A running PostgreSQL to use in place of a private one.
    #[arg(long, env = "ONETHING_TEST_POSTGRES")]
    pub(super) postgres: Option<String>,
}

/// What the large store holds, and how it is measured.
#[derive(Clone, Debug, Args)]
pub(super) struct MillionArguments {
    /// How many cases have ended.
    #[arg(long, default_value_t = 1_000_000)]
    pub(super) ended: u32,
    /// How many cases wait.
    #[arg(long, default_value_t = 100_000)]
    pub(super) waiting: u32,
    /// How many times each store is measured; the medians are compared.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: u32,
    /// How long W1 runs in each round.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) seconds: u32,
    /// How many cases are under way at a time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) at_once: u16,
    /// The folder for the databases; it must be on a disk. Default: the system's temporary folder.
    #[arg(long)]
    pub(super) data: Option<PathBuf>,
}

/// One round on one store.
#[derive(Clone, Debug, Args)]
pub(super) struct RoundArguments {
    /// The journal's file.
    #[arg(long)]
    pub(super) database: PathBuf,
    /// Where the department listens.
    #[arg(long)]
    pub(super) participant: String,
    /// How long W1 runs.
    #[arg(long)]
    pub(super) seconds: u32,
    /// How many cases are under way at a time.
    #[arg(long)]
    pub(super) at_once: u16,
}

/// Which database holds the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// A file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// How the department answers.
#[derive(Clone, Debug, Args)]
pub(super) struct ParticipantArguments {
    /// Run the kit's ledger over this database; without it, answer at once.
    #[arg(long)]
    pub(super) ledger: Option<String>,
}

/// Runs the benchmark's command line. The last line is one JSON object; success means that every case
/// ended as it had to.
pub fn main() -> ExitCode {
    let several = Builder::new_multi_thread();
    let done = match Command::parse().what {
        What::Engine(arguments) => on(several, run::run(arguments)),
        What::Million(arguments) => on(several, million::run(arguments)),
        What::MillionRound(arguments) => on(several, million::round(arguments)),
        What::Participant(arguments) => {
            // What answers at once has nothing to share: a second thread would take from whoever calls.
            let runtime = match arguments.ledger {
                Some(_) => several,
                None => Builder::new_current_thread(),
            };
            on(runtime, participant::serve(arguments))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn on(mut runtime: Builder, work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    runtime
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?
        .block_on(work)
}
