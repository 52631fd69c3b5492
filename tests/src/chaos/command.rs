//! The command line of the power cuts.

use std::{
    process::{Command, ExitCode},
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Parser, ValueEnum};
use onething_db::testing::POSTGRES_VARIABLE;

use super::{disaster::Disaster, services};
use crate::{cluster::Cluster, process::BIN_DIR_VARIABLE};

/// Kills gateways and departments under load, and counts what that did to the cases.
#[derive(Debug, Parser)]
#[command(name = "chaos")]
struct Arguments {
    /// How many processes are killed.
    #[arg(long)]
    kills: u32,
    /// Where the journal and the departments' registers are.
    #[arg(long, default_value = "sqlite")]
    store: Store,
    /// How many gateways share the journal: two on PostgreSQL, if not said; on SQLite one holds it alone.
    #[arg(long)]
    gateways: Option<usize>,
    /// What decides who is killed, and when. Default: a fresh one.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

/// Runs the command line. The last line is one JSON object; success means that nothing was left
/// unended, doubled or behind.
pub fn main() -> ExitCode {
    if let Some(code) = services::as_named() {
        return code;
    }
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let done = runtime.block_on(async {
        if std::env::var_os(BIN_DIR_VARIABLE).is_some() {
            cut(&arguments).await
        } else {
            prepared(&arguments).await
        }
    });
    done.unwrap_or_else(|problem| failed(&problem))
}

fn failed(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::FAILURE
}

async fn cut(arguments: &Arguments) -> Result<ExitCode, String> {
    let postgres = arguments.store == Store::Postgres;
    let gateways = match arguments.gateways {
        Some(gateways) if postgres || gateways == 1 => gateways.max(1),
        Some(_) => return Err("an SQLite journal belongs to one gateway".to_owned()),
        None if postgres => 2,
        None => 1,
    };
    let disaster = Disaster {
        kills: arguments.kills,
        postgres,
        gateways,
        seed: arguments.seed.unwrap_or_else(fresh_seed),
    };
    let found = disaster.strike().await;
    println!("{}", found.json());
    Ok(if found.held() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs this program again with every service's program in a folder and, if one is needed and none is
/// named, a PostgreSQL of its own.
async fn prepared(arguments: &Arguments) -> Result<ExitCode, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    services::programs(folder.path()).map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut again = Command::new(program);
    again
        .args(std::env::args_os().skip(1))
        .env(BIN_DIR_VARIABLE, folder.path());
    let mut cluster = None;
    if arguments.store == Store::Postgres && std::env::var_os(POSTGRES_VARIABLE).is_none() {
        let private = Cluster::private(folder.path()).await?;
        again.env(POSTGRES_VARIABLE, private.server());
        cluster = Some(private);
    }
    let status = again.status().map_err(|error| error.to_string())?;
    drop(cluster);
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A seed that was not used before.
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_micros() as u64)
}
