//! A driver that runs the pure core by hand.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use onething_calendar::Calendar;
use onething_saga::{
    Answer, Command, Definition, Draft, Event, Input, Operator, OwnerAct, Plan, Prepared,
    PreparedCall, Refusal, Rejection, SagaId, SagaState, SegmentIndex, SegmentState, State,
    StepIndex, StepState, Timestamp, UndoAnswer,
};
use uuid::Uuid;

use crate::fixtures::definition;

/// The pure core, driven by hand: commands pile up until the test answers them.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) state: State,
    /// The events, each with its time.
    pub(crate) journal: Vec<(Event, Timestamp)>,
    pub(crate) events: Vec<Event>,
    pub(crate) open: VecDeque<Command>,
    /// Those among them that did not wait for the journal.
    pub(crate) early: Vec<Command>,
    /// The steps whose requests need nothing of what comes before them.
    pub(crate) ahead: Vec<String>,
    pub(crate) now: Timestamp,
    /// How many items each repeated step has.
    pub(crate) lists: HashMap<String, usize>,
    /// The conditional steps that do not apply.
    pub(crate) omitted: Vec<String>,
    pub(crate) calendar: &'static Calendar,
    pub(crate) annuls: Option<SagaId>,
}

impl Bench {
    pub(crate) fn new(lines: &[&str]) -> Self {
        Self::of(definition(lines))
    }

    /// A saga of the lines' definition after a change to it.
    pub(crate) fn with(lines: &[&str], change: impl FnOnce(&mut Definition)) -> Self {
        let mut definition = definition(lines);
        change(&mut definition);
        Self::of(definition)
    }

    pub(crate) fn of(definition: Definition) -> Self {
        let mut bench = Self::idle(definition);
        bench.start();
        bench
    }

    /// A saga that was not started yet.
    pub(crate) fn idle(definition: Definition) -> Self {
        let plan = Arc::new(Plan::new(definition).unwrap());
        Self {
            state: State::new(SagaId(Uuid::nil()), plan),
            journal: Vec::new(),
            events: Vec::new(),
            open: VecDeque::new(),
            early: Vec::new(),
            ahead: Vec::new(),
            now: Timestamp(1_000_000),
            lists: HashMap::new(),
            omitted: Vec::new(),
            calendar: Calendar::standard(),
            annuls: None,
        }
    }

    pub(crate) fn start(&mut self) {
        let mut draft = Draft::new(self.state.clone(), self.now);
        draft.record(Event::Accepted {
            definition: "test".to_owned(),
            version: 1,
            traceparent: None,
            annuls: self.annuls,
            input: Bytes::from_static(b"as submitted"),
        });
        let (state, decision) = draft.into_parts();
        self.state = state;
        self.keep(decision.events);
        self.feed(Input::Resume).unwrap();
    }

    fn keep(&mut self, events: Vec<Event>) {
        let at = self.now;
        self.journal
            .extend(events.iter().map(|event| (event.clone(), at)));
        self.events.extend(events);
    }

    /// Feeds an input as the shell does: requests are built at once.
    pub(crate) fn feed(&mut self, input: Input) -> Result<(), Rejection> {
        self.batch([input])
    }

    /// Feeds what came in together, of which everything is journaled before anything is carried out.
    pub(crate) fn batch(
        &mut self,
        inputs: impl IntoIterator<Item = Input>,
    ) -> Result<(), Rejection> {
        let mut draft = Draft::new(self.state.clone(), self.now)
            .with_calendar(self.calendar)
            .with_decisions_told(true);
        for input in inputs {
            draft.feed(input)?;
            loop {
                let due = draft.take_prepares();
                if due.is_empty() {
                    break;
                }
                for command in due {
                    if let Some(built) = self.build(&draft, &command) {
                        draft.feed(built)?;
                    }
                }
            }
        }
        let (state, decision) = draft.into_parts();
        self.state = state;
        self.keep(decision.events);
        self.early.extend(&decision.early);
        self.open.extend(decision.early);
        self.open.extend(decision.commands);
        Ok(())
    }

    fn build(&self, draft: &Draft, command: &Command) -> Option<Input> {
        match *command {
            Command::Prepare { step, .. } => {
                let prepared = self.prepare(draft, step);
                Some(Input::Prepared { step, prepared })
            }
            Command::PrepareAhead { step } => {
                let id = &draft.state().plan().step(step).id;
                let call = PreparedCall {
                    request: Bytes::from(format!("{id} ahead")),
                    target: None,
                };
                let known = self.ahead.contains(id);
                known.then_some(Input::PreparedAhead { step, call })
            }
            _ => panic!("{command:?} is nothing to build"),
        }
    }

    fn prepare(&self, draft: &Draft, step: StepIndex) -> Prepared {
        let plan = draft.state().plan();
        let id = &plan.step(step).id;
        if self.omitted.contains(id) {
            return Prepared::Omit;
        }
        let input = String::from_utf8_lossy(draft.state().input()).into_owned();
        let request = |n: usize| Bytes::from(format!("{id} {n} {input}"));
        if plan.step(step).for_each {
            let calls = (0..self.lists.get(id).copied().unwrap_or(2)).map(|n| PreparedCall {
                request: request(n),
                target: None,
            });
            return Prepared::Each {
                calls: calls.collect(),
            };
        }
        Prepared::Call {
            request: request(0),
            target: None,
        }
    }

    /// A crash: whatever was not journaled is forgotten, and the state is rebuilt from the events.
    pub(crate) fn crash(&mut self) {
        let mut state = State::new(self.state.saga(), self.state.plan().clone());
        for (event, at) in &self.journal {
            assert!(state.fits(event), "{event:?}");
            let stored = Event::decode(event.kind(), &event.body().unwrap(), event.payload());
            state.apply(&stored.unwrap(), *at);
        }
        assert_eq!(
            state.view(),
            self.state.view(),
            "what is read back is what was there"
        );
        self.state = state;
        self.open.clear();
        self.early.clear();
        self.batch([Input::Resume, Input::Tick]).unwrap();
    }

    pub(crate) fn later(&mut self, by: Duration) {
        self.now = self.now.plus(by);
    }

    /// The place of a step, or of an item of one: `name#1`.
    pub(crate) fn index(&self, step: &str) -> StepIndex {
        let (name, item) = step.split_once('#').unwrap_or((step, "0"));
        let item = item.parse().unwrap();
        self.state.plan().index_of_item(name, item).unwrap()
    }

    fn name(&self, step: StepIndex) -> String {
        let (id, item) = (
            &self.state.plan().step(step).id,
            self.state.plan().item(step),
        );
        if item == 0 {
            id.clone()
        } else {
            format!("{id}#{item}")
        }
    }

    pub(crate) fn tick(&mut self) {
        self.feed(Input::Tick).unwrap();
    }

    pub(crate) fn wake_at(&self) -> Timestamp {
        self.state.projection().wake_at.unwrap()
    }

    /// Goes to the next moment at which something is due, and lets it happen.
    pub(crate) fn wake(&mut self) {
        self.now = self.now.max(self.wake_at());
        self.tick();
    }

    pub(crate) fn signal(
        &mut self,
        id: &str,
        name: &str,
        payload: &'static str,
    ) -> Result<(), Rejection> {
        self.feed(Input::Signal {
            id: id.to_owned(),
            name: name.to_owned(),
            payload: payload.into(),
        })
    }

    pub(crate) fn returned(&mut self, step: &str) {
        self.answer(
            step,
            Answer::Returned(Refusal::new("UNREADABLE", "scan again")),
        );
    }

    pub(crate) fn correct(&mut self, step: &str, affected: &[&str]) -> Result<(), Rejection> {
        self.feed(Input::Correct {
            by: "applicant".to_owned(),
            step: self.index(step),
            input: Bytes::from_static(b"corrected"),
            affected: affected.iter().map(|step| self.index(step)).collect(),
        })
    }

    /// How many events of a kind there are.
    pub(crate) fn count(&self, kind: &str) -> usize {
        let kinds = self.events.iter().filter(|event| event.kind() == kind);
        kinds.count()
    }

    pub(crate) fn answer(&mut self, step: &str, answer: Answer) {
        let step = self.index(step);
        let round = self.state.step(step).round;
        self.feed(Input::Acted {
            step,
            round,
            answer,
        })
        .unwrap();
    }

    pub(crate) fn succeed(&mut self, step: &str) {
        self.answer(
            step,
            Answer::Succeeded {
                response: Bytes::from_static(b"ok"),
            },
        );
    }

    pub(crate) fn refuse(&mut self, step: &str) {
        self.answer(step, Answer::Refused(Refusal::new("NO", "no")));
    }

    pub(crate) fn doubt(&mut self, step: &str) {
        self.answer(
            step,
            Answer::Doubt {
                why: "timeout".to_owned(),
            },
        );
    }

    pub(crate) fn undo(&mut self, step: &str, answer: UndoAnswer) {
        let step = self.index(step);
        let round = self.state.step(step).round;
        self.feed(Input::UndoAnswered {
            step,
            round,
            answer,
        })
        .unwrap();
    }

    pub(crate) fn undone(&mut self, step: &str) {
        self.undo(step, UndoAnswer::Undone);
    }

    pub(crate) fn cancel(&mut self) -> Result<(), Rejection> {
        self.feed(Input::Cancel {
            by: "applicant".to_owned(),
            reason: "changed".to_owned(),
        })
    }

    pub(crate) fn step(&self, step: &str) -> StepState {
        self.state.step(self.index(step)).state
    }

    pub(crate) fn segment(&self, segment: u16) -> SegmentState {
        self.state.segment(SegmentIndex(segment)).state
    }

    pub(crate) fn status(&self) -> SagaState {
        self.state.status()
    }

    pub(crate) fn outcomes(&self) -> Vec<String> {
        self.state.ended().unwrap().outcomes.clone()
    }

    /// One operator proposes to settle a step by hand, another approves.
    pub(crate) fn settle(&mut self, step: &str, act: OwnerAct) {
        let step = self.index(step);
        let (by, reason) = ("owner".to_owned(), "looked into it".to_owned());
        self.feed(Input::Operator(Operator::Propose {
            step,
            act,
            by,
            reason,
        }))
        .unwrap();
        let proposal = self.state.proposals()[0].number;
        let by = "second".to_owned();
        self.feed(Input::Operator(Operator::Approve { proposal, by }))
            .unwrap();
    }

    pub(crate) fn attest(&mut self, step: &str, disposition: &str) {
        let disposition = disposition.to_owned();
        self.settle(step, OwnerAct::Attest { disposition });
    }

    /// The steps with an open command of a kind, taking them away: `act`, `ask` or `undo`.
    pub(crate) fn take(&mut self, kind: &str) -> Vec<String> {
        let (mut taken, mut kept) = (Vec::new(), VecDeque::new());
        for command in std::mem::take(&mut self.open) {
            let (name, step) = match command {
                Command::Act { step, .. } => ("act", step),
                Command::Ask { step, .. } => ("ask", step),
                Command::Undo { step, .. } => ("undo", step),
                other => {
                    kept.push_back(other);
                    continue;
                }
            };
            if name == kind {
                taken.push(self.name(step));
            } else {
                kept.push_back(command);
            }
        }
        self.open = kept;
        taken
    }
}
