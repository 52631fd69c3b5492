//! Rules of rounds: what was refused or undone may be done again, as the next round and no other.

use onething_proto::participant::{Outcome, RejectionReason, StepKey, UndoOutcome};

use crate::participant::{
    answer::Answer,
    bench::{Bench, Done},
    expect::{became, rejected},
    rule::{Checked, Rule, fail, rule},
};

/// For what can be undone.
pub(super) const COMPENSABLE: &[Rule] = &[
    rule!(
        "round-not-open",
        not_open,
        "The next round is rejected as ROUND_NOT_OPEN while the round before is in force.",
        "Open a higher round only when the outcome of the one before is REFUSED, RETURNED, UNDONE or CLOSED.",
    ),
    rule!(
        "next-round",
        next_round,
        "After Undo the next round takes effect; the round before is then rejected as CLOSED and GetOutcome still tells what became of it.",
        "Keep earlier rounds: move the row aside when a higher round opens, and answer calls of lower rounds with the detail Rejection{CLOSED}.",
    ),
];

/// For what cannot be undone.
pub(super) const LASTING: &[Rule] = &[rule!(
    "round-not-open-lasting",
    not_open,
    "The next round is rejected as ROUND_NOT_OPEN after the round before took effect.",
    "Open a higher round only when the outcome of the one before is REFUSED, RETURNED, UNDONE or CLOSED.",
)];

fn round(key: &StepKey, round: u32) -> StepKey {
    StepKey {
        round,
        ..key.clone()
    }
}

async fn not_open(bench: &Bench) -> Checked {
    let done = bench.done("round-not-open").await?;
    rejected_while_in_force(bench, &done).await
}

async fn rejected_while_in_force(bench: &Bench, done: &Done) -> Checked {
    let key = round(done.key(), 2);
    bench.touch(&key);
    let mut next = done.now();
    next.key = key;
    let answer = bench.caller.act(&next).await;
    rejected(
        &answer,
        RejectionReason::RoundNotOpen,
        "Round 2, while round 1 is in force,",
    )?;
    let response = bench.outcome(done.key(), done.epoch()).await?;
    became(
        &response,
        Outcome::Succeeded,
        "For round 1, after round 2 was rejected",
    )
}

async fn next_round(bench: &Bench) -> Checked {
    let done = bench.done("next-round").await?;
    bench
        .undo(
            done.key(),
            done.epoch(),
            UndoOutcome::Undone,
            "After round 1 took effect",
        )
        .await?;
    let key = round(done.key(), 2);
    bench.touch(&key);
    let mut next = done.now();
    next.key = key.clone();
    let answer = bench.caller.act(&next).await;
    if !matches!(answer, Answer::Done(_)) {
        return fail(format!(
            "round 2, after round 1 was undone, was answered with {}",
            answer.told()
        ));
    }
    let answer = bench.caller.act(&done.now()).await;
    rejected(
        &answer,
        RejectionReason::Closed,
        "Round 1, after round 2 was opened,",
    )?;
    let response = bench.outcome(&key, done.epoch()).await?;
    became(&response, Outcome::Succeeded, "For round 2")?;
    let response = bench.outcome(done.key(), done.epoch()).await?;
    became(
        &response,
        Outcome::Undone,
        "For round 1, after round 2 was opened",
    )
}
