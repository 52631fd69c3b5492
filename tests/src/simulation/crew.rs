//! The engines of a case: started, struck, frozen, woken and replaced.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use onething_saga::store::MemoryStore;
use onething_saga::{Engine, EngineSettings, RetrySettings};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::clock::Clock;
use super::dice::Dice;
use super::disk::Disk;
use super::gate::{Fate, Gate, Mode};
use super::line::Line;
use super::world::{COORDINATOR, STREAM, World};

/// One engine with its surroundings. Dropping it is its crash.
pub(super) struct Member {
    pub(super) engine: Engine,
    pub(super) clock: Arc<Clock>,
    gate: Arc<Gate>,
    wakes_at: Option<Instant>,
    leaving: bool,
    /// How many engines had been started with it.
    number: u32,
    tasks: Vec<JoinHandle<()>>,
}

impl Member {
    /// Work that goes down with the engine.
    pub(super) fn along(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.retain(|task| !task.is_finished());
        self.tasks.push(tokio::spawn(work));
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.gate.set(Mode::Dead);
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// All engines that are there.
pub(super) struct Crew {
    world: Arc<World>,
    store: Arc<MemoryStore>,
    members: Vec<Member>,
    fates: VecDeque<Fate>,
    started: u32,
    next_start: Option<Instant>,
    settings: EngineSettings,
    dice: Dice,
}

impl Crew {
    pub(super) fn new(world: Arc<World>, store: Arc<MemoryStore>) -> Self {
        let mut dice = Dice::new(world.story.seed, "crew");
        let settings = EngineSettings {
            coordinator: COORDINATOR.to_owned(),
            department_concurrency: dice.pick(&[1, 2, 64]),
            retry: RetrySettings {
                first: dice.pick(&[Duration::from_millis(50), Duration::from_secs(1)]),
                most: dice.pick(&[Duration::from_secs(5), Duration::from_secs(60)]),
            },
            poll_interval: Duration::from_secs(if world.story.shared { 40 } else { 600 }),
            // As a gateway runs; the other way is for departments that cannot tell.
            decisions_told: !dice.one_in(4),
            lease: Duration::from_secs(20),
            ..EngineSettings::default()
        };
        let fates = world.story.fates.clone();
        Self {
            world,
            store,
            members: Vec::new(),
            fates,
            started: 0,
            next_start: None,
            settings,
            dice,
        }
    }

    /// The engine that people talk to. Where only one can have the store, nobody talks to one that was
    /// replaced: its process had lost the file's lock before its successor could start.
    pub(super) fn current(&mut self) -> Option<&mut Member> {
        let (shared, newest) = (self.world.story.shared, self.started);
        self.members
            .last_mut()
            .filter(|member| shared || member.number == newest)
    }

    /// Starts an engine, which takes everything over.
    pub(super) fn start(&mut self) {
        self.next_start = None;
        if self.world.story.shared {
            self.store = Arc::new(self.store.joined(self.settings.lease));
        } else if self.started > 0 {
            self.store = Arc::new(self.store.reopened());
        }
        self.started += 1;
        let fate = if self.world.calm() {
            None
        } else {
            self.fates.pop_front()
        };
        self.world
            .note(format_args!("engine {} starts: {fate:?}", self.started));
        let gate = Arc::new(Gate::new(fate));
        let clock = Arc::new(Clock::new(self.world.clone(), self.started));
        let disk = Disk {
            inner: self.store.clone(),
            world: self.world.clone(),
            gate: gate.clone(),
        };
        let line = Line {
            world: self.world.clone(),
            gate: gate.clone(),
        };
        let engine = Engine::start_in(
            clock.clone(),
            Arc::new(disk),
            Arc::new(line),
            self.world.clone(),
            self.settings.clone(),
        );
        let mut member = Member {
            engine,
            clock,
            gate,
            wakes_at: None,
            leaving: false,
            number: self.started,
            tasks: Vec::new(),
        };
        recover(&mut member);
        let (engine, world) = (member.engine.clone(), self.world.clone());
        member.along(follow(engine, world));
        self.members.push(member);
        if self.members.len() > 3 {
            self.members.remove(0);
        }
    }

    /// Replaces the current engine in good order.
    pub(super) fn restart(&mut self) {
        if let Some(mut member) = self.members.pop() {
            let engine = member.engine.clone();
            // It goes on until it is drained, beside its successor.
            let (gate, world) = (member.gate.clone(), self.world.clone());
            member.leaving = true;
            member.along(async move {
                engine.drain().await;
                gate.set(Mode::Dead);
                world.news.notify_one();
            });
            self.members.insert(0, member);
        }
        self.start();
    }

    /// Buries the dead, wakes the frozen, and starts what is due.
    pub(super) fn tend(&mut self) {
        let now = Instant::now();
        let had = self.members.len();
        self.members
            .retain(|member| member.gate.mode() != Mode::Dead);
        let died = self.members.len() < had;
        let survivor = self.members.last().filter(|member| !member.leaving);
        // Where only one engine can have the store, nobody but a new one takes over.
        let alone = survivor.is_none() || (died && !self.world.story.shared);
        if alone && self.next_start.is_none() {
            let pause = self.dice.duration(Duration::ZERO, Duration::from_secs(20));
            self.next_start = Some(now + pause);
        }
        for member in &mut self.members {
            if member.gate.mode() != Mode::Frozen {
                continue;
            }
            let nap = member.gate.fate().and_then(|fate| fate.wakes_after);
            let nap = nap.unwrap_or_default();
            let wakes_at = *member.wakes_at.get_or_insert_with(|| {
                let pause = self.dice.duration(Duration::ZERO, nap);
                self.next_start.get_or_insert(now + pause);
                now + nap
            });
            if wakes_at <= now || self.world.calm() {
                member.wakes_at = None;
                member.gate.set(Mode::Alive);
                self.world.note(format_args!("an engine wakes"));
            }
        }
        if self.next_start.is_some_and(|at| at <= now) {
            self.start();
        }
    }

    /// From here on nothing befalls an engine any more, and one carries on alone.
    pub(super) fn calm(&mut self) {
        self.fates.clear();
        let last = self.members.pop().filter(|member| !member.leaving);
        self.members = last.into_iter().collect();
        for member in &mut self.members {
            member.gate.spare();
            member.gate.set(Mode::Alive);
            member.wakes_at = None;
        }
    }

    /// Sees to it that the current engine is one that can own the store: where only one can have it,
    /// that is the last one started, and it may have died.
    pub(super) fn one_that_lives(&mut self) {
        let overtaken = !self.world.story.shared && self.started > 1;
        if overtaken || self.members.is_empty() {
            self.dismiss();
            self.start();
        }
    }

    /// Ends all engines.
    pub(super) fn dismiss(&mut self) {
        self.members.clear();
        self.next_start = None;
    }

    /// When something is next due.
    pub(super) fn next_moment(&self) -> Option<Instant> {
        let wakes = self.members.iter().filter_map(|member| member.wakes_at);
        wakes.chain(self.next_start).min()
    }
}

/// Follows the departments' decisions for an engine, as its gateway does.
async fn follow(engine: Engine, world: Arc<World>) {
    loop {
        let told = world.told.notified();
        let read = match engine.position(STREAM).await {
            Ok(position) => position.and_then(|text| text.parse().ok()).unwrap_or(0),
            Err(_) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let known = world.lock().departments.decisions.len();
        if read >= known {
            told.await;
            continue;
        }
        let (batch, position) = world.decisions(read);
        if engine.deliver(STREAM, &position, batch).await.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

fn recover(member: &mut Member) {
    let engine = member.engine.clone();
    member.along(async move {
        while engine.recover().await.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
}
