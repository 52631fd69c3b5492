//! Rules of refusals: definite, with a declared reason, recorded, and without effect.

use bytes::Bytes;
use onething_participant::{INVALID_INPUT, MATTER_SUSPENDED};
use onething_proto::participant::{Outcome, Refusal, RejectionReason, UndoOutcome};

use crate::participant::{
    answer::Answer,
    bench::{Bench, EPOCH},
    caller::Call,
    expect::{became, one_effect, rejected},
    rule::{Checked, Rule, Stop, fail, rule},
};

/// For every action that may refuse.
pub(super) const RULES: &[Rule] = &[
    rule!(
        "refusal",
        refusal,
        "A refusal carries the error detail Refusal with a reason that the method declares and a message.",
        "Answer with google.rpc.Status in grpc-status-details-bin that holds onething.participant.v1.Refusal; a status code alone is never a refusal. Take the reason from the method's refusal_reasons, or add it there.",
    ),
    rule!(
        "refusal-recorded",
        refusal_recorded,
        "A refusal is recorded: GetOutcome tells REFUSED with the same refusal, and there is nothing to undo.",
        "Roll back what the call did so far, then record the refusal under the key and commit that.",
    ),
    rule!(
        "refused-again",
        refused_again,
        "The same refused call again gets the same refusal, whatever has changed since.",
        "Answer a repeat from the recorded refusal; do not examine the request again.",
    ),
    rule!(
        "refused-next-round",
        refused_next_round,
        "A refusal opens the next round; the round before is then rejected as CLOSED.",
        "Open a higher round when the outcome of the one before is REFUSED, and keep the lower one as it was.",
    ),
];

/// Reads a refusal out of an answer and holds it against what the method declares.
pub(super) fn declared(answer: Answer, reasons: &[String]) -> Result<Refusal, Stop> {
    let Answer::Refused(refusal) = answer else {
        return fail(format!(
            "the sample that is refused was answered with {}, and not with the error detail Refusal",
            answer.told()
        ));
    };
    let known = [INVALID_INPUT, MATTER_SUSPENDED].contains(&refusal.reason.as_str());
    if !known && !reasons.contains(&refusal.reason) {
        return fail(format!(
            "the refusal's reason is {:?}, and the method declares {}",
            refusal.reason,
            if reasons.is_empty() {
                "none".to_owned()
            } else {
                reasons.join(", ")
            }
        ));
    }
    if refusal.message.is_empty() {
        return fail("the refusal has no message to tell the applicant");
    }
    Ok(refusal)
}

async fn refused(bench: &Bench, step: &str) -> Result<(Call, Refusal), Stop> {
    let request: Bytes = bench.refused()?;
    let call = bench.call(bench.key(step), request)?;
    let answer = bench.caller.act(&call).await;
    let refusal = declared(answer, &bench.matter()?.reasons)?;
    Ok((call, refusal))
}

async fn refusal(bench: &Bench) -> Checked {
    refused(bench, "refusal").await.map(drop)
}

/// For the rules that build upon a refusal: without one they cannot be tried.
async fn needs_refused(bench: &Bench, step: &str) -> Result<(Call, Refusal), Stop> {
    refused(bench, step).await.map_err(|stop| match stop {
        Stop::Fail(why) => Stop::Skip(format!("needs a refusal, but {why}")),
        skip => skip,
    })
}

async fn refusal_recorded(bench: &Bench) -> Checked {
    let (call, refusal) = needs_refused(bench, "refusal-recorded").await?;
    let response = bench.outcome(&call.key, EPOCH).await?;
    became(&response, Outcome::Refused, "After a refusal")?;
    if response.refusal.as_ref() != Some(&refusal) {
        return fail("GetOutcome's refusal is another than the call was answered with");
    }
    let effects = bench.effects(&call.key).await?;
    one_effect(
        &effects,
        &call.key,
        &call.path,
        Outcome::Refused,
        "After a refusal",
    )?;
    bench
        .undo(
            &call.key,
            EPOCH,
            UndoOutcome::NothingToUndo,
            "After a refusal",
        )
        .await
}

async fn refused_again(bench: &Bench) -> Checked {
    let (call, refusal) = needs_refused(bench, "refused-again").await?;
    match bench.caller.act(&call).await {
        Answer::Refused(again) if again == refusal => Ok(()),
        Answer::Refused(again) => fail(format!(
            "the same call again got another refusal: {} ({:?}), and not {} ({:?})",
            again.reason, again.message, refusal.reason, refusal.message
        )),
        other => fail(format!(
            "the same call again was answered with {}",
            other.told()
        )),
    }
}

async fn refused_next_round(bench: &Bench) -> Checked {
    let (call, _) = needs_refused(bench, "refused-next-round").await?;
    let mut next = call.clone();
    next.key.round = 2;
    bench.touch(&next.key);
    let answer = bench.caller.act(&next).await;
    if !matches!(answer, Answer::Refused(_)) {
        return fail(format!(
            "round 2 of the request, after round 1 was refused, was answered with {}, and not refused again",
            answer.told()
        ));
    }
    let response = bench.outcome(&next.key, EPOCH).await?;
    became(&response, Outcome::Refused, "For round 2")?;
    let answer = bench.caller.act(&call).await;
    rejected(
        &answer,
        RejectionReason::Closed,
        "Round 1, after round 2 was opened,",
    )
}
