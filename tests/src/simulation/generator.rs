//! Stories out of a seed: what may befall a case of a definition.

use std::time::Duration;

use onething_saga::{Awaits, Definition, Kind, OnExpiry, SagaId, Step};
use uuid::Uuid;

use super::definitions::{DEPARTMENTS, definition};
use super::dice::Dice;
use super::gate::Fate;
use super::story::{Act, Decision, Outage, Request, Story, Temper, Undo, Verdict, Weather};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The story of a seed.
#[must_use]
pub fn generate(seed: u64) -> Story {
    let mut dice = Dice::new(seed, "definition");
    let shared = dice.one_in(3);
    let definition = definition(&mut dice, shared);
    let mut dice = Dice::new(seed, "story");
    // Some cases are calm in most respects, so that every fault is also met alone.
    let rough = dice.between(0, 3);
    let patience = if shared { MINUTE } else { 30 * HOUR };
    let steps = definition.steps.iter();
    let tempers = steps.map(|step| temper(&mut dice, &definition, step, patience));
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
        acts: acts(&mut dice, &definition, calm_at),
        calm_at,
        annuls: annulled(&mut dice),
        definition,
    }
}

/// Some cases annul the legal effect of another.
fn annulled(dice: &mut Dice) -> Option<SagaId> {
    let other = |dice: &mut Dice| SagaId(Uuid::from_u64_pair(dice.throw(), dice.throw()));
    dice.one_in(8).then(|| other(dice))
}

fn temper(dice: &mut Dice, definition: &Definition, step: &Step, patience: Duration) -> Temper {
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
    let decision = decision(dice, step, patience);
    let expiry = step.deadline.map(|limit| limit.on_expiry);
    let over = matches!(expiry, Some(OnExpiry::Escalate | OnExpiry::Compensate));
    // Somebody may stay silent where time makes up for it; an applicant can withdraw instead.
    let may_be = match step.awaits {
        Some(Awaits::Signal { .. }) => over || definition.time_limit.is_some(),
        Some(Awaits::Timer { .. }) => false,
        None => step.correctable,
    };
    let silent = may_be && dice.one_in(3);
    let undo = match dice.below(10) {
        0 => Undo::Impossible(dice.pick(&[1, 2, u32::MAX])),
        1 | 2 => Undo::FailsFirst(dice.between(1, 4) as u32),
        3 => Undo::Takes(dice.duration(Duration::ZERO, patience.min(20 * MINUTE))),
        _ => Undo::Ready,
    };
    Temper {
        request,
        ahead: !dice.one_in(3),
        items: [dice.pick(&LISTS), dice.pick(&LISTS)],
        refuses,
        decision,
        squatted: step.kind != Kind::Query && dice.one_in(40),
        races: decision.is_some() && dice.one_in(3),
        ponders: if step.deadline.is_some() && dice.one_in(2) {
            HOUR * 40
        } else {
            Duration::ZERO
        },
        silent,
        undo,
    }
}

/// How long lists are; the longest is longer than any that is carried out.
const LISTS: [u16; 16] = [2, 3, 1, 2, 0, 3, 2, 1, 2, 3, 1, 4, 2, 1, 3, 300];

fn decision(dice: &mut Dice, step: &Step, patience: Duration) -> Option<Decision> {
    let rarity = if step.deadline.is_some() || step.correctable {
        2
    } else {
        5
    };
    if step.kind == Kind::Query || !dice.one_in(rarity) {
        return None;
    }
    let longest = [
        Duration::from_millis(50),
        MINUTE,
        12 * 60 * MINUTE,
        40 * HOUR,
    ];
    let late = step.deadline.is_some() && dice.one_in(2);
    let after = if late { 40 * HOUR } else { dice.pick(&longest) };
    let after = after.min(patience);
    let verdict = |dice: &mut Dice, returns: u64| {
        if !step.refusable || !dice.one_in(3) {
            Verdict::Grant
        } else if dice.below(6) < returns {
            Verdict::Return
        } else {
            Verdict::Refuse
        }
    };
    Some(Decision {
        after: dice.duration(Duration::ZERO, after),
        first: if step.correctable && dice.one_in(2) {
            Verdict::Return
        } else {
            verdict(dice, 1)
        },
        then: verdict(dice, 1),
    })
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
        slow: percent(80),
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

fn acts(dice: &mut Dice, definition: &Definition, calm_at: Duration) -> Vec<(Duration, Act)> {
    let waits = |step: &Step| matches!(step.awaits, Some(Awaits::Signal { .. }));
    let messages = definition.steps.iter().any(waits);
    let corrections = definition.steps.iter().any(|step| step.correctable);
    let mut kinds = vec![
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
    if messages {
        kinds.extend([
            (Act::Message, 1),
            (Act::Message, 3),
            (Act::MessageAgain, 3),
            (Act::MessageOther, 6),
        ]);
    }
    if corrections {
        kinds.extend([(Act::Correct, 2), (Act::Correct, 3)]);
    }
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
