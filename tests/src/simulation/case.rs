//! One case from its submission to its end, and what was wrong with it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use onething_saga::store::{ChainKey, MemoryStore, Store, Verification};
use onething_saga::{
    Engine, EngineError, Operator, OwnerAct, Plan, SagaId, SagaState, StepIndex, StepState,
    Submission,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::clock::EPOCH;
use super::coverage::Coverage;
use super::crew::Crew;
use super::department::{Letter, What};
use super::dice::Dice;
use super::fault::Fault;
use super::law;
use super::story::{Act, Story};
use super::world::World;

/// Within this time of calm every case ends.
const PATIENCE: Duration = Duration::from_hours(7 * 24);
/// No case needs so many events.
const MOST_EVENTS: u64 = 3_000;
/// So long engines that know of no end yet have to hear of it.
const LINGERING: Duration = Duration::from_secs(90);
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

struct Case {
    world: Arc<World>,
    store: Arc<MemoryStore>,
    crew: Crew,
    acts: VecDeque<(Duration, Act)>,
    acknowledged: Arc<AtomicBool>,
    asking: Arc<AtomicBool>,
    saga: SagaId,
    tries: BTreeMap<StepIndex, u32>,
    dice: Dice,
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
            saga,
            tries: BTreeMap::new(),
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
            if commits > MOST_EVENTS {
                self.world.violation(format!("{commits} events and no end"));
                break;
            }
            if calm {
                self.operate();
            }
            if self.world.elapsed() > self.world.story.calm_at + PATIENCE {
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

    /// The applicant submits until it is acknowledged.
    fn submit(&mut self) {
        if self.acknowledged.load(Ordering::Relaxed) || self.asking.load(Ordering::Relaxed) {
            return;
        }
        self.submit_as("application", None);
    }

    fn submit_as(&mut self, input: &'static str, fault: Option<Fault>) {
        let submission = Submission {
            definition: self.world.plan.name.clone(),
            input: Bytes::from_static(input.as_bytes()),
            dedupe: Some("the case".to_owned()),
            saga: fault.is_none().then_some(self.saga),
            ..Submission::default()
        };
        let (world, saga) = (self.world.clone(), self.saga);
        let acknowledged = self.acknowledged.clone();
        let asking = Asking::new(&self.asking);
        let Some(member) = self.crew.current() else {
            return;
        };
        let engine = member.engine.clone();
        member.along(async move {
            let _asking = asking;
            let answer = engine.submit(submission);
            let Ok(result) = tokio::time::timeout(LINGERING, answer).await else {
                world.note(format_args!("submit {input}: no answer"));
                world.news.notify_one();
                return;
            };
            world.note(format_args!("submit {input}: {result:?}"));
            let right = match (&result, fault) {
                (Ok(accepted), Some(Fault::SubmittedOther)) => {
                    world.violation(format!("{accepted:?} for another submission"));
                    false
                }
                (Ok(accepted), _) => accepted.saga == saga,
                (Err(EngineError::DigestConflict { saga: known }), Some(_)) => *known == saga,
                (Err(EngineError::Store(_) | EngineError::Stopping), _) => true,
                (Err(EngineError::Conflict(_)), None) => true,
                _ => false,
            };
            if !right {
                world.violation(format!("submitting gave {result:?}"));
            }
            if fault.is_none() && result.is_ok() {
                acknowledged.store(true, Ordering::Relaxed);
            } else {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            world.news.notify_one();
        });
    }

    /// People and surroundings do what is due.
    fn act(&mut self) {
        while let Some((_, act)) = self
            .acts
            .pop_front_if(|(at, _)| *at <= self.world.elapsed())
        {
            if !self.acknowledged.load(Ordering::Relaxed) {
                // Nobody has a case to act upon yet; the same moment comes a little later.
                if !self.world.calm() {
                    let later = self.world.elapsed() + Duration::from_millis(50);
                    self.acts.push_front((later, act));
                    return;
                }
                continue;
            }
            self.world.note(format_args!("{act:?}"));
            match act {
                Act::Withdraw => {
                    self.world.fault(Fault::Withdrawn);
                    self.world.lock().chronicle.asked.withdrawal = true;
                    self.wish(Wish::Withdraw);
                }
                Act::SubmitAgain => {
                    self.world.fault(Fault::SubmittedAgain);
                    self.submit_as("application", Some(Fault::SubmittedAgain));
                }
                Act::SubmitOther => {
                    self.world.fault(Fault::SubmittedOther);
                    self.submit_as("something else", Some(Fault::SubmittedOther));
                }
                Act::Meddle => {
                    let step = StepIndex::from(self.dice.place(self.world.plan.steps.len()));
                    let (by, reason) = ("operator".to_owned(), "a guess".to_owned());
                    let request = match self.dice.below(3) {
                        0 => Wish::Operate(Operator::Retry { step, by, reason }),
                        1 => Wish::Operate(Operator::RetryUndo { step, by, reason }),
                        _ => Wish::Settle(step, attest(&reason)),
                    };
                    self.world.fault(Fault::OperatorMeddles);
                    self.wish(request);
                }
                Act::Rival => {
                    self.world.fault(Fault::Rival);
                    self.crew.start();
                }
                Act::Restart => {
                    self.world.fault(Fault::Restart);
                    self.crew.restart();
                }
                Act::ClockAhead | Act::ClockBack => {
                    let ahead = act == Act::ClockAhead;
                    self.world.fault(if ahead {
                        Fault::ClockAhead
                    } else {
                        Fault::ClockBack
                    });
                    let hour = 3_600_000_000;
                    if let Some(member) = self.crew.current() {
                        member.clock.jump(if ahead { hour } else { -hour });
                    }
                }
            }
        }
    }

    fn wish(&mut self, wish: Wish) {
        if !matches!(wish, Wish::Withdraw) {
            self.world.lock().chronicle.asked.operator = true;
        }
        let (world, saga) = (self.world.clone(), self.saga);
        let asking = Asking::new(&self.asking);
        let Some(member) = self.crew.current() else {
            return;
        };
        let engine = member.engine.clone();
        member.along(async move {
            let _asking = asking;
            let text = format!("{wish:?}");
            let answer = async {
                match wish {
                    Wish::Withdraw => engine.cancel(saga, "applicant", "changed").await,
                    Wish::Operate(request) => engine.operator(saga, request).await,
                    Wish::Settle(step, act) => settle(&world, &engine, saga, step, act).await,
                }
            };
            // Nobody waits for ever for an engine that was overtaken.
            let Ok(result) = tokio::time::timeout(LINGERING, answer).await else {
                world.note(format_args!("{text}: no answer"));
                world.news.notify_one();
                return;
            };
            world.note(format_args!("{text}: {result:?}"));
            if matches!(
                result,
                Err(EngineError::NotFound(_) | EngineError::Quarantined { .. })
            ) {
                world.violation(format!("{text} gave {result:?}"));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            world.news.notify_one();
        });
    }

    /// In calm weather an operator does what the case waits for.
    fn operate(&mut self) {
        if self.asking.load(Ordering::Relaxed) {
            return;
        }
        let (by, reason) = ("operator".to_owned(), "looked into it".to_owned());
        let held = {
            let inner = self.world.lock();
            let Some(state) = inner.chronicle.state.as_ref() else {
                return;
            };
            if !matches!(state.status(), SagaState::Halted | SagaState::Escalated) {
                return;
            }
            let plan = state.plan();
            let held = plan.step_indices().filter_map(|step| {
                let record = state.step(step);
                let undo = record.state == StepState::UndoFailed;
                let refused = record.state == StepState::Refused && !plan.step(step).optional;
                let late = record.state == StepState::Waiting && record.expired;
                (undo || record.halted || refused || late).then_some((step, undo))
            });
            held.min_by_key(|(step, _)| self.tries.get(step).copied().unwrap_or(0))
        };
        let Some((step, undo)) = held else {
            self.world
                .violation("the case waits for an owner without a step".to_owned());
            return;
        };
        let tries = self.tries.entry(step).or_default();
        *tries += 1;
        let (request, fault) = if *tries > 3 {
            (Wish::Settle(step, attest(&reason)), Fault::OperatorAttests)
        } else if undo {
            let retry = Operator::RetryUndo { step, by, reason };
            (Wish::Operate(retry), Fault::OperatorRetries)
        } else {
            let retry = Operator::Retry { step, by, reason };
            (Wish::Operate(retry), Fault::OperatorRetries)
        };
        self.world.fault(fault);
        self.wish(request);
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
        let mut inner = self.world.lock();
        let inner = &mut *inner;
        let mut violations = std::mem::take(&mut inner.chronicle.violations);
        violations.append(&mut inner.departments.books.violations);
        let state = inner.chronicle.state.as_ref();
        let ended = state.and_then(|state| Some((state, state.ended()?)));
        if let Some((state, ended)) = ended {
            let books = &inner.departments.books;
            violations.extend(law::at_end(state, ended.state, &ended.outcomes, books));
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

#[derive(Clone, Debug)]
enum Wish {
    Withdraw,
    Operate(Operator),
    Settle(StepIndex, OwnerAct),
}

fn attest(disposition: &str) -> OwnerAct {
    let disposition = disposition.to_owned();
    OwnerAct::Attest { disposition }
}

/// One operator proposes, tries to approve it too, and another approves.
async fn settle(
    world: &World,
    engine: &Engine,
    saga: SagaId,
    step: StepIndex,
    act: OwnerAct,
) -> Result<(), EngineError> {
    let (by, reason) = ("operator".to_owned(), "looked into it".to_owned());
    let propose = Operator::Propose {
        step,
        act,
        by: by.clone(),
        reason,
    };
    engine.operator(saga, propose).await?;
    let number = {
        let inner = world.lock();
        let state = inner.chronicle.state.as_ref();
        state.and_then(|state| state.proposals().last().map(|proposal| proposal.number))
    };
    let Some(proposal) = number else {
        return Ok(());
    };
    world.fault(Fault::ApprovedByProposer);
    if engine
        .operator(saga, Operator::Approve { proposal, by })
        .await
        .is_ok()
    {
        world.violation(format!("proposal {proposal} was approved by its proposer"));
    }
    let by = "supervisor".to_owned();
    engine
        .operator(saga, Operator::Approve { proposal, by })
        .await
}

/// Somebody waits for an answer; over when this is dropped, however that comes about.
struct Asking(Arc<AtomicBool>);

impl Asking {
    fn new(asking: &Arc<AtomicBool>) -> Self {
        asking.store(true, Ordering::Relaxed);
        Self(asking.clone())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
