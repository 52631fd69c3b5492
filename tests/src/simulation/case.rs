//! One case from its submission to its end, and what was wrong with it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use onething_saga::store::{ChainKey, MemoryStore, Store, Verification};
use onething_saga::{Plan, SagaId, SagaState, StepIndex};
use tokio::time::Instant;
use uuid::Uuid;

use super::clock::EPOCH;
use super::coverage::Coverage;
use super::crew::Crew;
use super::department::{Letter, What};
use super::dice::Dice;
use super::law;
use super::story::{Act, Story};
use super::world::World;

/// No case needs so many events.
const MOST_EVENTS: u64 = 3_000;
/// So long engines that know of no end yet have to hear of it.
pub(super) const LINGERING: Duration = Duration::from_secs(90);
/// After this time no message is under way and no officer is undecided.
const AFTERMATH: Duration = Duration::from_hours(48);

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed of its story.
    pub seed: u64,
    /// How it ended; none when it did not.
    pub end: Option<SagaState>,
    /// What was wrong.
    pub violations: Vec<String>,
    /// What it reached.
    pub coverage: Coverage,
    /// The hash of everything that happened.
    pub hash: u64,
    /// What happened, when that was wanted.
    pub trace: String,
    /// How many writes its engines made.
    pub commits: u64,
}

/// Plays a story.
///
/// # Panics
/// When its definition does not keep the rules, or no runtime can be built.
#[must_use]
pub fn play(story: Story, readable: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
    runtime.block_on(async {
        let plan = Plan::new(story.definition.clone());
        let plan = plan.unwrap_or_else(|errors| panic!("no plan: {errors:?}"));
        let plan = Arc::new(plan);
        let world = Arc::new(World::new(story, plan, readable));
        Case::new(world).play().await
    })
}

pub(super) struct Case {
    pub(super) world: Arc<World>,
    store: Arc<MemoryStore>,
    pub(super) crew: Crew,
    pub(super) acts: VecDeque<(Duration, Act)>,
    pub(super) acknowledged: Arc<AtomicBool>,
    pub(super) asking: Arc<AtomicBool>,
    /// How often the applicant submitted in calm weather.
    pub(super) asked: u32,
    pub(super) saga: SagaId,
    /// How often people have acted upon each step.
    pub(super) tries: BTreeMap<StepIndex, u32>,
    /// How many messages and corrections people have sent.
    pub(super) sent: u32,
    pub(super) dice: Dice,
}

impl Case {
    fn new(world: Arc<World>) -> Self {
        let clock = {
            let start = world.start;
            Arc::new(move || EPOCH.plus(start.elapsed()))
        };
        let key = ChainKey::new(*b"simulation");
        let store = Arc::new(MemoryStore::with_clock(key, clock));
        let mut dice = Dice::new(world.story.seed, "people");
        let saga = SagaId(Uuid::from_u64_pair(dice.throw(), dice.throw()));
        Self {
            crew: Crew::new(world.clone(), store.clone()),
            acts: world.story.acts.iter().copied().collect(),
            world,
            store,
            acknowledged: Arc::default(),
            asking: Arc::default(),
            asked: 0,
            saga,
            tries: BTreeMap::new(),
            sent: 0,
            dice,
        }
    }

    async fn play(mut self) -> Outcome {
        let mut calm = false;
        let mut pause = Duration::from_secs(1);
        self.crew.start();
        self.submit();
        loop {
            self.crew.tend();
            if self.world.calm() && !calm {
                calm = true;
                self.world.note(format_args!("calm"));
                self.crew.calm();
            }
            self.submit();
            self.act();
            let (ended, commits) = {
                let chronicle = &self.world.lock().chronicle;
                let state = chronicle.state.as_ref();
                (
                    state.is_some_and(|state| state.ended().is_some()),
                    chronicle.seq,
                )
            };
            if ended {
                break;
            }
            if self.world.lock().chronicle.wrong() {
                // What goes wrong once may never come to rest.
                return self.outcome();
            }
            if commits > MOST_EVENTS {
                self.world.violation(format!("{commits} events and no end"));
                break;
            }
            if calm {
                self.attend();
            }
            if self.world.elapsed() > self.world.story.calm_at + self.world.story.patience() {
                self.stuck();
                break;
            }
            let mut next = Instant::now() + pause;
            let due = [
                self.acts.front().map(|(at, _)| self.world.start + *at),
                self.crew.next_moment(),
                (!calm).then_some(self.world.start + self.world.story.calm_at),
            ];
            next = due.into_iter().flatten().fold(next, Instant::min);
            // What is due and cannot be done yet must not stop the clock.
            next = next.max(Instant::now() + Duration::from_millis(1));
            tokio::select! {
                biased;
                () = self.world.news.notified() => {}
                () = tokio::time::sleep_until(next) => {}
            }
            let moved = self.world.lock().chronicle.seq != commits;
            pause = if moved {
                Duration::from_secs(1)
            } else {
                (pause * 2).min(Duration::from_hours(12))
            };
        }
        self.finish().await
    }

    fn stuck(&self) {
        let state = {
            let inner = self.world.lock();
            let state = inner.chronicle.state.as_ref();
            state.map(|state| (state.projection(), format!("{:?}", state.view().steps)))
        };
        self.world
            .violation(format!("does not come to an end: {state:#?}"));
    }

    /// After the end: whatever is still under way arrives, everything is sent once more, and nothing
    /// may change.
    async fn finish(mut self) -> Outcome {
        // Overtaken engines go on beside the others for a while.
        let calm_at = self.world.start + self.world.story.calm_at;
        tokio::time::sleep_until(calm_at.max(Instant::now() + LINGERING)).await;
        self.crew.calm();
        self.crew.one_that_lives();
        tokio::time::sleep(LINGERING).await;
        self.compare().await;
        self.crew.dismiss();
        tokio::time::sleep(AFTERMATH).await;
        self.send_everything_again();
        self.outcome()
    }

    /// What has become of the case by now.
    fn outcome(&self) -> Outcome {
        let mut inner = self.world.lock();
        let inner = &mut *inner;
        let mut violations = std::mem::take(&mut inner.chronicle.violations);
        violations.append(&mut inner.departments.books.violations);
        let state = inner.chronicle.state.as_ref();
        let ended = state.and_then(|state| Some((state, state.ended()?)));
        if let Some((state, ended)) = ended {
            let books = &inner.departments.books;
            violations.extend(law::at_end(state, ended.state, &ended.outcomes, books));
            violations.extend(law::acknowledged(state, &inner.chronicle.asked));
        }
        Outcome {
            seed: self.world.story.seed,
            end: ended.map(|(_, ended)| ended.state),
            violations,
            coverage: std::mem::take(&mut inner.chronicle.coverage),
            hash: inner.trace.hash(),
            trace: inner.trace.lines().to_owned(),
            commits: inner.chronicle.seq,
        }
    }

    fn send_everything_again(&self) {
        let letters: Vec<Letter> = {
            let inner = self.world.lock();
            let ended = inner
                .chronicle
                .state
                .as_ref()
                .is_some_and(|s| s.ended().is_some());
            let epoch = inner.chronicle.epoch;
            let Some(plan) = inner.chronicle.state.as_ref().map(|state| state.plan()) else {
                return;
            };
            let intents = inner.chronicle.intents().filter(|_| ended);
            let letters = intents.map(|((step, round), request)| Letter {
                slot: (step, plan.item(step), round),
                epoch,
                request: request.clone(),
                what: What::Act,
            });
            letters.collect()
        };
        for letter in letters {
            self.world.deliver(&letter);
        }
    }

    /// The stored journal is intact, and the engine reads out of it what was committed.
    async fn compare(&mut self) {
        match self.store.verify(self.saga).await {
            Ok(Verification::Intact) => {}
            other => self
                .world
                .violation(format!("the chain is broken: {other:?}")),
        }
        let engine = self.crew.current().map(|member| member.engine.clone());
        let Some(engine) = engine else {
            return;
        };
        let viewed = engine.view(self.saga).await;
        let folded = self
            .world
            .lock()
            .chronicle
            .state
            .as_ref()
            .map(|state| state.view());
        match (viewed, folded) {
            (Ok(viewed), Some(folded)) if viewed == folded => {}
            (viewed, folded) => self.world.violation(format!(
                "the journal reads as {viewed:?}, but what was committed adds up to {folded:?}"
            )),
        }
        if engine.in_memory() > 0 {
            self.world
                .violation("the engine keeps an ended case in memory".to_owned());
        }
    }
}
