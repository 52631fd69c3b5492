//! Rules of Undo: what was done is annulled once and from the record, what was not seen is closed,
//! and what cannot be undone stays.

use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use onething_proto::participant::{Outcome, RejectionReason, UndoOutcome, UndoResponse};
use tonic::Status;

use crate::participant::{
    answer::Answer,
    bench::{Bench, EPOCH},
    expect::{became, one_effect, rejected, same, told},
    rule::{Checked, Rule, Stop, fail, rule},
};

/// How long a department may take to take an effect back that came in while it was undone.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);
/// Between two questions whether it has.
const PAUSE: Duration = Duration::from_millis(100);

/// For what can be undone.
pub(super) const COMPENSABLE: &[Rule] = &[
    rule!(
        "undo",
        undo,
        "Undo annuls the effect: GetOutcome tells UNDONE, the call is CLOSED, and the same request takes effect again under a new key.",
        "Annul what the key's row says was done, mark the record as annulled (never delete it), set the outcome UNDONE, all in one transaction.",
    ),
    rule!(
        "undo-twice",
        undo_twice,
        "Undo twice annuls once: the second answers UNDONE and touches nothing that came later.",
        "When the outcome in the key's row is UNDONE already, answer UNDONE without annulling anything.",
    ),
    rule!(
        "late-call",
        late_call,
        "A call that arrives after its Undo is rejected as CLOSED and has no effect.",
        "Let the call insert its key's row first: where Undo has left a tombstone, reject with the detail Rejection{CLOSED}.",
    ),
    rule!(
        "undo-against-call",
        undo_against_call,
        "A call and its Undo at the same time end without an effect, whichever comes first.",
        "Lock the key's row in both before reading it, so that one of them sees what the other did.",
    ),
];

/// For what cannot be undone.
pub(super) const LASTING: &[Rule] = &[
    rule!(
        "already-effective",
        already_effective,
        "Undo of a pivot or forward action that took effect answers ALREADY_EFFECTIVE and changes nothing.",
        "Look at the method's kind: only a COMPENSABLE action is annulled. Undoing a pivot takes a new administrative act.",
    ),
    rule!(
        "late-call-lasting",
        late_call_lasting,
        "A pivot or forward call that arrives after its Undo is rejected as CLOSED.",
        "Let the call insert its key's row first: where Undo has left a tombstone, reject with the detail Rejection{CLOSED}.",
    ),
];

async fn undo(bench: &Bench) -> Checked {
    let done = bench.done("undo").await.map_err(|stop| match stop {
        // What was undone after the checks before is still in force.
        Stop::Skip(why) if bench.worked() => {
            Stop::Fail(why.trim_end_matches(": see the check `undo`").to_owned())
        }
        other => other,
    })?;
    let key = done.key();
    bench
        .undo(
            key,
            done.epoch(),
            UndoOutcome::Undone,
            "After a call took effect",
        )
        .await?;
    let response = bench.outcome(key, done.epoch()).await?;
    became(&response, Outcome::Undone, "After Undo")?;
    let answer = bench.caller.act(&done.now()).await;
    rejected(
        &answer,
        RejectionReason::Closed,
        "The call, sent again after its Undo,",
    )?;
    let effects = bench.effects(key).await?;
    one_effect(
        &effects,
        key,
        &done.call.path,
        Outcome::Undone,
        "After Undo",
    )?;
    let anew = bench.call(bench.key("undo-anew"), done.call.request.clone())?;
    match bench.caller.act(&anew).await {
        Answer::Done(_) => Ok(()),
        other => fail(format!(
            "after Undo, the same request under a new key was answered with {}: the effect is not annulled",
            other.told()
        )),
    }
}

async fn undo_twice(bench: &Bench) -> Checked {
    let first = bench.done("undo-twice").await?;
    let undone = UndoOutcome::Undone;
    bench
        .undo(first.key(), first.epoch(), undone, "The first time")
        .await?;
    // What came later must not be annulled in its place.
    let later = bench.call(bench.key("undo-twice-later"), first.call.request.clone())?;
    let Answer::Done(answer) = bench.caller.act(&later).await else {
        // The rule about Undo itself tells this.
        return bench
            .undo(first.key(), first.epoch(), undone, "The second time")
            .await;
    };
    // Where a department lets nobody have the same thing twice, that shows whether it is in force.
    let probe = bench.call(bench.key("undo-twice-probe"), first.call.request.clone())?;
    let taken = matches!(bench.caller.act(&probe).await, Answer::Refused(_));
    bench
        .undo(first.key(), first.epoch(), undone, "The second time")
        .await?;
    same(
        &bench.caller.act(&later).await,
        &answer,
        "A later call, sent again after the second Undo of the one before,",
    )?;
    let effects = bench.effects(first.key()).await?;
    one_effect(
        &effects,
        first.key(),
        &first.call.path,
        Outcome::Undone,
        "After Undo twice",
    )?;
    if !taken {
        return Ok(());
    }
    let probe = bench.call(bench.key("undo-twice-probe"), first.call.request.clone())?;
    match bench.caller.act(&probe).await {
        Answer::Refused(_) => Ok(()),
        other => fail(format!(
            "the second Undo annulled what a later call had done: the same request, refused before it, was then answered with {}",
            other.told()
        )),
    }
}

async fn late_call(bench: &Bench) -> Checked {
    for request in bench.succeeds()? {
        let call = bench.call(bench.key("late-call"), request.clone())?;
        bench
            .undo(
                &call.key,
                EPOCH,
                UndoOutcome::NothingToUndo,
                "For a key that was never sent",
            )
            .await?;
        let answer = bench.caller.act(&call).await;
        rejected(
            &answer,
            RejectionReason::Closed,
            "A call that arrived after its Undo",
        )?;
        let response = bench.outcome(&call.key, EPOCH).await?;
        became(
            &response,
            Outcome::Closed,
            "After a call that came too late",
        )?;
    }
    Ok(())
}

/// How often a call and its Undo are raced.
const RACES: usize = 8;

async fn undo_against_call(bench: &Bench) -> Checked {
    let request = bench.done("undo-against-call").await?.call.request;
    bench.clean().await;
    for _ in 0..RACES {
        let call = bench.call(bench.key("undo-against-call"), request.clone())?;
        let calls = join_all((0..3).map(|_| bench.caller.act(&call)));
        let (_, mut undone) = join(calls, bench.caller.undo(&call.key, EPOCH)).await;
        let begun = Instant::now();
        while in_passing(&undone) && begun.elapsed() < SETTLED_WITHIN {
            tokio::time::sleep(PAUSE).await;
            undone = bench.caller.undo(&call.key, EPOCH).await;
        }
        if let Err(status) = undone {
            return fail(format!(
                "Undo beside its call was answered with {}",
                told(&status)
            ));
        }
        let response = bench.outcome(&call.key, EPOCH).await?;
        if !matches!(response.outcome(), Outcome::Undone | Outcome::Closed) {
            return became(
                &response,
                Outcome::Undone,
                "After a call and its Undo at the same time",
            );
        }
        let answer = bench.caller.act(&call).await;
        rejected(
            &answer,
            RejectionReason::Closed,
            "The call, sent again after it was undone,",
        )?;
    }
    Ok(())
}

/// Whether the coordinator would ask again: passing trouble, or an effect that is still being taken back.
fn in_passing(undone: &Result<UndoResponse, Status>) -> bool {
    match undone {
        Ok(response) => response.outcome() == UndoOutcome::Pending,
        Err(status) => Answer::of(Err(status.clone())).is_transient(),
    }
}

async fn already_effective(bench: &Bench) -> Checked {
    let done = bench.done("already-effective").await?;
    for _ in 0..2 {
        let expected = UndoOutcome::AlreadyEffective;
        bench
            .undo(done.key(), done.epoch(), expected, "After it took effect")
            .await?;
    }
    let response = bench.outcome(done.key(), done.epoch()).await?;
    became(
        &response,
        Outcome::Succeeded,
        "After Undo of what cannot be undone",
    )?;
    same(
        &bench.caller.act(&done.now()).await,
        &done.answer,
        "The call, sent again after its Undo,",
    )
}

async fn late_call_lasting(bench: &Bench) -> Checked {
    // With the request that is in force already: a department that forgets its tombstones refuses
    // it and does not do a second thing that nobody can undo.
    let done = bench.done("late-call-lasting").await?;
    let call = bench.call(bench.key("late-call-lasting"), done.call.request.clone())?;
    bench
        .undo(
            &call.key,
            EPOCH,
            UndoOutcome::NothingToUndo,
            "For a key that was never sent",
        )
        .await?;
    let answer = bench.caller.act(&call).await;
    rejected(
        &answer,
        RejectionReason::Closed,
        "A call that arrived after its Undo",
    )
}
