//! Rules of the epoch: a coordinator that has lost its lease is fenced off.

use onething_proto::participant::{Outcome, RejectionReason};

use crate::participant::{
    bench::Bench,
    expect::{one_effect, rejected, same, status_rejected},
    rule::{Checked, Rule, fail, rule},
};

/// For every action that takes effect at once.
pub(super) const RULES: &[Rule] = &[
    rule!(
        "stale-epoch-at-call",
        at_call,
        "A call under a lower epoch than was seen for its key is rejected as STALE_EPOCH.",
        "Keep the highest epoch in the key's row and compare onething-epoch with it before anything else; reject with the detail Rejection{STALE_EPOCH} when it is lower.",
    ),
    rule!(
        "stale-epoch-at-undo",
        at_undo,
        "Undo under a lower epoch than the call had is rejected as STALE_EPOCH, and the effect stands.",
        "Compare UndoRequest.epoch with the highest epoch in the key's row before annulling anything.",
    ),
    rule!(
        "stale-epoch-at-outcome",
        at_outcome,
        "GetOutcome under a lower epoch than the call had is rejected as STALE_EPOCH.",
        "Compare GetOutcomeRequest.epoch with the highest epoch in the key's row before answering.",
    ),
    rule!(
        "higher-epoch",
        higher,
        "The same call under a higher epoch gets the stored answer and raises the epoch, so that the earlier owner is rejected.",
        "On a repeat under a higher epoch, write that epoch into the key's row and answer from the record: after a restart a coordinator always comes with a higher one.",
    ),
];

const STALE: RejectionReason = RejectionReason::StaleEpoch;

async fn at_call(bench: &Bench) -> Checked {
    let done = bench.done("stale-epoch-at-call").await?;
    let answer = bench.caller.act(&done.call.at(done.epoch() - 1)).await;
    rejected(&answer, STALE, "The same call under a lower epoch")
}

async fn at_undo(bench: &Bench) -> Checked {
    let done = bench.done("stale-epoch-at-undo").await?;
    let answer = bench.caller.undo(done.key(), done.epoch() - 1).await;
    status_rejected(answer, STALE, "Undo under a lower epoch")?;
    let effects = bench.effects(done.key()).await?;
    one_effect(
        &effects,
        done.key(),
        &done.call.path,
        Outcome::Succeeded,
        "After Undo under a lower epoch",
    )
}

async fn at_outcome(bench: &Bench) -> Checked {
    let done = bench.done("stale-epoch-at-outcome").await?;
    let answer = bench.caller.outcome(done.key(), done.epoch() - 1).await;
    status_rejected(answer, STALE, "GetOutcome under a lower epoch")
}

async fn higher(bench: &Bench) -> Checked {
    let done = bench.done("higher-epoch").await?;
    let before = done.epoch();
    let higher = done.raise();
    let answer = bench.caller.act(&done.call.at(higher)).await;
    same(&answer, &done.answer, "The same call under a higher epoch")?;
    let effects = bench.effects(done.key()).await?;
    one_effect(
        &effects,
        done.key(),
        &done.call.path,
        Outcome::Succeeded,
        "After the same call under a higher epoch",
    )?;
    if let Some(effect) = effects.first().filter(|effect| effect.epoch != higher) {
        return fail(format!(
            "after a call under epoch {higher}, ListEffects tells the epoch {}",
            effect.epoch
        ));
    }
    let answer = bench.caller.act(&done.call.at(before)).await;
    rejected(&answer, STALE, "The same call under the epoch before")
}
