//! What the departments of a random walk hold. They keep the participant's rules, lose calls and replies,
//! decide later, and notice whatever a saga must never do.

use std::collections::HashMap;

use bytes::Bytes;
use onething_saga::{
    Answer, Kind, OutcomeAnswer, Refusal, SagaState, SegmentState, State, StepIndex, StepState,
    UndoAnswer,
};
use rand::RngExt;
use rand::rngs::StdRng;

/// What became of one round of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    Pending,
    Effective,
    Refused,
    Returned,
    Annulled,
    Closed,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    facts: HashMap<(StepIndex, u32), Fact>,
    pub(crate) violations: Vec<String>,
}

fn one_in(rng: &mut StdRng, n: u32) -> bool {
    rng.random_range(0..n) == 0
}

fn lost() -> Answer {
    Answer::Doubt {
        why: "reset".to_owned(),
    }
}

impl World {
    /// The action call arrives, unless it is lost.
    pub(crate) fn act(
        &mut self,
        rng: &mut StdRng,
        state: &State,
        step: StepIndex,
        round: u32,
    ) -> Answer {
        if one_in(rng, 9) {
            return lost();
        }
        if one_in(rng, 60) {
            return Answer::Mismatch;
        }
        if state.plan().step(step).kind == Kind::Query {
            return query(rng);
        }
        let known = self.facts.get(&(step, round)).copied();
        if known.is_none() {
            for ((other, earlier), fact) in &self.facts {
                let open = matches!(fact, Fact::Effective | Fact::Pending);
                if *other == step && *earlier < round && open {
                    let what = format!("{step:?} round {round} beside {earlier}, {fact:?}");
                    self.violations.push(what);
                }
            }
        }
        let fact = known.unwrap_or(match rng.random_range(0..12) {
            0 => Fact::Refused,
            1 => Fact::Returned,
            2..=4 => Fact::Pending,
            _ => Fact::Effective,
        });
        self.facts.insert((step, round), fact);
        if one_in(rng, 9) { lost() } else { said(fact) }
    }

    /// What became of the key.
    pub(crate) fn outcome(&self, rng: &mut StdRng, step: StepIndex, round: u32) -> OutcomeAnswer {
        if one_in(rng, 9) {
            return OutcomeAnswer::Known(lost());
        }
        match self.facts.get(&(step, round)) {
            Some(fact) => OutcomeAnswer::Known(said(*fact)),
            None => OutcomeAnswer::NotSeen,
        }
    }

    /// The undo arrives, unless it is lost.
    pub(crate) fn undo(
        &mut self,
        rng: &mut StdRng,
        state: &State,
        step: StepIndex,
        round: u32,
    ) -> UndoAnswer {
        let doubt = || UndoAnswer::Doubt {
            why: "reset".to_owned(),
        };
        if one_in(rng, 9) {
            return doubt();
        }
        let (fact, answer) = match self.facts.get(&(step, round)) {
            None | Some(Fact::Pending | Fact::Closed) => (Fact::Closed, UndoAnswer::NothingToUndo),
            Some(fact @ (Fact::Refused | Fact::Returned)) => (*fact, UndoAnswer::NothingToUndo),
            Some(Fact::Annulled) => (Fact::Annulled, UndoAnswer::Undone),
            Some(Fact::Effective) => match state.plan().step(step).kind {
                Kind::Pivot => (Fact::Effective, UndoAnswer::AlreadyEffective),
                Kind::Forward => {
                    let what = format!("the forward step {step:?} was to be undone");
                    self.violations.push(what);
                    (Fact::Effective, UndoAnswer::AlreadyEffective)
                }
                _ if one_in(rng, 8) => (Fact::Effective, UndoAnswer::Pending),
                _ if one_in(rng, 12) => {
                    let reason = "PAID".to_owned();
                    (Fact::Effective, UndoAnswer::Impossible { reason })
                }
                _ => {
                    self.annulled(state, step);
                    (Fact::Annulled, UndoAnswer::Undone)
                }
            },
        };
        self.facts.insert((step, round), fact);
        if one_in(rng, 9) { doubt() } else { answer }
    }

    /// Nothing is undone before what was built on it.
    fn annulled(&mut self, state: &State, step: StepIndex) {
        for later in state.plan().descendants(step) {
            if self.stands(*later) && state.step(*later).attested.is_none() {
                let what = format!("{step:?} undone under {later:?}");
                self.violations.push(what);
            }
        }
    }

    /// An officer decides something that waits.
    pub(crate) fn decide(&mut self, rng: &mut StdRng) -> Option<(StepIndex, u32, Answer)> {
        let mut waiting: Vec<_> = self
            .facts
            .iter()
            .filter(|(_, fact)| **fact == Fact::Pending)
            .map(|(key, _)| *key)
            .collect();
        waiting.sort_unstable();
        let key = *waiting.get(rng.random_range(0..waiting.len().max(1)))?;
        let fact = match rng.random_range(0..5) {
            0 => Fact::Refused,
            1 => Fact::Returned,
            _ => Fact::Effective,
        };
        self.facts.insert(key, fact);
        Some((key.0, key.1, said(fact)))
    }

    fn stands(&self, step: StepIndex) -> bool {
        self.facts
            .iter()
            .any(|((other, _), fact)| *other == step && *fact == Fact::Effective)
    }

    fn open(&self, step: StepIndex) -> bool {
        self.facts
            .iter()
            .any(|((other, _), fact)| *other == step && *fact == Fact::Pending)
    }

    /// What the departments hold agrees with what the journal says.
    pub(crate) fn check(&self, state: &State) -> Vec<String> {
        let mut wrong = self.violations.clone();
        let ended = state.ended().map(|ended| ended.state);
        for step in state.plan().step_indices() {
            let (named, record) = (state.plan().step(step), state.step(step));
            if named.kind == Kind::Query || record.attested.is_some() {
                continue;
            }
            let (stands, open) = (self.stands(step), self.open(step));
            let about = format!("{step:?} is {:?} of round {}", record.state, record.round);
            let segment = state.segment(named.segment).state;
            match record.state {
                StepState::Succeeded if !stands => wrong.push(format!("{about} and gone")),
                StepState::Undone
                | StepState::NothingToUndo
                | StepState::Omitted
                | StepState::NotStarted
                | StepState::Blocked
                | StepState::Ready
                    if stands || open =>
                {
                    wrong.push(format!("{about} and stands"));
                }
                StepState::Refused if stands => wrong.push(format!("{about} and stands")),
                _ => {}
            }
            let undone = segment == SegmentState::Compensated
                || matches!(ended, Some(SagaState::Compensated | SagaState::Rejected));
            if undone && (stands || open) {
                wrong.push(format!("{about} and left over"));
            }
            if ended.is_some() && open {
                wrong.push(format!("{about} and still being decided"));
            }
            if ended == Some(SagaState::Completed)
                && !(stands || record.state == StepState::Omitted)
            {
                wrong.push(format!("{about} in a completed case"));
            }
        }
        wrong
    }
}

fn said(fact: Fact) -> Answer {
    match fact {
        Fact::Pending => Answer::Pending,
        Fact::Effective => Answer::Succeeded {
            response: Bytes::from_static(b"ok"),
        },
        Fact::Refused => Answer::Refused(Refusal::new("NO", "no")),
        Fact::Returned => Answer::Returned(Refusal::new("UNREADABLE", "scan again")),
        Fact::Annulled | Fact::Closed => Answer::Closed,
    }
}

fn query(rng: &mut StdRng) -> Answer {
    match rng.random_range(0..12) {
        0 => Answer::Refused(Refusal::new("NO", "no")),
        1 => Answer::Pending,
        2 => lost(),
        3 => Answer::Returned(Refusal::new("UNREADABLE", "scan again")),
        _ => Answer::Succeeded {
            response: Bytes::from_static(b"ok"),
        },
    }
}
