//! The world of one case: its story, its departments, its journal, and the messages between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use onething_saga::store::Delivery;
use onething_saga::{Call, Decided, Definitions, Key, Plan, StepIndex, Timestamp};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::chronicle::Chronicle;
use super::clock::EPOCH;
use super::department::{Departments, Letter, Reply, Review, Scene, What};
use super::dice::Dice;
use super::fault::Fault;
use super::story::{Story, Temper, Verdict};
use super::trace::Trace;

/// The engines' name in every key.
pub(super) const COORDINATOR: &str = "gateway";
/// The name of the stream of decisions.
pub(super) const STREAM: &str = "departments";

/// Everything around the engines of one case.
pub(super) struct World {
    pub(super) story: Story,
    pub(super) plan: Arc<Plan>,
    pub(super) start: Instant,
    /// A department told a decision.
    pub(super) told: Notify,
    /// Something was committed, or an engine was struck.
    pub(super) news: Notify,
    inner: Mutex<Inner>,
}

/// What changes in the world.
pub(super) struct Inner {
    pub(super) departments: Departments,
    pub(super) chronicle: Chronicle,
    pub(super) trace: Trace,
    pub(super) network: Dice,
    pub(super) storage: Dice,
    pub(super) prepared: BTreeMap<StepIndex, u32>,
    /// The applicant is about to withdraw.
    pub(super) races: bool,
    received: BTreeSet<String>,
}

/// Who sent a letter.
enum Sender {
    /// An engine that waits for the answer.
    Engine(oneshot::Sender<Reply>),
    /// The network, once more.
    Repeated,
    /// Somebody who has no business with it.
    Stranger(Fault),
}

/// How one message fares.
struct Passage {
    lost: bool,
    there: Duration,
    doubled: Option<Duration>,
    stranger: Option<(Fault, Duration)>,
    back: Duration,
    reply_lost: bool,
    unreadable: bool,
}

impl World {
    pub(super) fn new(story: Story, plan: Arc<Plan>, readable: bool) -> Self {
        let seed = story.seed;
        let mut chronicle = Chronicle::default();
        chronicle.asked.annuls = story.annuls;
        let inner = Inner {
            departments: Departments::default(),
            chronicle,
            trace: Trace::new(readable),
            network: Dice::new(seed, "network"),
            storage: Dice::new(seed, "storage"),
            prepared: BTreeMap::new(),
            races: false,
            received: BTreeSet::new(),
        };
        Self {
            story,
            plan,
            start: Instant::now(),
            told: Notify::new(),
            news: Notify::new(),
            inner: Mutex::new(inner),
        }
    }

    /// The world is one thread's, and whole after every statement.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(super) fn calm(&self) -> bool {
        self.elapsed() >= self.story.calm_at
    }

    pub(super) fn note(&self, line: fmt::Arguments<'_>) {
        self.lock().trace.note(self.elapsed(), line);
    }

    /// A fault takes place.
    pub(super) fn fault(&self, fault: Fault) {
        let at = self.elapsed();
        let mut inner = self.lock();
        inner.chronicle.coverage.fault(fault);
        inner.trace.note(at, format_args!("fault {fault:?}"));
    }

    pub(super) fn violation(&self, what: String) {
        self.lock().chronicle.violation(what);
    }

    fn down(&self, call_plan: &Plan, step: StepIndex, at: Duration) -> bool {
        let department = &call_plan.step(step).responsible;
        let mut outages = self.story.outages.iter();
        outages
            .any(|outage| outage.department == *department && outage.from <= at && at < outage.to)
    }

    /// Carries a call to its department and its answer back. Without an answer this never returns,
    /// and the caller's patience ends it. What is under way arrives even if the caller dies.
    pub(super) async fn carry(self: &Arc<Self>, call: &Call, what: What) -> Option<Reply> {
        let letter = Letter {
            slot: (call.index, call.key.item, call.key.round),
            epoch: call.epoch,
            request: call.request.clone(),
            what,
        };
        if self.down(&call.plan, call.index, self.elapsed()) {
            self.fault(Fault::DepartmentDown);
            tokio::time::sleep(Duration::from_millis(5)).await;
            return None;
        }
        let passage = self.passage(what);
        self.squat(&letter);
        if let Some(after) = passage.doubled {
            self.fault(Fault::RequestDoubled);
            self.send(letter.clone(), passage.there + after, Sender::Repeated);
        }
        if let Some((fault, after)) = passage.stranger {
            let mut forged = letter.clone();
            match fault {
                Fault::OtherRequest => forged.request = bytes::Bytes::from_static(b"other"),
                _ => forged.slot.2 += 1,
            }
            self.send(forged, passage.there + after, Sender::Stranger(fault));
        }
        let (reply, answer) = oneshot::channel();
        if passage.lost {
            self.fault(Fault::RequestLost);
        } else {
            self.send(letter, passage.there, Sender::Engine(reply));
        }
        let Ok(reply) = answer.await else {
            return std::future::pending().await;
        };
        tokio::time::sleep(passage.back).await;
        if passage.reply_lost {
            self.fault(Fault::ReplyLost);
            return std::future::pending().await;
        }
        if passage.unreadable {
            self.fault(Fault::ReplyUnreadable);
            return None;
        }
        Some(reply)
    }

    /// Somebody uses the key of the first call before it arrives.
    fn squat(self: &Arc<Self>, letter: &Letter) {
        let (step, _, round) = letter.slot;
        let squatted = self.temper(step).squatted && round == 1 && letter.what == What::Act;
        let known = self
            .lock()
            .departments
            .books
            .requests
            .contains_key(&letter.slot);
        if squatted && !known && !self.calm() {
            self.fault(Fault::Squatted);
            let mut forged = letter.clone();
            forged.request = bytes::Bytes::from_static(b"squatter");
            self.deliver(&forged);
        }
    }

    /// How the department of a step behaves; the items of a repeated step behave alike.
    fn temper(&self, step: StepIndex) -> &Temper {
        let inner = self.lock();
        let state = inner.chronicle.state.as_ref();
        let plan = state.map_or(&self.plan, |state| state.plan());
        &self.story.tempers[plan.item_of(step).unwrap_or(step).at()]
    }

    fn passage(&self, what: What) -> Passage {
        const QUICK: Duration = Duration::from_millis(20);
        // Later than a step's time, sooner than the call's; or later than both.
        const LATE: [Duration; 2] = [Duration::from_secs(8), Duration::from_secs(45)];
        let weather = self.story.weather;
        let calm = self.calm();
        let (mut late_there, mut late_back) = (false, false);
        let passage = {
            let dice = &mut self.lock().network;
            let mut happens = |percent: u64| percent > 0 && !calm && dice.percent(percent);
            let lost = happens(weather.request_lost);
            late_there = happens(weather.late) || late_there;
            late_back = happens(weather.late) || late_back;
            let doubled = happens(weather.doubled);
            let stranger = what == What::Act && happens(weather.strangers);
            let reply_lost = happens(weather.reply_lost);
            let unreadable = happens(weather.unreadable);
            let late = |dice: &mut Dice, late: bool| {
                let most = if late { dice.pick(&LATE) } else { QUICK };
                dice.duration(Duration::ZERO, most)
            };
            Passage {
                lost,
                there: late(dice, late_there),
                doubled: doubled.then(|| late(dice, true)),
                stranger: stranger.then(|| {
                    let faults = [Fault::OtherRequest, Fault::EarlyRound];
                    (dice.pick(&faults), late(dice, false))
                }),
                back: late(dice, late_back),
                reply_lost,
                unreadable,
            }
        };
        if late_there {
            self.fault(Fault::RequestLate);
        }
        if late_back {
            self.fault(Fault::ReplyLate);
        }
        passage
    }

    /// Puts a letter on its way.
    fn send(self: &Arc<Self>, letter: Letter, there: Duration, sender: Sender) {
        let world = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(there).await;
            if let Sender::Stranger(fault) = sender {
                if !world.wrongful(&letter, fault) {
                    return;
                }
                world.fault(fault);
            }
            let answer = world.deliver(&letter);
            if let Sender::Engine(reply) = sender {
                // Whoever asked may be gone.
                drop(reply.send(answer));
            }
        });
    }

    /// The stream of decisions goes on.
    fn tell(&self) {
        self.told.notify_waiters();
    }

    /// Whether a stranger's letter is one that no department may act upon.
    fn wrongful(&self, letter: &Letter, fault: Fault) -> bool {
        let books = &self.lock().departments.books;
        let (step, item, round) = letter.slot;
        match fault {
            Fault::OtherRequest => books.requests.contains_key(&letter.slot),
            _ => books.slot_stands((step, item, round - 1)),
        }
    }

    /// A letter reaches its department.
    pub(super) fn deliver(self: &Arc<Self>, letter: &Letter) -> Reply {
        let (answer, side) = self.scene(|departments, scene| departments.answer(letter, scene));
        self.note(format_args!(
            "{:?} {:?} epoch {}: {answer:?}",
            letter.what, letter.slot, letter.epoch
        ));
        side.faults.into_iter().for_each(|fault| self.fault(fault));
        if let Some(review) = side.review {
            self.review(review);
        }
        answer
    }

    /// An officer takes a review on, and the law watches the time.
    fn review(self: &Arc<Self>, review: Review) {
        if let Some(due) = review.due {
            let world = self.clone();
            let left = EPOCH.plus(self.elapsed()).until(Timestamp(due));
            // A department looks from time to time for what is over, and an engine may be ahead of it.
            let looks = {
                let dice = &mut self.lock().network;
                dice.duration(Duration::ZERO, Duration::from_secs(5))
            };
            tokio::spawn(async move {
                tokio::time::sleep(left + looks).await;
                if world.scene(|departments, scene| departments.expire(review, scene)) {
                    world.note(format_args!("{review:?} expired"));
                    world.fault(Fault::Deemed);
                    world.tell();
                }
            });
        }
        if self.temper(review.slot.0).races {
            let world = self.clone();
            let before = self
                .lock()
                .network
                .duration(Duration::ZERO, Duration::from_millis(30));
            tokio::spawn(async move {
                tokio::time::sleep(review.after.saturating_sub(before)).await;
                world.lock().races = true;
                world.news.notify_one();
            });
        }
        let world = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(review.after).await;
            let counted = world.scene(|departments, scene| departments.decide(review, scene));
            world.note(format_args!("{review:?} counted: {counted}"));
            if !counted {
                world.fault(Fault::DecidedTooLate);
                return;
            }
            match review.verdict {
                Verdict::Refuse => world.fault(Fault::OfficerRefused),
                Verdict::Return => world.fault(Fault::OfficerReturned),
                Verdict::Grant => {}
            }
            world.tell();
        });
    }

    /// Decisions that follow a position of the stream, some of them told again, and the new position.
    pub(super) fn decisions(&self, read: usize) -> (Vec<Decided>, String) {
        let again = {
            let percent = self.story.weather.doubled;
            let calm = self.calm();
            percent > 0 && !calm && self.lock().network.percent(percent)
        };
        if again && read > 0 {
            self.fault(Fault::DecisionDoubled);
        }
        let inner = self.lock();
        let from = if again { 0 } else { read };
        let (Some(saga), Some(state)) = (inner.chronicle.saga, &inner.chronicle.state) else {
            return (Vec::new(), read.to_string());
        };
        let decisions = &inner.departments.decisions;
        let batch = decisions
            .iter()
            .skip(from)
            .map(|((step, item, round), answer)| {
                let key = Key {
                    coordinator: COORDINATOR.to_owned(),
                    saga,
                    step: state.plan().step(*step).id.clone(),
                    item: *item,
                    round: *round,
                };
                let answer = answer.clone();
                Decided { key, answer }
            });
        (batch.collect(), decisions.len().to_string())
    }

    /// An inbox takes decisions in together with the stream's position: nothing before the position may
    /// be missing.
    pub(super) fn received(&self, position: &str, deliveries: &[Delivery]) {
        let inner = &mut *self.lock();
        let names = deliveries.iter().map(|delivery| delivery.name.clone());
        inner.received.extend(names);
        let position = position.parse().unwrap_or(usize::MAX);
        let plan = inner
            .chronicle
            .state
            .as_ref()
            .map_or(&self.plan, |state| state.plan());
        for ((step, item, round), _) in inner.departments.decisions.iter().take(position) {
            let name = format!("{STREAM}/{}/{item}/{round}", plan.step(*step).id);
            if !inner.received.contains(&name) {
                let what = format!("the stream was read past {name}, which was not kept");
                inner.chronicle.violations.push(what);
            }
        }
    }

    fn scene<A>(&self, work: impl FnOnce(&mut Departments, &Scene<'_>) -> A) -> A {
        let now = self.elapsed();
        let inner = &mut *self.lock();
        let journal = inner.chronicle.state.as_ref();
        let scene = Scene {
            plan: journal.map_or(&self.plan, |state| state.plan()),
            tempers: &self.story.tempers,
            journal,
            now,
        };
        work(&mut inner.departments, &scene)
    }
}

impl Definitions for World {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        (name == self.plan.name).then(|| self.plan.clone())
    }

    fn get(&self, name: &str, version: u32) -> Option<Arc<Plan>> {
        self.current(name).filter(|plan| plan.version == version)
    }
}
