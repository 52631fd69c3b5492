//! One measurement: rounds of syncs, bare calls and cases, so that whatever else the machine does
//! falls on all three alike.

use std::{path::PathBuf, sync::Arc, time::Duration};

use onething_saga::EngineThread;
use tokio::runtime::Handle;

use crate::cluster::Cluster;

use super::{
    bare::Bare,
    caller::Caller,
    cases::Cases,
    closed_loop::{self, Counted},
    command::{EngineArguments, Kind},
    disk, ledger,
    participant::Participant,
    processor,
    report::{Report, Side, Used},
    workload::Workload,
};

/// How long a side runs at a stretch at the most.
const STRETCH: Duration = Duration::from_secs(2);
/// For how long the syncs are measured in each round.
const SYNCING: Duration = Duration::from_millis(300);
/// How long a loop runs before it is counted.
const FILL: Duration = Duration::from_millis(300);

/// Measures and reports.
pub(super) async fn run(arguments: EngineArguments) -> Result<(), String> {
    let folder = temporary(&arguments)?;
    let file_system = disk::file_system(folder.path())?;
    let databases = Databases::open(&arguments, folder.path().to_owned()).await?;
    let ledger = match arguments.workload {
        Workload::W4 => Some(databases.url("ledger").await?),
        _ => None,
    };
    let participant = Participant::start(ledger.as_deref())?;
    let (workload, department) = (arguments.workload, &participant.url);
    let bare_in = async |within: &Handle| {
        let caller = Caller::connect(within, department).await?;
        Ok::<_, String>((within.clone(), Arc::new(Bare::new(caller, workload))))
    };
    let one_thread = EngineThread::start(1).map_err(|error| error.to_string())?;
    let bare = bare_in(&Handle::current()).await?;
    let bare_in_one_thread = bare_in(one_thread.handle()).await?;
    let journal = databases.url("journal").await?;
    let cases = Arc::new(Cases::start(&journal, workload, department, arguments.in_turn).await?);

    let meter = |first: Option<Used>| {
        let now = Used {
            own: processor::used(std::process::id()),
            participant: processor::used(participant.process()),
            database: databases
                .process()
                .map(processor::used_by_family)
                .unwrap_or_default(),
        };
        first.map_or(now, |first| now.since(first))
    };
    let whole = Duration::from_secs(arguments.seconds.into());
    let rounds = whole.as_secs_f64() / STRETCH.as_secs_f64();
    let rounds = (rounds.ceil() as u32).max(3);
    let stretch = whole / rounds;
    let mut report = Report::new(&arguments, file_system);
    for round in 1..=rounds {
        let at_once = arguments.at_once;
        if !arguments.only_engine {
            let at = folder.path().to_owned();
            let syncs = tokio::task::spawn_blocking(move || disk::syncs(&at, SYNCING))
                .await
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string())?;
            report.syncs.extend(syncs);
            for (within, side) in [
                (&bare, &mut report.bare),
                (&bare_in_one_thread, &mut report.bare_in_one_thread),
            ] {
                let (within, bare) = within;
                let counted = closed_loop::run(within, bare, at_once, FILL, stretch, meter).await?;
                add(side, counted);
            }
        }
        let within = cases.thread.handle();
        let counted = closed_loop::run(within, &cases, at_once, FILL, stretch, meter).await?;
        add(&mut report.engine, counted);
        println!("round {round} of {rounds}: {}", report.line());
    }

    let (all, right) = cases.journaled().await?;
    let submitted = i64::try_from(report.engine.all).unwrap_or_default();
    cases.stop().await;
    if (all, right) != (submitted, submitted) {
        return Err(format!(
            "{submitted} cases were submitted; the journal has {all}, of which {right} ended as they had to"
        ));
    }
    if let Some(url) = ledger {
        let steps = i64::try_from(arguments.workload.steps()).unwrap_or_default();
        let calls = steps * i64::try_from(report.all()).unwrap_or_default();
        let standing = ledger::standing(&url).await?;
        if standing != calls {
            return Err(format!(
                "{calls} calls took effect, but {standing} effects stand"
            ));
        }
    }
    report.print();
    Ok(())
}

fn add(side: &mut Side, counted: Counted<Used>) {
    side.taken.extend(counted.taken);
    side.during += counted.during;
    side.all += counted.all;
    side.used = side.used.plus(counted.used);
}

fn temporary(arguments: &EngineArguments) -> Result<tempfile::TempDir, String> {
    let made = match &arguments.data {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
            tempfile::tempdir_in(folder)
        }
        None => tempfile::tempdir(),
    };
    made.map_err(|error| error.to_string())
}

/// Where databases are made.
enum Databases {
    Files(PathBuf),
    Postgres(Cluster),
}

impl Databases {
    async fn open(arguments: &EngineArguments, folder: PathBuf) -> Result<Self, String> {
        Ok(match (arguments.store, &arguments.postgres) {
            (Kind::Sqlite, _) => Self::Files(folder),
            (Kind::Postgres, Some(url)) => Self::Postgres(Cluster::running(url).await?),
            (Kind::Postgres, None) => Self::Postgres(Cluster::private(&folder).await?),
        })
    }

    async fn url(&self, name: &str) -> Result<String, String> {
        match self {
            Self::Files(folder) => {
                let path = folder.join(format!("{name}.db"));
                Ok(format!("sqlite:{}", path.display()))
            }
            Self::Postgres(cluster) => cluster.database(name).await,
        }
    }

    fn process(&self) -> Option<u32> {
        match self {
            Self::Files(_) => None,
            Self::Postgres(cluster) => cluster.process,
        }
    }
}
