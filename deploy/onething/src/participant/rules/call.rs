//! Rules of one call: it needs a key, and however often it is sent it is one call.

use onething_participant::metadata;
use onething_proto::participant::{Outcome, RejectionReason};
use tonic::Code;

use crate::participant::{
    answer::Answer,
    bench::{AT_ONCE, Bench},
    expect::{became, one_effect, rejected, same},
    rule::{Checked, Rule, Stop, fail, rule},
};

/// For every action that takes effect at once.
pub(super) const RULES: &[Rule] = &[
    rule!(
        "takes-effect",
        takes_effect,
        "The sample that succeeds takes effect and is recorded as SUCCEEDED under its key.",
        "Record key, method, digest, epoch, outcome and answer in the same transaction as the effect.",
    ),
    rule!(
        "same-call-twice",
        same_call_twice,
        "The same call again gives the same answer byte for byte, and there is one effect.",
        "Look the key up before doing anything, and answer a known one from the stored bytes; never do the work again to build the answer.",
    ),
    rule!(
        "at-once",
        at_once,
        "Thirty-two duplicates at once give one effect and the same answer to all.",
        "Insert the key's row first, inside the transaction, so that the primary key lets one of them through and the others wait for its end and read its answer.",
    ),
    rule!(
        "key-required",
        key_required,
        "A call without its key, or with a part of it missing or malformed, is answered with INVALID_ARGUMENT and has no effect.",
        "Read onething-coordinator, -saga, -step, -round and -epoch from the metadata before decoding the request, and refuse to go on without any of them.",
    ),
    rule!(
        "digest",
        digest,
        "The same key with other request bytes is rejected as DIGEST_MISMATCH, and the first call stands.",
        "Take SHA-256 of the request's bytes as they came over the wire, keep it with the key, and compare it before answering from the record.",
    ),
    rule!(
        "outcome-succeeded",
        outcome_succeeded,
        "GetOutcome of a call that took effect tells SUCCEEDED with the same bytes that the call answered.",
        "Return the stored bytes of the answer in GetOutcomeResponse.response.",
    ),
];

async fn takes_effect(bench: &Bench) -> Checked {
    let done = bench
        .done("takes-effect")
        .await
        .map_err(|stop| match stop {
            // With a sample at hand this is the failure; the other rules merely cannot be tried.
            Stop::Skip(why) if bench.succeeds().is_ok() => Stop::Fail(why),
            other => other,
        })?;
    let effects = bench.effects(done.key()).await?;
    one_effect(
        &effects,
        done.key(),
        &done.call.path,
        Outcome::Succeeded,
        "After a call took effect",
    )
}

async fn same_call_twice(bench: &Bench) -> Checked {
    let done = bench.done("same-call-twice").await?;
    for _ in 0..2 {
        let again = bench.caller.act(&done.now()).await;
        same(&again, &done.answer, "The same call again")?;
    }
    let effects = bench.effects(done.key()).await?;
    one_effect(
        &effects,
        done.key(),
        &done.call.path,
        Outcome::Succeeded,
        "After the same call three times",
    )
}

async fn at_once(bench: &Bench) -> Checked {
    // What cannot be undone was sent that often when it was sent first.
    let done = bench.done("at-once").await?;
    let (key, answers) = if bench.matter()?.can_be_undone() {
        bench.clean().await;
        let call = bench.call(bench.key("at-once"), done.call.request.clone())?;
        let answers = bench.at_once(&call, AT_ONCE).await;
        (call.key, answers)
    } else {
        (done.key().clone(), bench.first())
    };
    let Some(Answer::Done(first)) = answers
        .iter()
        .find(|answer| matches!(answer, Answer::Done(_)))
    else {
        let seen = answers.first().map(Answer::told).unwrap_or_default();
        return fail(format!(
            "of {AT_ONCE} duplicates at once none took effect; one was answered with {seen}"
        ));
    };
    for answer in &answers {
        same(answer, first, "One of the duplicates at once")?;
    }
    let effects = bench.effects(&key).await?;
    one_effect(
        &effects,
        &key,
        &done.call.path,
        Outcome::Succeeded,
        "After the duplicates at once",
    )
}

async fn key_required(bench: &Bench) -> Checked {
    // The request of a call that is in force already: a department that does not mind the key
    // will more likely refuse than do it again.
    let done = bench.done("key-required").await?;
    let call = bench.call(bench.key("key-required"), done.call.request.clone())?;
    let missing = [
        "",
        metadata::COORDINATOR,
        metadata::SAGA,
        metadata::STEP,
        metadata::ROUND,
        metadata::EPOCH,
    ];
    for name in missing {
        let answer = bench.caller.act_without(&call, name).await;
        let what = if name.is_empty() { "the key" } else { name };
        invalid(&answer, &format!("A call without {what}"))?;
    }
    let mut broken = call.clone();
    broken
        .metadata
        .push((metadata::EPOCH.to_owned(), "soon".to_owned()));
    invalid(
        &bench.caller.act(&broken).await,
        "A call with onething-epoch \"soon\"",
    )?;
    let mut broken = call.clone();
    broken.key.round = 0;
    invalid(
        &bench.caller.act(&broken).await,
        "A call with onething-round 0",
    )?;
    if !bench.effects(&call.key).await?.is_empty() {
        return fail("after calls without a whole key, ListEffects has an entry for them");
    }
    Ok(())
}

/// Rejected as malformed, whether or not the department calls that a refusal.
fn invalid(answer: &Answer, when: &str) -> Checked {
    match answer {
        Answer::Failed(status) if status.code() == Code::InvalidArgument => Ok(()),
        Answer::Refused(refusal) if refusal.reason == onething_participant::INVALID_INPUT => Ok(()),
        other => fail(format!(
            "{when} was answered with {}, and not with INVALID_ARGUMENT",
            other.told()
        )),
    }
}

async fn digest(bench: &Bench) -> Checked {
    let done = bench.done("digest").await?;
    let mut other = done.now();
    other.request = other_bytes(&done.call.request);
    let answer = bench.caller.act(&other).await;
    rejected(
        &answer,
        RejectionReason::DigestMismatch,
        "The same key with other request bytes",
    )?;
    let again = bench.caller.act(&done.now()).await;
    same(
        &again,
        &done.answer,
        "The first call, sent again after one with other bytes",
    )
}

/// The same message with one field more that nobody knows: other bytes that decode as before.
fn other_bytes(request: &[u8]) -> bytes::Bytes {
    // Field 18999, a varint, with the value 1.
    let unknown: &[u8] = &[0xb8, 0xa3, 0x09, 0x01];
    [request, unknown].concat().into()
}

async fn outcome_succeeded(bench: &Bench) -> Checked {
    let done = bench.done("outcome-succeeded").await?;
    let response = bench.outcome(done.key(), done.epoch()).await?;
    became(&response, Outcome::Succeeded, "After a call took effect")?;
    if response.response != done.answer {
        return fail("GetOutcome's response has other bytes than the call's answer");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unknown_field_is_well_formed() {
        use onething_proto::participant::StepKey;
        use prost::Message as _;
        let key = StepKey {
            saga: "s".to_owned(),
            ..StepKey::default()
        };
        let other = other_bytes(&key.encode_to_vec());
        assert_ne!(other, key.encode_to_vec());
        assert_eq!(StepKey::decode(other).unwrap(), key);
    }
}
