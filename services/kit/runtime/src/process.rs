//! The whole life of a service's process, from its arguments to its exit code.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::boot_error::BootError;
use crate::config::Common;
use crate::service::{Service, boot, configure};
use crate::{discovery, telemetry};

/// `EX_USAGE` of sysexits.h: wrong arguments or a wrong configuration; a restart will not help.
const USAGE: u8 = 64;

#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Configuration file (TOML), laid over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check the configuration and exit.
    #[arg(long)]
    check_config: bool,
}

/// Runs the service `S` until SIGTERM or SIGINT. Exit code 0 after an orderly stop, 64 for wrong
/// arguments or configuration, 1 if the service could not start, 130 after a second signal.
///
/// Once the service is ready it prints one line on standard output: its name, `listening on`, its
/// address.
pub fn run<S: Service>() -> ExitCode {
    let arguments = match arguments(S::NAME) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let (common, settings) = match configure::<S>(arguments.config.as_deref(), environment()) {
        Ok(settings) => settings,
        Err(problems) => {
            eprintln!("{}: {problems}", S::NAME);
            return ExitCode::from(USAGE);
        }
    };
    if arguments.check_config {
        println!("{}: the configuration is correct", S::NAME);
        return ExitCode::SUCCESS;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(S::NAME, &error),
    };
    let code = runtime.block_on(async {
        match live::<S>(common, settings).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(S::NAME, &error),
        }
    });
    // Blocking work that is still going on has had its time.
    runtime.shutdown_background();
    code
}

async fn live<S: Service>(common: Common, settings: S::Settings) -> Result<(), BootError> {
    let mut signals = Signals::new().map_err(BootError::service)?;
    let telemetry = telemetry::init(&common.telemetry, S::NAME)?;
    let discovery = discovery::from_settings(&common.discovery)?;
    let booted = tokio::select! {
        booted = boot::<S>(common, settings, discovery) => booted,
        () = signals.next() => return Ok(()),
    };
    let running = match booted {
        Ok(running) => running,
        Err(error) => {
            telemetry.shutdown().await;
            return Err(error);
        }
    };
    announce(S::NAME, running.addr());
    signals.next().await;
    tokio::select! {
        () = async {
            running.stop().await;
            telemetry.shutdown().await;
        } => Ok(()),
        () = signals.next() => {
            tracing::warn!("second signal: leaving at once");
            std::process::exit(130);
        }
    }
}

fn arguments(name: &'static str) -> Result<Arguments, ExitCode> {
    let parsed = Arguments::command()
        .name(name)
        .bin_name(name)
        .try_get_matches()
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map_err(|error| {
        // Nobody is left to hear that standard error is closed.
        let _ = error.print();
        if error.use_stderr() {
            ExitCode::from(USAGE)
        } else {
            ExitCode::SUCCESS
        }
    })
}

/// The environment, without what is not Unicode: no setting is.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn announce(name: &str, address: std::net::SocketAddr) {
    let mut out = std::io::stdout();
    // A closed standard output is no reason to stop serving.
    let _ = writeln!(out, "{name} listening on {address}").and_then(|()| out.flush());
}

fn failed(name: &str, error: &dyn std::error::Error) -> ExitCode {
    eprint!("{name}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprint!(": {error}");
        cause = error.source();
    }
    eprintln!();
    ExitCode::FAILURE
}

/// SIGTERM and SIGINT, one by one.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
