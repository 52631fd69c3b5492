//! `onething participant check`: proves over gRPC that a department, in any language, keeps the
//! participant's rules. What a department offers is read by server reflection; what to call it with
//! is in a file of samples that the department's team writes.

mod answer;
mod bench;
mod caller;
mod decisions;
mod department;
mod expect;
mod reflection;
mod report;
mod rule;
mod rules;
mod runner;
mod samples;
mod template;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::outcome::Outcome;
use caller::Caller;
use department::Department;
use report::Report;
use samples::Samples;

/// `onething participant …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Participant {
    /// Prove that a department, in any language, keeps the participant's rules.
    ///
    /// Takes the department's services from server reflection and calls each action with the samples
    /// of a file that the department's team writes; `--template` prints one to fill in. Everything it
    /// does it undoes again, except what cannot be undone: run it against a test system.
    ///
    /// Exit code: 0 if every check passed, 1 if one failed or could not be made.
    Check(Check),
}

/// `onething participant check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Where the department listens, for example `http://127.0.0.1:7101`.
    url: String,
    /// The file with sample requests, TOML or JSON.
    #[arg(long, value_name = "FILE")]
    samples: Option<PathBuf>,
    /// Print a file of samples to fill in, and check nothing.
    #[arg(long)]
    template: bool,
    /// Check only this method, `package.Service/Method` or its last part; may be repeated.
    #[arg(long, value_name = "METHOD")]
    method: Vec<String>,
    /// Print one JSON object at the end instead of a line per check.
    #[arg(long)]
    json: bool,
    /// How long one call may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// How long a decision that falls due may take to appear, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
}

/// Carries out the command.
pub(crate) async fn run(command: Participant) -> anyhow::Result<Outcome> {
    match command {
        Participant::Check(check) => run_check(check).await,
    }
}

async fn run_check(check: Check) -> anyhow::Result<Outcome> {
    let timeout = Duration::from_secs(check.timeout);
    let channel = caller::connect(&check.url, timeout).await?;
    let contracts = reflection::contracts(&channel, timeout)
        .await
        .with_context(|| {
            format!(
                "{}: its services cannot be read by server reflection",
                check.url
            )
        })?;
    let department = Department::new(contracts, &check.method)?;
    if check.template {
        anstream::print!("{}", template::of(&department, &check.url));
        return Ok(Outcome::Done);
    }
    let samples = match &check.samples {
        Some(file) => Samples::read(file, &department)?,
        None => Samples::default(),
    };
    if department.matters.is_empty() && !check.method.is_empty() {
        bail!("the department has no action {}", check.method.join(", "));
    }
    let caller = Caller::new(channel, timeout, Duration::from_secs(check.patience));
    let mut report = Report::new(&check.url, caller.coordinator(), check.json);
    runner::run(&department, &samples, &caller, &mut report).await;
    report.end();
    Ok(report.outcome())
}
