//! What is expected of an answer, and the sentence when something else came.

use bytes::Bytes;
use onething_proto::participant::{Effect, GetOutcomeResponse, Outcome, RejectionReason, StepKey};
use tonic::Status;

use super::{
    answer::{self, Answer},
    rule::{Checked, fail},
};

/// A status for a person, its rejection first.
pub(super) fn told(status: &Status) -> String {
    Answer::of(Err(status.clone())).told()
}

/// An enum value's name without its prefix.
pub(super) fn short(name: &'static str) -> &'static str {
    name.trim_start_matches("UNDO_OUTCOME_")
        .trim_start_matches("OUTCOME_")
}

/// Expects a rejection of a call.
pub(super) fn rejected(answer: &Answer, expected: RejectionReason, when: &str) -> Checked {
    match answer {
        Answer::Rejected(reason) if *reason == expected => Ok(()),
        other => fail(format!(
            "{when} was answered with {}, and not with the rejection {}",
            other.told(),
            answer::name_of(expected)
        )),
    }
}

/// Expects a rejection of an Undo or a GetOutcome.
pub(super) fn status_rejected<T>(
    answer: Result<T, Status>,
    expected: RejectionReason,
    when: &str,
) -> Checked {
    let seen = match answer {
        Err(status) if answer::rejection(&status) == Some(expected) => return Ok(()),
        Err(status) => told(&status),
        Ok(_) => "OK".to_owned(),
    };
    fail(format!(
        "{when} was answered with {seen}, and not with the rejection {}",
        answer::name_of(expected)
    ))
}

/// Expects an answer with the same bytes.
pub(super) fn same(answer: &Answer, expected: &Bytes, when: &str) -> Checked {
    match answer {
        Answer::Done(bytes) if bytes == expected => Ok(()),
        Answer::Done(_) => fail(format!(
            "{when} was answered with other bytes than the first call"
        )),
        other => fail(format!(
            "{when} was answered with {}, and not with the first call's answer",
            other.told()
        )),
    }
}

/// Expects an outcome.
pub(super) fn became(response: &GetOutcomeResponse, expected: Outcome, when: &str) -> Checked {
    if response.outcome() == expected {
        return Ok(());
    }
    fail(format!(
        "{when}, GetOutcome tells {}, and not {}",
        short(response.outcome().as_str_name()),
        short(expected.as_str_name())
    ))
}

/// Expects that exactly one effect is recorded for a key's saga, with this outcome.
pub(super) fn one_effect(
    effects: &[Effect],
    key: &StepKey,
    method: &str,
    expected: Outcome,
    when: &str,
) -> Checked {
    let [effect] = effects else {
        return fail(format!(
            "{when}, ListEffects has {} entries for the saga, and not one",
            effects.len()
        ));
    };
    if effect.key.as_ref() != Some(key) {
        return fail(format!(
            "{when}, ListEffects has another key than was sent: {:?}",
            effect.key
        ));
    }
    if effect.outcome() != expected {
        return fail(format!(
            "{when}, ListEffects tells {}, and not {}",
            short(effect.outcome().as_str_name()),
            short(expected.as_str_name())
        ));
    }
    if effect.method != method {
        return fail(format!(
            "{when}, ListEffects names the method {:?}, and not {method:?}",
            effect.method
        ));
    }
    Ok(())
}
