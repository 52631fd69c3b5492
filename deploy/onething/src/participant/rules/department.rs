//! Rules of the participant's own service that hold for any key, so that no sample is needed.

use onething_proto::participant::{
    GetOutcomeRequest, Outcome, RejectionReason, StepKey, UndoOutcome, UndoRequest,
};
use tonic::{Code, Status};

use crate::participant::{
    bench::{Bench, EPOCH},
    expect::{became, short, status_rejected, told},
    rule::{Checked, Rule, Stop, fail, rule},
};

/// For every department.
pub(super) const RULES: &[Rule] = &[
    rule!(
        "not-seen",
        not_seen,
        "GetOutcome of a key that was never sent tells NOT_SEEN, and asking records nothing.",
        "Answer NOT_SEEN when the key has no row, and write none: the call may still be on its way.",
    ),
    rule!(
        "undo-unseen",
        undo_unseen,
        "Undo of a key that was never sent answers NOTHING_TO_UNDO and closes the key for good.",
        "When Undo finds no row for the key, insert one with the outcome CLOSED (a tombstone) in the same transaction, so that a call that comes late finds it.",
    ),
    rule!(
        "closed-key-stale-undo",
        stale_undo,
        "Undo under a lower epoch than was seen for the key is rejected as STALE_EPOCH.",
        "Compare UndoRequest.epoch with the highest epoch in the key's row before anything else, and reject with the detail Rejection{STALE_EPOCH} when it is lower.",
    ),
    rule!(
        "closed-key-stale-outcome",
        stale_outcome,
        "GetOutcome under a lower epoch than was seen for the key is rejected as STALE_EPOCH.",
        "Compare GetOutcomeRequest.epoch with the highest epoch in the key's row before answering, and reject with the detail Rejection{STALE_EPOCH} when it is lower.",
    ),
    rule!(
        "asking-raises-the-epoch",
        asking_raises,
        "Undo and GetOutcome under a higher epoch raise the one that is kept for the key.",
        "Write the higher epoch into the key's row also when Undo or GetOutcome brings it: the coordinator's earlier owner is fenced off by it.",
    ),
    rule!(
        "keys-apart",
        keys_apart,
        "Keys that differ only in the item, the step or the saga are different keys.",
        "Make the primary key of the ledger out of coordinator, saga, step and item; the round counts within it.",
    ),
    rule!(
        "key-checked",
        key_checked,
        "Undo and GetOutcome without a whole key are answered with INVALID_ARGUMENT.",
        "Check that coordinator, saga and step are not empty and that the round is 1 or more before looking anything up.",
    ),
];

async fn not_seen(bench: &Bench) -> Checked {
    let key = bench.caller.key("not-seen");
    for _ in 0..2 {
        let response = bench.outcome(&key, EPOCH).await?;
        became(&response, Outcome::NotSeen, "For a key that was never sent")?;
    }
    let effects = bench.effects(&key).await?;
    if !effects.is_empty() {
        return fail(
            "after GetOutcome of a key that was never sent, ListEffects has an entry for it",
        );
    }
    Ok(())
}

async fn undo_unseen(bench: &Bench) -> Checked {
    let key = bench.key("undo-unseen");
    let nothing = UndoOutcome::NothingToUndo;
    bench
        .undo(&key, EPOCH, nothing, "For a key that was never sent")
        .await?;
    let response = bench.outcome(&key, EPOCH).await?;
    became(
        &response,
        Outcome::Closed,
        "After Undo of a key that was never sent",
    )?;
    bench
        .undo(&key, EPOCH, nothing, "For a key that Undo has closed")
        .await?;
    let effects = bench.effects(&key).await?;
    let [effect] = effects.as_slice() else {
        return fail(format!(
            "after Undo of a key that was never sent, ListEffects has {} entries for it, and not one that is CLOSED",
            effects.len()
        ));
    };
    if effect.outcome() != Outcome::Closed || !effect.method.is_empty() {
        return fail(format!(
            "after Undo of a key that was never sent, ListEffects tells {} with the method {:?}, and not CLOSED with none",
            short(effect.outcome().as_str_name()),
            effect.method
        ));
    }
    Ok(())
}

/// A key that is closed under an epoch.
async fn closed(bench: &Bench, step: &str) -> Result<StepKey, Stop> {
    let key = bench.key(step);
    bench
        .undo(
            &key,
            EPOCH,
            UndoOutcome::NothingToUndo,
            "For a key that was never sent",
        )
        .await?;
    Ok(key)
}

async fn stale_undo(bench: &Bench) -> Checked {
    let key = closed(bench, "stale-undo").await?;
    let answer = bench.caller.undo(&key, EPOCH - 1).await;
    status_rejected(
        answer,
        RejectionReason::StaleEpoch,
        "Undo under a lower epoch",
    )
}

async fn stale_outcome(bench: &Bench) -> Checked {
    let key = closed(bench, "stale-outcome").await?;
    let answer = bench.caller.outcome(&key, EPOCH - 1).await;
    status_rejected(
        answer,
        RejectionReason::StaleEpoch,
        "GetOutcome under a lower epoch",
    )
}

async fn asking_raises(bench: &Bench) -> Checked {
    let stale = RejectionReason::StaleEpoch;
    let key = closed(bench, "raised-by-outcome").await?;
    bench.outcome(&key, EPOCH + 1).await?;
    let answer = bench.caller.undo(&key, EPOCH).await;
    status_rejected(
        answer,
        stale,
        "Undo under a lower epoch than GetOutcome brought",
    )?;
    let key = closed(bench, "raised-by-undo").await?;
    bench
        .undo(
            &key,
            EPOCH + 1,
            UndoOutcome::NothingToUndo,
            "Under a higher epoch",
        )
        .await?;
    let answer = bench.caller.outcome(&key, EPOCH).await;
    status_rejected(
        answer,
        stale,
        "GetOutcome under a lower epoch than Undo brought",
    )
}

async fn keys_apart(bench: &Bench) -> Checked {
    let closed = StepKey {
        item: "1".to_owned(),
        ..bench.key("keys-apart")
    };
    bench.touch(&closed);
    bench
        .undo(
            &closed,
            EPOCH,
            UndoOutcome::NothingToUndo,
            "For a key that was never sent",
        )
        .await?;
    let item = StepKey {
        item: "2".to_owned(),
        ..closed.clone()
    };
    let step = StepKey {
        step: "keys-apart-too".to_owned(),
        ..closed.clone()
    };
    let saga = StepKey {
        saga: format!("{}-too", closed.saga),
        ..closed.clone()
    };
    for (other, differs) in [(item, "item"), (step, "step"), (saga, "saga")] {
        let response = bench.outcome(&other, EPOCH).await?;
        became(
            &response,
            Outcome::NotSeen,
            &format!("For a key that differs from a closed one in its {differs}"),
        )?;
    }
    Ok(())
}

async fn key_checked(bench: &Bench) -> Checked {
    let whole = bench.caller.key("key-checked");
    let broken = [
        ("no key", None),
        (
            "an empty coordinator",
            Some(StepKey {
                coordinator: String::new(),
                ..whole.clone()
            }),
        ),
        (
            "an empty saga",
            Some(StepKey {
                saga: String::new(),
                ..whole.clone()
            }),
        ),
        (
            "an empty step",
            Some(StepKey {
                step: String::new(),
                ..whole.clone()
            }),
        ),
        ("round 0", Some(StepKey { round: 0, ..whole })),
    ];
    for (what, key) in broken {
        let undo = UndoRequest {
            key: key.clone(),
            epoch: EPOCH,
        };
        invalid(
            bench.caller.undo_as(undo).await,
            &format!("Undo with {what}"),
        )?;
        let outcome = GetOutcomeRequest { key, epoch: EPOCH };
        invalid(
            bench.caller.outcome_as(outcome).await,
            &format!("GetOutcome with {what}"),
        )?;
    }
    Ok(())
}

fn invalid<T>(answer: Result<T, Status>, when: &str) -> Checked {
    match answer {
        Err(status) if status.code() == Code::InvalidArgument => Ok(()),
        Err(status) => fail(format!(
            "{when} was answered with {}, and not with INVALID_ARGUMENT",
            told(&status)
        )),
        Ok(_) => fail(format!(
            "{when} was answered with OK, and not with INVALID_ARGUMENT"
        )),
    }
}
