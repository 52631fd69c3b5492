//! The arguments of `onething saga`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What the commands' exit codes mean.
const EXIT_CODES: &str = "\
Exit code:
  0  done
  1  the gateway cannot be reached or has a problem of its own
  2  wrong arguments
  5  a journal is not what was written (verify)
  6  the saga's state does not allow it
  7  there is no such saga, step or proposal
  8  the token is missing, unknown, or may only look

The token is read from --token-file, or else from the variable ONETHING_OPERATOR_TOKEN.";

/// `onething saga`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Saga {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) access: Access,
}

/// Which gateway, and as whom.
#[derive(Debug, Args)]
pub(super) struct Access {
    /// The gateway.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        default_value = "http://127.0.0.1:7100"
    )]
    pub(super) gateway: String,
    /// The file that holds your token.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// Print one JSON object for machines.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List sagas, oldest first: who must act next on each, by when and why.
    #[command(after_help = EXIT_CODES)]
    List(List),
    /// Show one saga: its steps, what is wrong, and what you can do.
    #[command(after_help = EXIT_CODES)]
    Show(Show),
    /// Have a refused or halted step tried again.
    #[command(after_help = EXIT_CODES)]
    Retry(Act),
    /// Have a failed undo tried again.
    #[command(after_help = EXIT_CODES)]
    Undo(Act),
    /// Propose to go on without a step that has no effect; another operator must approve.
    #[command(after_help = EXIT_CODES)]
    Skip(Act),
    /// Propose to record what became of a step's effect; another operator must approve.
    #[command(after_help = EXIT_CODES)]
    Attest(Attest),
    /// Approve what another operator proposed.
    #[command(after_help = EXIT_CODES)]
    Approve(Approve),
    /// Decline a proposal: the step stays as it is.
    #[command(after_help = EXIT_CODES)]
    Decline(Decline),
    /// Erase what an ended case's journal carries of people's lives, once its time of keeping is over.
    ///
    /// States, times and the outcome stay, and the journal still verifies. It cannot be taken back.
    #[command(after_help = EXIT_CODES)]
    Erase(Erase),
    /// Verify that journals are what was written, and name the first row that is not.
    ///
    /// With --database it reads the database itself, with the gateway stopped or not, and writes
    /// nothing. Without an ID it verifies every saga.
    #[command(after_help = EXIT_CODES)]
    Verify(Verify),
}

/// `onething saga list`. Every criterion that is given must hold.
#[derive(Debug, Args)]
pub(super) struct List {
    /// In this state: accepted, running, committed, compensating, halted, escalated; or ended as
    /// completed, compensated, partial, reconciled, rejected.
    #[arg(long, value_name = "S")]
    pub(super) state: Option<String>,
    /// Of this bundle.
    #[arg(long, value_name = "B")]
    pub(super) bundle: Option<String>,
    /// With this department to act next, by its code, such as MR.
    #[arg(long, value_name = "D")]
    pub(super) department: Option<String>,
    /// Accepted longer ago than this: 90s, 30m, 36h, 2d, 1w.
    #[arg(long, value_name = "AGE")]
    pub(super) older_than: Option<String>,
    /// Set aside because their journal cannot be carried on.
    #[arg(long)]
    pub(super) quarantined: bool,
    /// Not ended and without a next wake time: an alarm, for nothing happens to them by itself.
    #[arg(long)]
    pub(super) without_wake: bool,
    /// How many at most; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(super) limit: usize,
}

/// `onething saga show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The saga's id, which is the case's.
    pub(super) id: String,
    /// Its journal as well, without requests and responses.
    #[arg(long)]
    pub(super) events: bool,
}

/// `onething saga retry`, `undo` and `skip`.
#[derive(Debug, Args)]
pub(super) struct Act {
    /// The saga's id, which is the case's.
    pub(super) id: String,
    /// The step; `NAME#2` is the second of a step that is repeated.
    #[arg(long, value_name = "S")]
    pub(super) step: String,
    /// Why, for the journal.
    #[arg(long, value_name = "R")]
    pub(super) reason: String,
}

/// `onething saga erase`.
#[derive(Debug, Args)]
pub(super) struct Erase {
    /// The saga's id, which is the case's.
    pub(super) id: String,
    /// Why, for the journal.
    #[arg(long, value_name = "R")]
    pub(super) reason: String,
}

/// `onething saga attest`.
#[derive(Debug, Args)]
pub(super) struct Attest {
    #[command(flatten)]
    pub(super) act: Act,
    /// What became of the effect, in words that an auditor understands later.
    #[arg(long, value_name = "D")]
    pub(super) disposition: String,
}

/// `onething saga approve`.
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// The saga's id, which is the case's.
    pub(super) id: String,
    /// The proposal's number, as `show` tells it.
    #[arg(long, value_name = "N")]
    pub(super) proposal: u32,
}

/// `onething saga decline`.
#[derive(Debug, Args)]
pub(super) struct Decline {
    #[command(flatten)]
    pub(super) proposal: Approve,
    /// Why, for the journal.
    #[arg(long, value_name = "R")]
    pub(super) reason: String,
}

/// `onething saga verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The saga's id; every saga if left out.
    pub(super) id: Option<String>,
    /// Read this database instead of asking the gateway: `sqlite:PATH` or `postgres://…`.
    #[arg(long, value_name = "URL", requires = "journal_key")]
    pub(super) database: Option<String>,
    /// The file with the key that chains the journal.
    #[arg(long, value_name = "FILE", requires = "database")]
    pub(super) journal_key: Option<PathBuf>,
}
