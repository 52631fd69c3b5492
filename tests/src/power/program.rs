//! The program that is traced: the production engine and store on an SQLite file. For each line on its
//! input it files a case, and it writes a line when the case is acknowledged and one for each call that a
//! department gets.

use std::{
    io::{BufRead, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use clap::Parser;
use onething_db::{Db, testing::lose_syncs};
use onething_saga::{
    Answer, Call, Definition, Definitions, Engine, EngineSettings, Facts, Kind, OutcomeAnswer,
    Participants, Plan, Prepared, Segment, SegmentIndex, Step, StepIndex, Submission, UndoAnswer,
    store::{ChainKey, SqlStore, SqlStoreSettings},
};
use tokio::sync::Semaphore;

/// The steps of a case, one after the other.
const STEPS: [&str; 3] = ["first", "second", "third"];

/// Files a case for each line on its input, and says what it acknowledges and calls.
#[derive(Debug, Parser)]
#[command(name = "journal")]
struct Arguments {
    /// The journal's file.
    #[arg(long)]
    database: PathBuf,
    /// Do not sync, to show that this is seen.
    #[arg(long)]
    careless: bool,
}

/// Runs the program until its input ends.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string());
    let done = runtime.and_then(|runtime| runtime.block_on(run(arguments)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let url = format!("sqlite:{}", arguments.database.display());
    let db = Db::open(&url, 2).await.map_err(|error| error.to_string())?;
    if arguments.careless {
        lose_syncs(&db).await;
    }
    let settings = SqlStoreSettings::new(ChainKey::new([7; 32]));
    let store = SqlStore::open(db.clone(), settings)
        .await
        .map_err(|error| error.to_string())?;
    let aloud = Arc::new(Aloud {
        acknowledged: Semaphore::new(0),
        calls: Semaphore::new(0),
    });
    let engine = Engine::start(
        Arc::new(store),
        aloud.clone(),
        Arc::new(Three(plan()?)),
        EngineSettings::default(),
    );
    engine.recover().await.map_err(|error| error.to_string())?;
    say("ready");
    for line in std::io::stdin().lock().lines() {
        let dedupe = line.map_err(|error| error.to_string())?;
        let submission = Submission {
            definition: "three".to_owned(),
            input: Bytes::from_static(b"{}"),
            dedupe: Some(dedupe),
            ..Submission::default()
        };
        let accepted = engine
            .submit(submission)
            .await
            .map_err(|error| error.to_string())?;
        say(&format!("acknowledged {}", accepted.saga));
        // Only now may the first call go out: what is written for it would blur the trace.
        aloud.acknowledged.add_permits(1);
        let calls = aloud.calls.acquire_many(STEPS.len() as u32).await;
        calls.map_err(|error| error.to_string())?.forget();
    }
    engine.drain().await;
    Ok(())
}

/// One write a line.
fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever listened may have gone away.
    writeln!(out, "{what}").and_then(|()| out.flush()).ok();
}

/// Departments that say when they are called.
struct Aloud {
    acknowledged: Semaphore,
    calls: Semaphore,
}

#[async_trait]
impl Participants for Aloud {
    fn prepare(&self, _: &Definition, _: &Facts<'_>, _: StepIndex) -> Prepared {
        Prepared::Call {
            request: Bytes::from_static(b"request"),
            target: None,
        }
    }

    async fn act(&self, call: &Call) -> Answer {
        if call.key.step == STEPS[0]
            && let Ok(acknowledged) = self.acknowledged.acquire().await
        {
            acknowledged.forget();
        }
        say(&format!("called {} of {}", call.key.step, call.key.saga));
        self.calls.add_permits(1);
        Answer::Succeeded {
            response: Bytes::from_static(b"response"),
        }
    }

    async fn outcome(&self, _: &Call) -> OutcomeAnswer {
        OutcomeAnswer::NotSeen
    }

    async fn undo(&self, _: &Call) -> UndoAnswer {
        UndoAnswer::NothingToUndo
    }
}

struct Three(Arc<Plan>);

impl Definitions for Three {
    fn current(&self, _: &str) -> Option<Arc<Plan>> {
        Some(self.0.clone())
    }

    fn get(&self, _: &str, _: u32) -> Option<Arc<Plan>> {
        Some(self.0.clone())
    }
}

fn plan() -> Result<Arc<Plan>, String> {
    let mut steps: Vec<Step> = Vec::new();
    for name in STEPS {
        let mut step = Step::new(name, Kind::Compensable, SegmentIndex(0), "department");
        step.after = (0..steps.len()).map(StepIndex::from).collect();
        steps.push(step);
    }
    let definition = Definition {
        name: "three".to_owned(),
        version: 1,
        steps,
        segments: vec![Segment {
            id: "all".to_owned(),
            partial: None,
        }],
        withdrawal: "withdrawn".to_owned(),
        time_limit: None,
    };
    let plan = Plan::new(definition).map_err(|errors| format!("{errors:?}"))?;
    Ok(Arc::new(plan))
}
