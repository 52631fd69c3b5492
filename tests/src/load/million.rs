//! What a large store costs: start-up, resident memory and W1 of an engine on a store with many ended and
//! many waiting cases, beside one on an empty store, in turns.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    cases::Cases,
    closed_loop,
    command::{MillionArguments, RoundArguments},
    crowd, disk,
    participant::Participant,
    workload::Workload,
};

/// By how much a figure of the large store may be worse.
const A_FIFTH: f64 = 1.2;
const WORKLOAD: Workload = Workload::W1;
const FILL: Duration = Duration::from_millis(500);

/// Measures both stores in turns and compares their medians.
pub(super) async fn run(arguments: MillionArguments) -> Result<(), String> {
    let folder = match &arguments.data {
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| error.to_string())?;
            tempfile::tempdir_in(folder)
        }
        None => tempfile::tempdir(),
    };
    let folder = folder.map_err(|error| error.to_string())?;
    disk::file_system(folder.path())?;
    let large = folder.path().join("large.db");
    let begun = Instant::now();
    crowd::settle(&large, arguments.ended, arguments.waiting).await?;
    println!(
        "{} ended and {} waiting cases in {:.0} s: {} MB",
        arguments.ended,
        arguments.waiting,
        begun.elapsed().as_secs_f64(),
        megabytes(&large)
    );
    let participant = Participant::start(None)?;
    let (mut empties, mut larges) = (Rounds::default(), Rounds::default());
    for round in 1..=arguments.rounds {
        let empty = folder.path().join(format!("empty-{round}.db"));
        empties.add(&one(&empty, &participant, &arguments)?);
        larges.add(&one(&large, &participant, &arguments)?);
        println!(
            "round {round} of {}: empty {}, large {}",
            arguments.rounds,
            empties.last(),
            larges.last()
        );
    }
    let (empty, large) = (empties.medians(), larges.medians());
    let worse = json!({
        "start_ms": rounded(ratio(&large, &empty, "start_ms")),
        "resident_mb": rounded(ratio(&large, &empty, "resident_mb")),
        "cases_per_second": rounded(ratio(&empty, &large, "cases_per_second")),
    });
    let held = ["start_ms", "resident_mb", "cases_per_second"]
        .iter()
        .all(|figure| worse[figure].as_f64().is_some_and(|worse| worse <= A_FIFTH));
    let found = json!({
        "ended": arguments.ended,
        "waiting": arguments.waiting,
        "rounds": arguments.rounds,
        "empty": empty,
        "large": large,
        "worse_by": worse,
    });
    println!("{found}");
    if held {
        Ok(())
    } else {
        Err("the large store is worse by more than a fifth".to_owned())
    }
}

fn one(
    database: &Path,
    participant: &Participant,
    with: &MillionArguments,
) -> Result<Value, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .arg("million-round")
        .arg("--database")
        .arg(database)
        .args(["--participant", &participant.url])
        .args(["--seconds", &with.seconds.to_string()])
        .args(["--at-once", &with.at_once.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("a round ended with {}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// One round, in a process of its own: starts an engine, runs cases, says what that took.
pub(super) async fn round(arguments: RoundArguments) -> Result<(), String> {
    let begun = Instant::now();
    let url = format!("sqlite:{}", arguments.database.display());
    let cases = Arc::new(Cases::start(&url, WORKLOAD, &arguments.participant, false).await?);
    let started = begun.elapsed();
    let during = Duration::from_secs(arguments.seconds.into());
    let nothing = |_: Option<()>| ();
    let counted = closed_loop::run(
        cases.thread.handle(),
        &cases,
        arguments.at_once,
        FILL,
        during,
        nothing,
    )
    .await?;
    let resident = resident()?;
    cases.stop().await;
    let rate = counted.taken.len() as f64 / counted.during.as_secs_f64();
    println!(
        "{}",
        json!({
            "start_ms": rounded(started.as_secs_f64() * 1_000.0),
            "resident_mb": rounded(resident),
            "cases_per_second": rounded(rate),
        })
    );
    Ok(())
}

/// The most memory that this process had in use at a time.
fn resident() -> Result<f64, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))
        .and_then(|number| number.parse::<f64>().ok());
    kilobytes
        .map(|kilobytes| kilobytes / 1024.0)
        .ok_or_else(|| "the kernel does not say how much memory is in use".to_owned())
}

fn megabytes(database: &Path) -> u64 {
    fs::metadata(database).map_or(0, |file| file.len() / 1024 / 1024)
}

#[derive(Default)]
struct Rounds(Vec<Value>);

impl Rounds {
    fn add(&mut self, round: &Value) {
        self.0.push(round.clone());
    }

    fn last(&self) -> String {
        self.0.last().map(Value::to_string).unwrap_or_default()
    }

    fn medians(&self) -> Value {
        let median = |figure: &str| {
            let mut figures: Vec<f64> =
                self.0.iter().filter_map(|of| of[figure].as_f64()).collect();
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).copied()
        };
        json!({
            "start_ms": median("start_ms"),
            "resident_mb": median("resident_mb"),
            "cases_per_second": median("cases_per_second"),
        })
    }
}

fn ratio(over: &Value, under: &Value, figure: &str) -> f64 {
    let of = |from: &Value| from[figure].as_f64().unwrap_or(f64::NAN);
    of(over) / of(under)
}

fn rounded(value: f64) -> Value {
    json!((value * 1_000.0).round() / 1_000.0)
}
