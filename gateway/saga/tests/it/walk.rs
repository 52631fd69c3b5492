//! Random walks of the pure core over generated definitions: whatever happens, a saga that has not ended
//! has somebody responsible, a reason and a time at which something happens by itself, and what the
//! departments hold agrees with the journal.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use onething_saga::{
    Awaits, Command, Definition, Input, Kind, OnExpiry, Operator, OwnerAct, SagaState, Segment,
    SegmentIndex, Step, StepIndex, StepState, TimeLimit, Timestamp,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::bench::Bench;
use crate::world::World;

const SEEDS: u64 = 600;
const LONGEST: usize = 400;

fn one_in(rng: &mut StdRng, n: u32) -> bool {
    rng.random_range(0..n) == 0
}

fn deadline(rng: &mut StdRng, kind: Kind, waits: bool) -> Option<TimeLimit> {
    if !one_in(rng, 3) {
        return None;
    }
    let all = [
        OnExpiry::Escalate,
        OnExpiry::Compensate,
        OnExpiry::DeemedGranted,
        OnExpiry::DeemedRefused,
    ];
    let mut on_expiry = all[rng.random_range(0..4)];
    if (kind == Kind::Forward && on_expiry == OnExpiry::Compensate) || waits {
        on_expiry = OnExpiry::Escalate;
    }
    Some(TimeLimit {
        working_days: rng.random_range(0..4),
        on_expiry,
    })
}

fn add(rng: &mut StdRng, steps: &mut Vec<Step>, segment: usize, kind: Kind, after: Vec<usize>) {
    let id = format!("s{}", steps.len());
    let mut step = Step::new(&id, kind, SegmentIndex::from(segment), "department");
    step.after = after.into_iter().map(StepIndex::from).collect();
    step.optional = kind != Kind::Pivot && one_in(rng, 6);
    step.correctable = one_in(rng, 4);
    step.for_each = kind != Kind::Pivot && one_in(rng, 5);
    if kind == Kind::Query {
        step.fresh_for = one_in(rng, 2).then(|| Duration::from_secs(rng.random_range(0..90)));
        if one_in(rng, 3) {
            step.for_each = false;
            step.correctable = false;
            step.awaits = Some(if one_in(rng, 2) {
                Awaits::Timer {
                    after: Duration::from_secs(rng.random_range(0..200)),
                }
            } else {
                Awaits::Signal {
                    name: "paid".to_owned(),
                }
            });
        }
    }
    let waits = step.awaits.is_some();
    step.deadline = deadline(rng, kind, waits);
    step.max_elapsed = Duration::from_secs(60);
    step.undo_max_elapsed = Duration::from_secs(60);
    steps.push(step);
}

fn generate(rng: &mut StdRng) -> Definition {
    let (mut steps, mut segments): (Vec<Step>, Vec<Segment>) = (Vec::new(), Vec::new());
    for segment in 0..rng.random_range(1..=3usize) {
        let id = format!("segment{segment}");
        segments.push(Segment {
            partial: Some(format!("without {id}")),
            id,
        });
        let first = steps.len();
        for _ in 0..rng.random_range(0..=3) {
            let kind = if one_in(rng, 3) {
                Kind::Query
            } else {
                Kind::Compensable
            };
            let mut after: Vec<usize> = (first..steps.len()).filter(|_| one_in(rng, 2)).collect();
            if first > 0 && one_in(rng, 2) {
                after.push(rng.random_range(0..first));
            }
            add(rng, &mut steps, segment, kind, after);
        }
        let all: Vec<usize> = (first..steps.len()).collect();
        if all.is_empty() || one_in(rng, 2) {
            let mut after = all;
            if first > 0 && after.is_empty() && one_in(rng, 2) {
                after.push(rng.random_range(0..first));
            }
            add(rng, &mut steps, segment, Kind::Pivot, after);
            let pivot = steps.len() - 1;
            for _ in 0..rng.random_range(0..=2) {
                add(rng, &mut steps, segment, Kind::Forward, vec![pivot]);
            }
        }
    }
    Definition {
        name: "test".to_owned(),
        version: 1,
        steps,
        segments,
        withdrawal: "withdrawn".to_owned(),
        time_limit: one_in(rng, 3).then(|| Duration::from_secs(rng.random_range(60..2000))),
    }
}

fn any_step(rng: &mut StdRng, bench: &Bench) -> StepIndex {
    StepIndex::from(rng.random_range(0..bench.state.plan().steps.len()))
}

/// An answer to an open command, or a repetition of one, or an officer's decision.
fn answer(rng: &mut StdRng, bench: &mut Bench, world: &mut World) -> Option<Input> {
    if one_in(rng, 6)
        && let Some((step, round, answer)) = world.decide(rng)
        && !one_in(rng, 4)
    {
        return Some(Input::Acted {
            step,
            round,
            answer,
        });
    }
    if bench.open.is_empty() {
        return None;
    }
    let at = rng.random_range(0..bench.open.len());
    let command = bench.open[at];
    if !one_in(rng, 8) {
        bench.open.remove(at);
    }
    let state = &bench.state;
    Some(match command {
        Command::Act { step, round, .. } => Input::Acted {
            step,
            round,
            answer: world.act(rng, state, step, round),
        },
        Command::Ask { step, round, .. } => Input::Asked {
            step,
            round,
            answer: world.outcome(rng, step, round),
        },
        Command::Undo { step, round, .. } => Input::UndoAnswered {
            step,
            round,
            answer: world.undo(rng, state, step, round),
        },
        Command::Prepare { .. }
        | Command::PrepareAhead { .. }
        | Command::Retire
        | Command::Abandon => return None,
    })
}

/// What people do: they withdraw, correct, and settle by hand.
fn wish(rng: &mut StdRng, bench: &Bench) -> Input {
    let step = any_step(rng, bench);
    let waiting = bench.state.plan().step_indices().find(|step| {
        let record = bench.state.step(*step);
        record.state == StepState::Waiting && record.stopped_at.is_some()
    });
    let (by, reason) = ("ann".to_owned(), "looked into it".to_owned());
    match rng.random_range(0..9) {
        0 if one_in(rng, 4) => Input::Cancel { by, reason },
        0..=2 => Input::Correct {
            by,
            step: waiting.unwrap_or(step),
            input: Bytes::from_static(b"corrected"),
            affected: (0..2).map(|_| any_step(rng, bench)).collect(),
        },
        3 => Input::Operator(Operator::Retry { step, by, reason }),
        4 => Input::Operator(Operator::RetryUndo { step, by, reason }),
        5 | 6 => Input::Operator(Operator::Propose {
            step,
            act: if one_in(rng, 2) {
                OwnerAct::Skip
            } else {
                OwnerAct::Attest {
                    disposition: "settled".to_owned(),
                }
            },
            by,
            reason,
        }),
        7 => Input::Operator(Operator::Approve {
            proposal: bench.state.proposals().first().map_or(1, |p| p.number),
            by: "bob".to_owned(),
        }),
        _ => Input::Signal {
            id: format!("m{}", rng.random_range(0..6)),
            name: "paid".to_owned(),
            payload: Bytes::from_static(b"yes"),
        },
    }
}

/// Somebody is responsible, and time brings the saga on.
fn check(bench: &Bench, seed: u64) {
    let projection = bench.state.projection();
    let about = || {
        let last: Vec<_> = bench.events.iter().rev().take(12).collect();
        format!("seed {seed}: {projection:?}\n{:#?}\n{last:#?}", bench.state)
    };
    if projection.state.ended() {
        assert_eq!(projection.wake_at, None, "{}", about());
        return;
    }
    assert!(
        projection
            .responsible
            .as_deref()
            .is_some_and(|who| !who.is_empty())
    );
    assert!(
        projection
            .wake_reason
            .as_deref()
            .is_some_and(|why| why != "the case goes on")
    );
    // When the time has come, something happens or the next time lies ahead, at once.
    let mut later = bench.clone();
    later.now = bench.now.max(bench.wake_at());
    for _ in 0..8 {
        if later
            .state
            .projection()
            .wake_at
            .is_none_or(|at| at > later.now)
        {
            let events = later.events.len();
            later.tick();
            assert_eq!(
                later.events.len(),
                events,
                "a tick without cause: {}",
                about()
            );
            return;
        }
        let events = later.events.len();
        later.tick();
        assert!(later.events.len() > events, "nothing happens: {}", about());
    }
    panic!("time stands still: {}", about());
}

fn run(seed: u64, reached: &mut HashMap<String, u32>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut bench = Bench::idle(generate(&mut rng));
    // In the middle of September 2026.
    bench.now = Timestamp(1_789_430_400_000_000);
    for step in 0..bench.state.plan().steps.len() {
        bench
            .lists
            .insert(format!("s{step}"), rng.random_range(0..3));
        bench.ahead.push(format!("s{step}"));
    }
    bench.start();
    let mut world = World::default();
    for _ in 0..LONGEST {
        check(&bench, seed);
        let wrong = world.check(&bench.state);
        assert!(
            wrong.is_empty(),
            "seed {seed}: {wrong:?}\n{:#?}",
            bench.events
        );
        if bench.state.ended().is_some() {
            break;
        }
        bench.later(Duration::from_secs(rng.random_range(0..8)));
        let input = match rng.random_range(0..10) {
            0 => {
                let far = bench.now.max(bench.wake_at());
                bench.now = far;
                Some(Input::Tick)
            }
            1 => {
                bench.crash();
                None
            }
            2 | 3 => Some(wish(&mut rng, &bench)),
            _ => answer(&mut rng, &mut bench, &mut world),
        };
        if let Some(input) = input {
            // What people ask for may be a conflict; nothing else is ever illegal.
            if let Err(onething_saga::Rejection::Illegal(why)) = bench.feed(input) {
                panic!("seed {seed}: {why}");
            }
        }
    }
    *reached.entry(format!("{:?}", bench.status())).or_default() += 1;
    for event in &bench.events {
        *reached.entry(event.kind().to_owned()).or_default() += 1;
    }
}

#[test]
fn every_saga_that_has_not_ended_has_an_owner_a_reason_and_a_time() {
    let chosen = std::env::var("ONETHING_WALK_SEED").ok();
    let chosen: Option<u64> = chosen.and_then(|seed| seed.parse().ok());
    let walks = std::env::var("ONETHING_WALKS").ok();
    let walks = walks.and_then(|n| n.parse().ok()).unwrap_or(SEEDS);
    let seeds = chosen.map_or(0..walks, |seed| seed..seed + 1);
    let mut reached = HashMap::new();
    for seed in seeds {
        run(seed, &mut reached);
    }
    if chosen.is_some() {
        return;
    }
    for state in [
        SagaState::Completed,
        SagaState::Compensated,
        SagaState::Partial,
        SagaState::Reconciled,
    ] {
        assert!(reached.contains_key(&format!("{state:?}")), "{reached:?}");
    }
    for kind in [
        "accepted",
        "intended",
        "succeeded",
        "refused",
        "returned",
        "in_doubt",
        "waiting",
        "awaited",
        "signal_received",
        "deadline_set",
        "deadline_moved",
        "expired",
        "time_limit_reached",
        "reminded",
        "corrected",
        "reopened",
        "expanded",
        "omitted",
        "given_up",
        "overdue",
        "step_halted",
        "segment_failed",
        "segment_undone",
        "segment_dropped",
        "undo_intended",
        "undone",
        "nothing_to_undo",
        "undo_waiting",
        "undo_in_doubt",
        "undo_failed",
        "already_effective",
        "cancel_requested",
        "retry_requested",
        "undo_retry_requested",
        "proposed",
        "approved",
        "attested",
        "ended",
    ] {
        assert!(
            reached.contains_key(kind),
            "no walk reached `{kind}`: {reached:?}"
        );
    }
}
