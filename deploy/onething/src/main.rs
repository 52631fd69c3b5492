//! `onething`: the whole suite in one process, and the tools around it.

mod attempt;
mod bundle;
mod cli;
mod operators;
mod outcome;
mod page;
mod participant;
mod saga;
mod seed;
mod suite;
mod table;
mod up;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use outcome::Outcome;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Outcome::failed(&error.into()),
    };
    let ended = runtime.block_on(async {
        match cli.command {
            Command::Up(arguments) => up::run(arguments).await,
            Command::Try(arguments) => attempt::run(arguments).await,
            Command::Seed(arguments) => seed::run(arguments).await,
            Command::Bundle(command) => bundle::run(&command).await,
            Command::Saga(arguments) => saga::run(arguments).await,
            Command::Participant(command) => participant::run(command).await,
        }
    });
    match ended {
        Ok(outcome) => outcome.into(),
        Err(error) => Outcome::failed(&error),
    }
}
