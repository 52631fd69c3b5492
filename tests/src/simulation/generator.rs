//! Stories out of a seed: definitions that keep the rules, and everything that may befall them.

use std::time::Duration;

use onething_saga::{
    Awaits, Definition, Kind, OnExpiry, Segment, SegmentIndex, Step, StepIndex, TimeLimit,
};

use super::dice::Dice;
use super::gate::Fate;
use super::story::{Act, Decision, Outage, Request, Story, Temper, Undo, Verdict, Weather};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DEPARTMENTS: [&str; 3] = ["registry", "insurance", "police"];

/// The story of a seed.
#[must_use]
pub fn generate(seed: u64) -> Story {
    let mut dice = Dice::new(seed, "definition");
    let shared = dice.one_in(3);
    let mut definition = definition(&mut dice);
    let mut dice = Dice::new(seed, "story");
    // Some cases are calm in most respects, so that every fault is also met alone.
    let rough = dice.between(0, 3);
    let patience = if shared { MINUTE } else { 30 * HOUR };
    deadlines(&mut dice, &mut definition, shared);
    let tempers = definition.steps.iter();
    let tempers = tempers.map(|step| temper(&mut dice, step, patience));
    let tempers = tempers.collect();
    // Leases cost heartbeats, so time is shorter where engines share a store.
    let longest = if shared { 2 * MINUTE } else { 20 * MINUTE };
    let calm_at = dice.duration(Duration::from_secs(1), longest);
    Story {
        seed,
        tempers,
        shared,
        weather: weather(&mut dice, rough),
        outages: outages(&mut dice, rough, calm_at),
        fates: (0..dice.below(rough * 2 + 1))
            .map(|_| fate(&mut dice))
            .collect(),
        acts: acts(&mut dice, calm_at),
        calm_at,
        definition,
    }
}

/// A definition that keeps the rules: in each segment what can fail, then perhaps a pivot, then what
/// can only go forward.
fn definition(dice: &mut Dice) -> Definition {
    let (mut steps, mut segments): (Vec<Step>, Vec<Segment>) = (Vec::new(), Vec::new());
    let mut budget = dice.between(1, 9);
    for segment in 0..dice.between(1, 3) as usize {
        let id = format!("segment{segment}");
        let partial = Some(format!("without {id}"));
        segments.push(Segment { id, partial });
        let first = steps.len();
        let mut builder = Builder {
            dice,
            steps: &mut steps,
            segment: SegmentIndex::from(segment),
            first,
        };
        for _ in 0..builder.dice.between(0, 4) {
            if budget == 0 {
                break;
            }
            budget -= 1;
            let kind = match builder.dice.below(5) {
                0 => Kind::Query,
                _ => Kind::Compensable,
            };
            let after = builder.some_before();
            let optional = builder.dice.one_in(6);
            builder.add(kind, after, optional);
        }
        let own: Vec<usize> = (first..builder.steps.len()).collect();
        if own.is_empty() || builder.dice.one_in(2) {
            let mut after = own;
            if first > 0 && after.is_empty() && builder.dice.one_in(2) {
                after.push(builder.dice.place(first));
            }
            let pivot = builder.add(Kind::Pivot, after, false);
            for _ in 0..builder.dice.below(3) {
                let kind = if builder.dice.one_in(5) {
                    Kind::Query
                } else {
                    Kind::Forward
                };
                let optional = builder.dice.one_in(6);
                let step = builder.add(kind, vec![pivot], optional);
                builder.steps[step].refusable = kind == Kind::Forward || optional;
            }
        }
    }
    Definition {
        name: "case".to_owned(),
        version: 1,
        steps,
        segments,
        withdrawal: "withdrawn".to_owned(),
        time_limit: None,
    }
}

/// Some decisions have a statutory time.
fn deadlines(dice: &mut Dice, definition: &mut Definition, shared: bool) {
    if shared {
        return;
    }
    for step in &mut definition.steps {
        if step.kind != Kind::Query && dice.one_in(3) {
            let all = [
                OnExpiry::Escalate,
                OnExpiry::DeemedGranted,
                OnExpiry::Compensate,
                OnExpiry::DeemedRefused,
            ];
            // What can only go forward is neither undone nor refused.
            let fitting = if step.kind == Kind::Forward { 2 } else { 4 };
            let on_expiry = dice.pick(&all[..fitting]);
            let working_days = dice.between(0, 1) as u32;
            step.deadline = Some(TimeLimit {
                working_days,
                on_expiry,
            });
        }
    }
}

struct Builder<'a> {
    dice: &'a mut Dice,
    steps: &'a mut Vec<Step>,
    segment: SegmentIndex,
    first: usize,
}

impl Builder<'_> {
    fn some_before(&mut self) -> Vec<usize> {
        let mut after = Vec::new();
        for own in self.first..self.steps.len() {
            if self.dice.one_in(3) {
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
        if kind == Kind::Query && self.dice.one_in(4) {
            let after = self.dice.duration(Duration::ZERO, MINUTE);
            step.awaits = Some(Awaits::Timer { after });
            step.refusable = false;
        }
        step.max_elapsed = self
            .dice
            .pick(&[Duration::from_secs(3), MINUTE, 30 * MINUTE]);
        step.undo_max_elapsed = self
            .dice
            .pick(&[Duration::from_secs(20), 5 * MINUTE, 2 * HOUR]);
        self.steps.push(step);
        self.steps.len() - 1
    }
}

fn temper(dice: &mut Dice, step: &Step, patience: Duration) -> Temper {
    let request = if step.conditional && dice.one_in(2) {
        Request::NotApplicable
    } else {
        match dice.below(40) {
            0 if step.kind != Kind::Forward => Request::Never,
            1 => Request::Later(dice.between(1, 3) as u32),
            _ => Request::Ready,
        }
    };
    let refuses = if step.refusable && dice.one_in(10) {
        dice.between(1, 2) as u32
    } else {
        0
    };
    let decision = (step.kind != Kind::Query && dice.one_in(6)).then(|| {
        let after = dice.pick(&[Duration::from_millis(50), MINUTE, 12 * MINUTE, 30 * HOUR]);
        let after = dice.duration(Duration::ZERO, after.min(patience));
        let verdict = if step.refusable && dice.one_in(3) {
            Verdict::Refuse
        } else {
            Verdict::Grant
        };
        Decision { after, verdict }
    });
    let undo = match dice.below(10) {
        0 => Undo::Impossible(dice.pick(&[1, 2, u32::MAX])),
        1 | 2 => Undo::FailsFirst(dice.between(1, 4) as u32),
        3 => Undo::Takes(dice.duration(Duration::ZERO, patience.min(20 * MINUTE))),
        _ => Undo::Ready,
    };
    Temper {
        request,
        refuses,
        decision,
        undo,
    }
}

fn weather(dice: &mut Dice, rough: u64) -> Weather {
    let mut percent = |most: u64| {
        if rough == 0 || !dice.one_in(3) {
            0
        } else {
            dice.below(most * rough / 3 + 1)
        }
    };
    Weather {
        request_lost: percent(50),
        reply_lost: percent(50),
        doubled: percent(50),
        late: percent(30),
        unreadable: percent(20),
        store: percent(25),
        strangers: percent(50),
    }
}

fn outages(dice: &mut Dice, rough: u64, calm_at: Duration) -> Vec<Outage> {
    let many = dice.below(rough + 1).min(2);
    let outages = (0..many).map(|_| {
        let from = dice.duration(Duration::ZERO, calm_at);
        let long = dice.pick(&[Duration::from_secs(2), MINUTE, 30 * MINUTE]);
        let department = dice.pick(&DEPARTMENTS).to_owned();
        let to = from + dice.duration(Duration::ZERO, long);
        Outage {
            department,
            from,
            to,
        }
    });
    outages.collect()
}

fn fate(dice: &mut Dice) -> Fate {
    let wakes_after = dice.one_in(3).then(|| {
        let most = dice.pick(&[Duration::from_secs(1), MINUTE]);
        dice.duration(Duration::ZERO, most)
    });
    Fate {
        after: dice.below(16) as i64,
        wakes_after,
        writes_only: false,
    }
}

fn acts(dice: &mut Dice, calm_at: Duration) -> Vec<(Duration, Act)> {
    let kinds = [
        (Act::Withdraw, 4),
        (Act::SubmitAgain, 12),
        (Act::SubmitOther, 20),
        (Act::Meddle, 8),
        (Act::Meddle, 8),
        (Act::Rival, 8),
        (Act::Restart, 10),
        (Act::ClockAhead, 8),
        (Act::ClockBack, 8),
    ];
    let mut acts = Vec::new();
    for (act, rarity) in kinds {
        if dice.one_in(rarity) {
            let most = dice.pick(&[Duration::from_millis(200), Duration::from_secs(20), calm_at]);
            acts.push((dice.duration(Duration::ZERO, most.min(calm_at)), act));
        }
    }
    acts.sort_by_key(|(at, _)| *at);
    acts
}
