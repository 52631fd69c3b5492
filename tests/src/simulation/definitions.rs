//! Definitions out of dice, which keep the rules: in each segment what can fail, then perhaps a pivot,
//! then what can only go forward.

use std::time::Duration;

use onething_saga::{
    Awaits, Definition, Kind, OnExpiry, Segment, SegmentIndex, Step, StepIndex, TimeLimit,
};

use super::dice::Dice;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DEPARTMENTS: [&str; 3] = ["registry", "insurance", "police"];
/// What messages from outside are called: few names, so that two steps may wait for the same.
const MESSAGES: [&str; 2] = ["confirm", "paid"];

/// A definition. Where engines share a store under leases (`shared`), time is dear: nothing takes days.
pub(super) fn definition(dice: &mut Dice, shared: bool) -> Definition {
    let (mut steps, mut segments): (Vec<Step>, Vec<Segment>) = (Vec::new(), Vec::new());
    let mut budget = dice.between(1, 9);
    // Much of what can happen to a step keeps others from being intended ahead of it.
    let swift = dice.one_in(3);
    for segment in 0..dice.between(1, 3) as usize {
        let id = format!("segment{segment}");
        let partial = Some(format!("without {id}"));
        segments.push(Segment { id, partial });
        let first = steps.len();
        let mut builder = Builder {
            dice,
            shared,
            swift,
            steps: &mut steps,
            segment: SegmentIndex::from(segment),
            first,
        };
        builder.fill(&mut budget);
    }
    let limits = if shared {
        [10 * MINUTE, 5 * MINUTE, MINUTE]
    } else {
        [20 * HOUR, 30 * MINUTE, MINUTE]
    };
    Definition {
        name: "case".to_owned(),
        version: 1,
        steps,
        segments,
        withdrawal: "withdrawn".to_owned(),
        time_limit: dice.one_in(7).then(|| dice.pick(&limits)),
    }
}

struct Builder<'a> {
    dice: &'a mut Dice,
    shared: bool,
    /// Nothing is decided, repeated or corrected before the pivot: calls follow each other.
    swift: bool,
    steps: &'a mut Vec<Step>,
    segment: SegmentIndex,
    first: usize,
}

impl Builder<'_> {
    fn fill(&mut self, budget: &mut u64) {
        for _ in 0..self.dice.between(0, 4) {
            if *budget == 0 {
                break;
            }
            *budget -= 1;
            let kind = match self.dice.below(5) {
                0 => Kind::Query,
                _ => Kind::Compensable,
            };
            let after = self.some_before();
            let optional = !self.swift && self.dice.one_in(6);
            self.add(kind, after, optional);
        }
        let own: Vec<usize> = (self.first..self.steps.len()).collect();
        if !own.is_empty() && self.dice.one_in(2) {
            return;
        }
        let mut after = own;
        if self.first > 0 && after.is_empty() && self.dice.one_in(2) {
            after.push(self.dice.place(self.first));
        }
        let pivot = self.add(Kind::Pivot, after, false);
        for _ in 0..self.dice.below(3) {
            let kind = if self.dice.one_in(5) {
                Kind::Query
            } else {
                Kind::Forward
            };
            let optional = self.dice.one_in(6);
            let step = self.add(kind, vec![pivot], optional);
            let step = &mut self.steps[step];
            // What follows a pivot cannot fail any more.
            step.refusable = kind == Kind::Forward || optional;
            if kind == Kind::Query && !optional {
                step.deadline = step
                    .deadline
                    .filter(|limit| limit.on_expiry != OnExpiry::Compensate);
            }
        }
    }

    fn some_before(&mut self) -> Vec<usize> {
        let mut after = Vec::new();
        for own in self.first..self.steps.len() {
            let follows = self.swift && own + 1 == self.steps.len();
            if follows || self.dice.one_in(3) {
                after.push(own);
            }
        }
        if self.first > 0 && self.dice.one_in(2) {
            after.push(self.dice.place(self.first));
        }
        after
    }

    fn add(&mut self, kind: Kind, after: Vec<usize>, optional: bool) -> usize {
        let id = format!("s{}", self.steps.len());
        let department = self.dice.pick(&DEPARTMENTS);
        let mut step = Step::new(&id, kind, self.segment, department);
        step.after = after.into_iter().map(StepIndex::from).collect();
        step.optional = optional;
        step.conditional = kind != Kind::Pivot && self.dice.one_in(8);
        step.call_timeout = self
            .dice
            .pick(&[Duration::from_secs(1), Duration::from_secs(10)]);
        if kind == Kind::Query && self.dice.one_in(2) {
            step.awaits = Some(self.awaits());
            step.refusable = false;
        } else {
            self.call(&mut step);
        }
        step.deadline = self.deadline(&step);
        step.max_elapsed = self
            .dice
            .pick(&[Duration::from_secs(3), MINUTE, 30 * MINUTE]);
        step.undo_max_elapsed = self
            .dice
            .pick(&[Duration::from_secs(20), 5 * MINUTE, 2 * HOUR]);
        self.steps.push(step);
        self.steps.len() - 1
    }

    fn awaits(&mut self) -> Awaits {
        if self.dice.one_in(3) {
            let after = self.dice.duration(Duration::ZERO, MINUTE);
            return Awaits::Timer { after };
        }
        Awaits::Signal {
            name: self.dice.pick(&MESSAGES).to_owned(),
        }
    }

    fn call(&mut self, step: &mut Step) {
        step.correctable = !self.swift && step.kind != Kind::Query && self.dice.one_in(2);
        step.for_each = !self.swift && step.kind != Kind::Pivot && self.dice.one_in(6);
        if step.kind == Kind::Query && self.dice.one_in(2) {
            let ages = [Duration::from_millis(20), Duration::from_secs(2), MINUTE];
            step.fresh_for = Some(self.dice.pick(&ages));
        }
    }

    /// Some decisions and waits have a statutory time.
    fn deadline(&mut self, step: &Step) -> Option<TimeLimit> {
        let decided = step.kind != Kind::Query || step.awaits.is_some();
        if self.shared || self.swift || !decided || !self.dice.one_in(3) {
            return None;
        }
        let fitting: &[OnExpiry] = match step.kind {
            // Nobody records a decision about what calls nobody.
            Kind::Query => &[OnExpiry::Escalate, OnExpiry::Compensate],
            // What can only go forward is neither undone nor refused.
            Kind::Forward => &[OnExpiry::Escalate, OnExpiry::DeemedGranted],
            Kind::Compensable | Kind::Pivot => &[
                OnExpiry::Escalate,
                OnExpiry::DeemedGranted,
                OnExpiry::Compensate,
                OnExpiry::DeemedRefused,
            ],
        };
        Some(TimeLimit {
            working_days: self.dice.between(0, 1) as u32,
            on_expiry: self.dice.pick(fitting),
        })
    }
}
