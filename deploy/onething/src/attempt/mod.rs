//! `onething try`: an embedded suite on a temporary folder, one sample case over REST, live progress,
//! and the result.

mod client;
mod progress;
mod read_back;
mod refusal;
mod report;
pub(crate) mod sample;

use anyhow::Context as _;
use onething_runtime::telemetry;

use crate::{
    cli::Try,
    outcome::Outcome,
    suite::{self, Plan, Suite},
};
use client::Client;
use progress::Progress;
use report::Report;

/// A population of this size has the sample family and enterprise and some neighbours …
const PERSONS: u32 = 40;
/// … and one of this size has newborns in most counties.
const PERSONS_EVERYWHERE: u32 = 4_000;
const SEED: u64 = 1;

/// Files a sample case and shows what becomes of it.
pub(crate) async fn run(arguments: Try) -> anyhow::Result<Outcome> {
    let mut settings = suite::telemetry()?;
    if std::env::var_os("ONETHING__TELEMETRY__LOG_FILTER").is_none() {
        // The steps themselves are the news here.
        settings.log_filter = "error".to_owned();
    }
    let guard = telemetry::init(&settings, "onething")?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let bundle = sample::bundle(&arguments.bundle)?;
    let suspensions = match &arguments.refuse {
        Some(step) => vec![refusal::suspension(&bundle, step)?],
        None => Vec::new(),
    };
    let persons = if arguments.region.is_some() {
        PERSONS_EVERYWHERE
    } else {
        PERSONS
    };
    let form = sample::form_in(&bundle, persons, SEED, arguments.region.as_deref())?;
    let plan = Plan {
        data: folder.path().to_owned(),
        departments: None,
        listen: "127.0.0.1:0".to_owned(),
        fixed_ports: false,
        persons,
        seed: SEED,
        suspensions,
        operators: Vec::new(),
    };
    let suite = Suite::start(&plan).await?;
    let client = Client::new(suite.gateway);

    let mut progress = Progress::new(&bundle, arguments.json);
    progress.begin(&form, arguments.refuse.as_deref());
    let filed = client.file(&bundle.id, &form).await?;
    progress.filed(&filed);
    client
        .follow(&filed.id, |happening| progress.show(happening))
        .await?;
    let case = client.read(&filed.id).await?;
    let read_back = read_back::facts(&bundle.id, &form, &case, &suite).await?;
    let report = Report::new(&bundle, case, read_back);
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        report.print();
    }
    let outcome = report.outcome();
    suite.stop().await;
    guard.shutdown().await;
    Ok(outcome)
}
