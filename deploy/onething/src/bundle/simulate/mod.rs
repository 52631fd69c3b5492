//! `onething bundle simulate`: a case of a bundle on the real engine, in memory, with departments that
//! answer as their contracts say. Nothing is proved about the departments: the bundle is what runs.

mod departments;
mod story;
mod values;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures::StreamExt as _;
use onething_bundle::{ActionKind, Await, Bundle};
use onething_gateway::definition;
use onething_saga::store::{ChainKey, MemoryStore};
use onething_saga::{
    Awaits, Definitions, Engine, EngineSettings, Plan, RetrySettings, SagaState, Submission,
};

use super::Simulate;
use crate::outcome::Outcome;
use departments::Scripted;
use story::Story;

/// A period that a bundle lets pass, in a simulation.
const PERIOD: Duration = Duration::from_millis(20);
/// A case that has not ended by then waits for something that nobody plays.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs a bundle.
pub(super) async fn run(arguments: &Simulate) -> anyhow::Result<Outcome> {
    let bundle = Arc::new(arguments.which.load()?);
    if let Some(step) = &arguments.refuse {
        refusable(&bundle, step)?;
    }
    let plan = Arc::new(plan(&bundle)?);
    let form = values::form(&bundle)?;
    let scripted = Scripted::new(bundle.clone(), &form, arguments.refuse.clone());
    let engine = Engine::start(
        Arc::new(MemoryStore::new(ChainKey::new(
            *b"a simulation proves no history..",
        ))),
        Arc::new(scripted),
        Arc::new(Only(plan.clone())),
        EngineSettings {
            poll_interval: PERIOD,
            retry: RetrySettings {
                first: PERIOD,
                most: PERIOD,
            },
            ..EngineSettings::default()
        },
    );
    engine.recover().await?;
    let mut story = Story::new(&bundle, arguments.json);
    story.begin(&form, arguments.refuse.as_deref());
    let submission = Submission {
        definition: plan.name.clone(),
        input: serde_json::to_vec(&form)?.into(),
        ..Submission::default()
    };
    let saga = engine.submit(submission).await?.saga;
    // What outsiders do is known beforehand, and kept until a step waits for it.
    for step in &bundle.steps {
        if let Some(Await::Signal { name, .. }) = &step.awaits {
            engine.signal(saga, &step.id, name, Bytes::new()).await?;
        }
    }
    let mut events = std::pin::pin!(engine.subscribe(saga, 1));
    let follow = async {
        while let Some(event) = events.next().await {
            story.tell(&event?);
        }
        Ok::<_, anyhow::Error>(())
    };
    tokio::time::timeout(LONGEST, follow)
        .await
        .context("the case waits for something that a simulation does not play")??;
    let view = engine.view(saga).await?;
    engine.drain().await;
    let outcome = match view.state {
        SagaState::Completed => Outcome::Done,
        SagaState::Compensated => Outcome::Compensated,
        SagaState::Partial => Outcome::Partial,
        _ => Outcome::Unfinished,
    };
    story.end(&view, outcome)?;
    Ok(outcome)
}

/// The bundle as the engine runs it; what takes days passes in moments.
fn plan(bundle: &Bundle) -> anyhow::Result<Plan> {
    let mut definition = definition(bundle, Duration::from_secs(5));
    for step in &mut definition.steps {
        if let Some(Awaits::Timer { after }) = &mut step.awaits {
            *after = PERIOD;
        }
    }
    Plan::new(definition).map_err(|errors| {
        let all: Vec<_> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the bundle cannot be carried out: {}", all.join("; "))
    })
}

fn refusable(bundle: &Bundle, step: &str) -> anyhow::Result<()> {
    let can =
        |step: &onething_bundle::Step| step.kind != ActionKind::Forward && step.awaits.is_none();
    if bundle
        .steps
        .iter()
        .any(|known| known.id == step && can(known))
    {
        return Ok(());
    }
    let all: Vec<_> = bundle
        .steps
        .iter()
        .filter(|s| can(s))
        .map(|s| s.id.as_str())
        .collect();
    bail!("`{step}` cannot be refused; these can: {}", all.join(", "))
}

/// The one definition of a simulation.
struct Only(Arc<Plan>);

impl Definitions for Only {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        (self.0.name == name).then(|| self.0.clone())
    }

    fn get(&self, name: &str, version: u32) -> Option<Arc<Plan>> {
        self.current(name).filter(|plan| plan.version == version)
    }
}
