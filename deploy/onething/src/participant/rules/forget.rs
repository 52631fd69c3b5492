//! Rules of the low-water mark: what a coordinator has declared over is never opened again.

use onething_proto::participant::{RejectionReason, StepKey, UndoOutcome};
use tonic::Code;

use crate::participant::{
    bench::{Bench, EPOCH},
    expect::{rejected, status_rejected, told},
    rule::{Checked, Rule, Stop, fail, rule},
};

/// For every department.
pub(super) const RULES: &[Rule] = &[rule!(
    "low-water-mark",
    low_water_mark,
    "After ForgetBefore a key of a saga below the mark that is not recorded is CLOSED for Undo; the mark never falls, and sagas above it are as before.",
    "Keep the highest mark of each coordinator. When a key has no row and its saga sorts before the mark, byte by byte, reject with the detail Rejection{CLOSED} and write nothing.",
)];

/// For every action that takes effect at once.
pub(super) const CALLS: &[Rule] = &[rule!(
    "forgotten-call",
    forgotten_call,
    "A late call of a saga below the low-water mark is rejected as CLOSED and has no effect.",
    "Compare the saga with the coordinator's mark in the transaction that would open the key, and reject with the detail Rejection{CLOSED} when it sorts before.",
)];

/// A coordinator of its own: the mark concerns all of its sagas.
fn coordinator(bench: &Bench) -> String {
    format!("{}-forgets", bench.caller.coordinator())
}

fn key(bench: &Bench, saga: &str) -> StepKey {
    let key = StepKey {
        coordinator: coordinator(bench),
        saga: saga.to_owned(),
        ..bench.caller.key("forget")
    };
    bench.touch(&key);
    key
}

async fn raise(bench: &Bench, saga: &str) -> Checked {
    let raised = bench.caller.forget_before(&coordinator(bench), saga).await;
    raised.map_err(|status| Stop::Fail(format!("ForgetBefore was answered with {}", told(&status))))
}

async fn low_water_mark(bench: &Bench) -> Checked {
    for (coordinator, saga) in [("", "m"), (coordinator(bench).as_str(), "")] {
        let answer = bench.caller.forget_before(coordinator, saga).await;
        match answer {
            Err(status) if status.code() == Code::InvalidArgument => {}
            Err(status) => {
                return fail(format!(
                    "ForgetBefore without a name was answered with {}",
                    told(&status)
                ));
            }
            Ok(()) => {
                return fail(
                    "ForgetBefore without a name was answered with OK, and not with INVALID_ARGUMENT",
                );
            }
        }
    }
    raise(bench, "m").await?;
    let below = bench.caller.undo(&key(bench, "d"), EPOCH).await;
    status_rejected(
        below,
        RejectionReason::Closed,
        "Undo of an unseen key below the mark",
    )?;
    raise(bench, "c").await?;
    let below = bench.caller.undo(&key(bench, "e"), EPOCH).await;
    status_rejected(
        below,
        RejectionReason::Closed,
        "Undo of an unseen key below the mark, after ForgetBefore with a lower one,",
    )?;
    let above = key(bench, "z");
    bench
        .undo(
            &above,
            EPOCH,
            UndoOutcome::NothingToUndo,
            "For an unseen key above the mark",
        )
        .await
}

async fn forgotten_call(bench: &Bench) -> Checked {
    // With the request of a call that is in force: a department that does not mind the mark will
    // more likely refuse than do it again.
    let done = bench.done("forgotten-call").await?;
    raise(bench, "m").await?;
    let call = bench.call(key(bench, "f"), done.call.request.clone())?;
    let answer = bench.caller.act(&call).await;
    rejected(
        &answer,
        RejectionReason::Closed,
        "A late call of a saga below the mark",
    )
}
