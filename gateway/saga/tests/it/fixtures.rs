//! Small definitions, and a driver that runs the pure core by hand.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use onething_saga::{
    Answer, Command, Definition, Draft, Event, Input, Kind, Operator, OwnerAct, Plan, Prepared,
    Refusal, Rejection, SagaId, SagaState, Segment, SegmentIndex, SegmentState, State, Step,
    StepIndex, StepState, Timestamp, UndoAnswer,
};
use uuid::Uuid;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A definition out of lines like `b compensable 0 after a` (name, kind, segment, predecessors), with
/// `?` after the name for an optional step.
pub(crate) fn definition(lines: &[&str]) -> Definition {
    let mut steps: Vec<Step> = Vec::new();
    let mut segments = 0;
    for line in lines {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let kind = match words.next().unwrap() {
            "query" => Kind::Query,
            "compensable" => Kind::Compensable,
            "pivot" => Kind::Pivot,
            "forward" => Kind::Forward,
            other => panic!("no kind {other}"),
        };
        let segment: u16 = words.next().unwrap().parse().unwrap();
        segments = segments.max(segment + 1);
        let mut step = Step::new(
            name.trim_end_matches('?'),
            kind,
            SegmentIndex(segment),
            "department",
        );
        step.optional = name.ends_with('?');
        step.max_elapsed = MINUTE;
        step.undo_max_elapsed = MINUTE;
        step.call_timeout = Duration::from_secs(5);
        if words.next() == Some("after") {
            for before in words {
                let index = steps.iter().position(|known| known.id == before).unwrap();
                step.after.push(StepIndex::from(index));
            }
        }
        steps.push(step);
    }
    let segments = (0..segments)
        .map(|n| Segment {
            id: format!("segment{n}"),
            partial: Some(format!("without{n}")),
        })
        .collect();
    let (name, withdrawal) = ("test".to_owned(), "withdrawn".to_owned());
    Definition {
        name,
        version: 1,
        steps,
        segments,
        withdrawal,
        time_limit: None,
    }
}

pub(crate) fn plan(lines: &[&str]) -> Arc<Plan> {
    Arc::new(Plan::new(definition(lines)).unwrap())
}

/// The pure core, driven by hand: commands pile up until the test answers them.
pub(crate) struct Bench {
    pub(crate) state: State,
    pub(crate) events: Vec<Event>,
    pub(crate) open: VecDeque<Command>,
    pub(crate) now: Timestamp,
}

impl Bench {
    pub(crate) fn new(lines: &[&str]) -> Self {
        let state = State::new(SagaId(Uuid::nil()), plan(lines));
        let now = Timestamp(1_000_000);
        let mut bench = Self {
            state,
            events: Vec::new(),
            open: VecDeque::new(),
            now,
        };
        bench.feed(Input::Resume).unwrap();
        bench
    }

    /// Feeds an input as the shell does: requests are built at once.
    pub(crate) fn feed(&mut self, input: Input) -> Result<(), Rejection> {
        let mut draft = Draft::new(self.state.clone(), self.now);
        draft.feed(input)?;
        loop {
            let due = draft.take_prepares();
            if due.is_empty() {
                break;
            }
            for (step, _) in due {
                let request = Bytes::from(self.state.plan().step(step).id.clone());
                let prepared = Prepared::Call {
                    request,
                    target: None,
                };
                draft.feed(Input::Prepared { step, prepared })?;
            }
        }
        let (state, decision) = draft.into_parts();
        self.state = state;
        self.events.extend(decision.events);
        self.open.extend(decision.commands);
        Ok(())
    }

    /// A crash: whatever was not journaled is forgotten, and the state is rebuilt from the events.
    pub(crate) fn crash(&mut self) {
        let mut state = State::new(self.state.saga(), self.state.plan().clone());
        for event in &self.events {
            state.apply(event, self.now);
        }
        self.state = state;
        self.open.clear();
        self.feed(Input::Resume).unwrap();
    }

    pub(crate) fn later(&mut self, by: Duration) {
        self.now = self.now.plus(by);
    }

    pub(crate) fn index(&self, step: &str) -> StepIndex {
        self.state.plan().index_of(step).unwrap()
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
                taken.push(self.state.plan().step(step).id.clone());
            } else {
                kept.push_back(command);
            }
        }
        self.open = kept;
        taken
    }
}
