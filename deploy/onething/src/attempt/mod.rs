//! `onething try`: an embedded suite on a temporary folder, one sample case over REST, live progress,
//! and the result. Officers, and whoever else has to act later, are played.

mod client;
mod effects;
mod people;
mod progress;
mod purchases;
mod read_back;
mod refusal;
mod report;
pub(crate) mod sample;

use std::{
    path::{Path, PathBuf},
    pin::pin,
};

use anyhow::{Context as _, bail};
use futures::StreamExt;
use onething_bundle::Bundle;
use onething_runtime::telemetry;
use tempfile::TempDir;

use crate::{
    cli::Try,
    outcome::Outcome,
    page::{BACK, paint},
    suite::{self, Plan, Suite},
};
use client::Client;
use people::People;
use progress::Progress;
use refusal::Refusing;
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
    let bundle = sample::bundle_in(&arguments.bundle, arguments.region.as_deref())?;
    let refusing = Refusing::of(&bundle, arguments.refuse.as_deref())?;
    let mut ended = attempt(&arguments, &bundle, &refusing, Folder::new(&arguments)?).await?;
    if let Some(instead) = refusing.without_officer(&bundle)
        && ended.was_not_asked(arguments.refuse.as_deref().unwrap_or_default())
    {
        if !arguments.json {
            let note = "No officer was asked: it is decided at once here. Once more, with the matter suspended:";
            anstream::println!("\n{}\n", paint(BACK, note));
        }
        ended = attempt(&arguments, &bundle, &instead, Folder::again(&arguments)?).await?;
    }
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&ended.json())?);
    }
    let outcome = ended.outcome();
    guard.shutdown().await;
    Ok(outcome)
}

/// One case in a suite of its own.
async fn attempt<'a>(
    arguments: &Try,
    bundle: &'a Bundle,
    refusing: &Refusing,
    folder: Folder,
) -> anyhow::Result<Report<'a>> {
    let persons = if arguments.region.is_some() {
        PERSONS_EVERYWHERE
    } else {
        PERSONS
    };
    let form = sample::form_in(bundle, persons, SEED, arguments.region.as_deref())?;
    let plan = Plan {
        data: folder.path().to_owned(),
        departments: None,
        bundles: None,
        listen: "127.0.0.1:0".to_owned(),
        fixed_ports: false,
        persons,
        seed: SEED,
        suspensions: refusing.suspensions(),
        // Nobody watches a demonstration for days: the officer who is played may close it at once.
        publicity_working_days: Some(0),
        operators: Vec::new(),
    };
    let suite = Suite::start(&plan).await?;
    let client = Client::new(suite.gateway);

    let mut progress = Progress::new(bundle, arguments.json);
    progress.begin(&form, refusing.note().as_deref());
    let filed = client
        .file(&bundle.id, arguments.region.as_deref(), &form)
        .await?;
    progress.filed(&filed);
    let mut people = People::new(bundle, &filed.id, &client, &suite, refusing);
    let mut happenings = pin!(client.follow(&filed.id).await?);
    while let Some(happening) = happenings.next().await {
        let happening = happening?;
        progress.show(&happening);
        for played in people.react(&happening).await? {
            progress.played(&played);
        }
        if ["halted", "escalated"].contains(&happening.state.as_str()) {
            break;
        }
    }
    let played = people.played;
    let case = client.read(&filed.id).await?;
    let read_back = read_back::facts(&bundle.id, &form, &case, &suite).await?;
    let effects = effects::of(&case.id, &suite).await?;
    let report = Report::new(bundle, case, read_back, effects, played);
    if !arguments.json {
        report.print();
    }
    suite.stop().await;
    Ok(report)
}

/// The folder of the databases: kept where somebody wants to look into them, gone otherwise.
enum Folder {
    Kept(PathBuf),
    Gone(TempDir),
}

impl Folder {
    /// The folder again, emptied: what this command itself put there before is of no use.
    fn again(arguments: &Try) -> anyhow::Result<Self> {
        if let Some(keep) = &arguments.keep {
            std::fs::remove_dir_all(keep).context(keep.display().to_string())?;
        }
        Self::new(arguments)
    }

    fn new(arguments: &Try) -> anyhow::Result<Self> {
        let Some(keep) = arguments.keep.as_deref() else {
            return Ok(Self::Gone(
                tempfile::tempdir().context("no temporary folder")?,
            ));
        };
        // Each attempt begins with empty databases: an earlier one must not answer for it.
        if keep.exists() {
            let mut entries = std::fs::read_dir(keep).context(keep.display().to_string())?;
            if entries.next().is_some() {
                bail!("{} is not empty: name a new folder", keep.display());
            }
        }
        std::fs::create_dir_all(keep).context(keep.display().to_string())?;
        Ok(Self::Kept(keep.to_owned()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Gone(folder) => folder.path(),
        }
    }
}
