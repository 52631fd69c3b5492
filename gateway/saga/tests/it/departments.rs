//! Fake departments that keep the participant's rules in memory, and misbehave on request: replies are
//! lost, decisions delayed, undos fail.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use onething_saga::{
    Answer, Call, Definition, Definitions, Facts, Key, OutcomeAnswer, Participants, Plan, Prepared,
    PreparedCall, Refusal, SagaId, StepIndex, UndoAnswer,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What a step's department does, beyond what is right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mood {
    /// Refuses.
    pub(crate) refuses: bool,
    /// Takes it on and decides when it is asked for the second time.
    pub(crate) decides_later: bool,
    /// Cannot undo it.
    pub(crate) cannot_undo: bool,
    /// The step does not apply.
    pub(crate) omitted: bool,
    /// Out of 100 replies, so many are lost on the way back (or the call on the way there).
    pub(crate) losses: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Pending(u32),
    Effective,
    Refused,
    Annulled,
    Closed,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) fact: Fact,
    request: Bytes,
    epoch: u64,
}

#[derive(Default)]
struct Books {
    entries: BTreeMap<Key, Entry>,
    effects: HashMap<Key, u32>,
    log: Vec<(SagaId, String, &'static str)>,
    violations: Vec<String>,
    moods: HashMap<String, Mood>,
    now: usize,
    most: usize,
}

pub(crate) struct Departments {
    books: Mutex<Books>,
    rng: Mutex<StdRng>,
    latency: Duration,
    salted: bool,
    ahead: bool,
    meeting: Option<tokio::sync::Barrier>,
    plans: HashMap<(String, u32), Arc<Plan>>,
}

impl Departments {
    pub(crate) fn new(definitions: Vec<Definition>, seed: u64) -> Self {
        let plans = definitions.into_iter().map(|definition| {
            let name = (definition.name.clone(), definition.version);
            (name, Arc::new(Plan::new(definition).unwrap()))
        });
        Self {
            books: Mutex::default(),
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
            latency: Duration::ZERO,
            salted: true,
            ahead: false,
            meeting: None,
            plans: plans.collect(),
        }
    }

    /// Every action call waits until so many are under way.
    pub(crate) fn meeting(mut self, calls: usize) -> Self {
        self.meeting = Some(tokio::sync::Barrier::new(calls));
        self
    }

    /// No step's request needs anything of what comes before it.
    pub(crate) fn looking_ahead(mut self, ahead: bool) -> Self {
        self.ahead = ahead;
        self
    }

    /// A step's request is the same at each building.
    pub(crate) fn unsalted(mut self) -> Self {
        self.salted = false;
        self
    }

    pub(crate) fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    pub(crate) fn mood(&self, step: &str, mood: Mood) {
        self.books
            .lock()
            .unwrap()
            .moods
            .insert(step.to_owned(), mood);
    }

    /// What the steps did and undid, in order.
    pub(crate) fn log(&self, saga: SagaId) -> Vec<String> {
        let books = self.books.lock().unwrap();
        let mine = books.log.iter().filter(|(of, _, _)| *of == saga);
        mine.map(|(_, step, what)| format!("{what} {step}"))
            .collect()
    }

    /// Whether a step has an effect that stands, in any round.
    pub(crate) fn stands(&self, saga: SagaId, step: &str) -> bool {
        let books = self.books.lock().unwrap();
        books.entries.iter().any(|(key, entry)| {
            key.saga == saga && key.step == step && entry.fact == Fact::Effective
        })
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.books.lock().unwrap().violations.clone()
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.books.lock().unwrap().most
    }

    fn lost(&self, losses: u32) -> bool {
        self.rng.lock().unwrap().random_range(0..100) < losses
    }

    fn mood_of(&self, call: &Call) -> Mood {
        self.books
            .lock()
            .unwrap()
            .moods
            .get(&call.key.step)
            .cloned()
            .unwrap_or_default()
    }

    fn enter(&self) {
        let mut books = self.books.lock().unwrap();
        books.now += 1;
        books.most = books.most.max(books.now);
    }

    fn decide(&self, call: &Call, mood: &Mood) -> Answer {
        let mut books = self.books.lock().unwrap();
        let books = &mut *books;
        let stale = books.entries.iter().any(|(key, entry)| {
            key.saga == call.key.saga && entry.epoch > call.epoch && *key == call.key
        });
        if stale {
            return Answer::StaleEpoch;
        }
        // No department is asked before what it depends on is there.
        for before in &call.step().after {
            let named = call.plan.step(*before);
            let there = books.entries.iter().any(|(key, entry)| {
                key.saga == call.key.saga && key.step == named.id && entry.fact == Fact::Effective
            });
            let excused =
                named.optional || books.moods.get(&named.id).is_some_and(|mood| mood.omitted);
            if !there && !excused && !books.entries.contains_key(&call.key) {
                let what = format!("{} was called without {}", call.key.step, named.id);
                books.violations.push(what);
            }
        }
        if let Some(entry) = books.entries.get_mut(&call.key) {
            entry.epoch = entry.epoch.max(call.epoch);
            if entry.request != call.request && entry.fact != Fact::Closed {
                return Answer::Mismatch;
            }
        } else {
            let fact = if mood.refuses {
                Fact::Refused
            } else if mood.decides_later {
                Fact::Pending(1)
            } else {
                Fact::Effective
            };
            let (request, epoch) = (call.request.clone(), call.epoch);
            books.entries.insert(
                call.key.clone(),
                Entry {
                    fact,
                    request,
                    epoch,
                },
            );
            if fact == Fact::Effective {
                take_effect(books, call);
            }
        }
        answer(books.entries[&call.key].fact)
    }
}

fn take_effect(books: &mut Books, call: &Call) {
    let count = books.effects.entry(call.key.clone()).or_insert(0);
    *count += 1;
    if *count > 1 {
        books
            .violations
            .push(format!("{} took effect twice", call.key.step));
    }
    books.log.push((call.key.saga, call.key.step.clone(), "do"));
}

fn answer(fact: Fact) -> Answer {
    match fact {
        Fact::Pending(_) => Answer::Pending,
        Fact::Effective => Answer::Succeeded {
            response: Bytes::from_static(b"done"),
        },
        Fact::Refused => Answer::Refused(Refusal::new("NO", "no")),
        Fact::Annulled | Fact::Closed => Answer::Closed,
    }
}

#[async_trait]
impl Participants for Departments {
    fn prepare(&self, definition: &Definition, facts: &Facts<'_>, step: StepIndex) -> Prepared {
        let id = &definition.step(step).id;
        let omitted = self
            .books
            .lock()
            .unwrap()
            .moods
            .get(id)
            .is_some_and(|mood| mood.omitted);
        if omitted {
            return Prepared::Omit;
        }
        // A request that differs at each building shows that it is built once a round.
        let salt: u64 = self.rng.lock().unwrap().random();
        let salt = if self.salted { salt } else { 0 };
        let request = Bytes::from(format!("{id} {salt} of {} bytes", facts.input().len()));
        Prepared::Call {
            request,
            target: None,
        }
    }

    fn prepare_ahead(
        &self,
        definition: &Definition,
        facts: &Facts<'_>,
        step: StepIndex,
    ) -> Option<PreparedCall> {
        match self.prepare(definition, facts, step) {
            Prepared::Call { request, target } if self.ahead => {
                Some(PreparedCall { request, target })
            }
            _ => None,
        }
    }

    async fn act(&self, call: &Call) -> Answer {
        self.enter();
        if let Some(meeting) = &self.meeting {
            meeting.wait().await;
        }
        tokio::time::sleep(self.latency).await;
        let mood = self.mood_of(call);
        let doubt = Answer::Doubt {
            why: "lost".to_owned(),
        };
        let answer = if self.lost(mood.losses) {
            doubt.clone()
        } else {
            self.decide(call, &mood)
        };
        self.books.lock().unwrap().now -= 1;
        if self.lost(mood.losses) {
            doubt
        } else {
            answer
        }
    }

    async fn outcome(&self, call: &Call) -> OutcomeAnswer {
        let mood = self.mood_of(call);
        if self.lost(mood.losses) {
            return OutcomeAnswer::Known(Answer::Doubt {
                why: "lost".to_owned(),
            });
        }
        let mut books = self.books.lock().unwrap();
        let books = &mut *books;
        let Some(entry) = books.entries.get_mut(&call.key) else {
            return OutcomeAnswer::NotSeen;
        };
        if entry.epoch > call.epoch {
            return OutcomeAnswer::Known(Answer::StaleEpoch);
        }
        entry.epoch = call.epoch;
        if let Fact::Pending(left) = entry.fact {
            entry.fact = if left == 0 {
                Fact::Effective
            } else {
                Fact::Pending(left - 1)
            };
            if left == 0 {
                take_effect(books, call);
            }
        }
        OutcomeAnswer::Known(answer(books.entries[&call.key].fact))
    }

    async fn undo(&self, call: &Call) -> UndoAnswer {
        let mood = self.mood_of(call);
        let doubt = UndoAnswer::Doubt {
            why: "lost".to_owned(),
        };
        if self.lost(mood.losses) {
            return doubt;
        }
        let answer = {
            let mut books = self.books.lock().unwrap();
            let books = &mut *books;
            let built_on: HashSet<&str> = call
                .plan
                .descendants(call.index)
                .iter()
                .map(|later| call.plan.step(*later))
                .filter(|later| later.kind != onething_saga::Kind::Query)
                .map(|later| later.id.as_str())
                .collect();
            let stands = books.entries.iter().find(|(key, entry)| {
                key.saga == call.key.saga
                    && entry.fact == Fact::Effective
                    && built_on.contains(key.step.as_str())
            });
            if let Some((key, _)) = stands {
                let what = format!("{} is undone before {}", call.key.step, key.step);
                books.violations.push(what);
            }
            let (request, epoch) = (call.request.clone(), call.epoch);
            let tombstone = Entry {
                fact: Fact::Closed,
                request,
                epoch,
            };
            let entry = books.entries.entry(call.key.clone()).or_insert(tombstone);
            if entry.epoch > call.epoch {
                return UndoAnswer::StaleEpoch;
            }
            entry.epoch = call.epoch;
            match entry.fact {
                Fact::Effective if call.step().kind == onething_saga::Kind::Pivot => {
                    UndoAnswer::AlreadyEffective
                }
                Fact::Effective if mood.cannot_undo => UndoAnswer::Impossible {
                    reason: "PAID".to_owned(),
                },
                Fact::Effective => {
                    entry.fact = Fact::Annulled;
                    books
                        .log
                        .push((call.key.saga, call.key.step.clone(), "undo"));
                    UndoAnswer::Undone
                }
                Fact::Annulled => UndoAnswer::Undone,
                Fact::Pending(_) | Fact::Refused | Fact::Closed => {
                    entry.fact = Fact::Closed;
                    UndoAnswer::NothingToUndo
                }
            }
        };
        if self.lost(mood.losses) {
            doubt
        } else {
            answer
        }
    }
}

impl Definitions for Departments {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        self.plans
            .iter()
            .filter(|((known, _), _)| known == name)
            .max_by_key(|((_, version), _)| *version)
            .map(|(_, plan)| plan.clone())
    }

    fn get(&self, name: &str, version: u32) -> Option<Arc<Plan>> {
        self.plans.get(&(name.to_owned(), version)).cloned()
    }
}
