//! The one table that says what a saga may conclude from an answer: a refusal only from the
//! department's own "no effect" detail, a rejection only from the protocol's; everything else is
//! doubt.

use bytes::Bytes;
use onething_participant::{Pending, Refusal, Rejection};
use onething_proto::participant::{
    GetOutcomeResponse, Outcome, UndoOutcome, UndoResponse, WatchDecisionsResponse,
};
use onething_saga::{Answer, OutcomeAnswer, Refusal as SagaRefusal, UndoAnswer};
use serde_json::json;
use tonic::Status;

/// What an action call's answer means.
pub(super) fn acted(answer: Result<Bytes, Status>) -> Answer {
    match answer {
        Ok(response) => Answer::Succeeded { response },
        Err(status) => failed(&status),
    }
}

fn failed(status: &Status) -> Answer {
    if let Some(refusal) = Refusal::from_status(status) {
        return if Refusal::is_return(status) {
            Answer::Returned(refused(refusal))
        } else {
            Answer::Refused(refused(refusal))
        };
    }
    // Before the code UNAVAILABLE could be taken for a failure: the call is recorded.
    if Pending::from_status(status).is_some() {
        return Answer::Pending;
    }
    match Rejection::from_status(status) {
        Some(Rejection::StaleEpoch) => Answer::StaleEpoch,
        Some(Rejection::DigestMismatch) => Answer::Mismatch,
        Some(Rejection::Closed) => Answer::Closed,
        Some(Rejection::RoundNotOpen) | None => Answer::Doubt { why: why(status) },
    }
}

/// What a query's answer means: a rejection of its key means nothing, it has no effect.
pub(super) fn asked(answer: Result<GetOutcomeResponse, Status>) -> OutcomeAnswer {
    let answer = match answer {
        Ok(answer) => answer,
        Err(status) => return OutcomeAnswer::Known(failed(&status)),
    };
    match answer.outcome() {
        Outcome::Succeeded => OutcomeAnswer::Known(Answer::Succeeded {
            response: answer.response,
        }),
        Outcome::Refused => match answer.refusal {
            Some(refusal) => OutcomeAnswer::Known(Answer::Refused(refused(refusal.into()))),
            None => doubt("a refusal without its reason"),
        },
        Outcome::Returned => match answer.refusal {
            Some(refusal) => OutcomeAnswer::Known(Answer::Returned(refused(refusal.into()))),
            None => doubt("a return without its reason"),
        },
        Outcome::Pending => OutcomeAnswer::Known(Answer::Pending),
        Outcome::Undone | Outcome::Closed => OutcomeAnswer::Known(Answer::Closed),
        Outcome::NotSeen => OutcomeAnswer::NotSeen,
        Outcome::Unspecified => doubt("an outcome that this gateway does not know"),
    }
}

/// What a decision that a department took later means.
pub(super) fn decided(told: WatchDecisionsResponse) -> OutcomeAnswer {
    asked(Ok(GetOutcomeResponse {
        outcome: told.outcome,
        response: told.response,
        refusal: told.refusal,
        pending: None,
    }))
}

/// What an undo's answer means.
pub(super) fn undone(answer: Result<UndoResponse, Status>) -> UndoAnswer {
    let answer = match answer {
        Ok(answer) => answer,
        Err(status) if Rejection::from_status(&status) == Some(Rejection::StaleEpoch) => {
            return UndoAnswer::StaleEpoch;
        }
        Err(status) => return UndoAnswer::Doubt { why: why(&status) },
    };
    match answer.outcome() {
        UndoOutcome::Undone => UndoAnswer::Undone,
        UndoOutcome::NothingToUndo => UndoAnswer::NothingToUndo,
        UndoOutcome::AlreadyEffective => UndoAnswer::AlreadyEffective,
        UndoOutcome::Pending => UndoAnswer::Pending,
        UndoOutcome::Impossible => UndoAnswer::Impossible {
            reason: answer.reason,
        },
        UndoOutcome::Unspecified => UndoAnswer::Unknown {
            kind: answer.outcome.to_string(),
        },
    }
}

fn refused(refusal: Refusal) -> SagaRefusal {
    let detail = match refusal.field.as_str() {
        "" => serde_json::Value::Null,
        field => json!({ "field": field }),
    };
    SagaRefusal {
        reason: refusal.reason,
        message: refusal.message,
        detail,
    }
}

fn doubt(why: &str) -> OutcomeAnswer {
    OutcomeAnswer::Known(Answer::Doubt {
        why: why.to_owned(),
    })
}

/// For operators: the code and the message, which departments keep free of personal data.
fn why(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn only_the_refusal_detail_is_a_refusal() {
        let refusal = Refusal::new("NOT_MARRIED", "No marriage is registered.");
        let Answer::Refused(refused) = acted(Err(refusal.into())) else {
            panic!("not refused")
        };
        assert_eq!(refused.reason, "NOT_MARRIED");
        for code in (1..=16).map(Code::from_i32) {
            let answer = acted(Err(Status::new(code, "NOT_MARRIED")));
            assert!(
                matches!(answer, Answer::Doubt { .. }),
                "{code:?}: {answer:?}"
            );
        }
    }

    #[test]
    fn rejections_keep_their_meaning() {
        let answer = |rejection: Rejection| acted(Err(rejection.into()));
        assert_eq!(answer(Rejection::StaleEpoch), Answer::StaleEpoch);
        assert_eq!(answer(Rejection::DigestMismatch), Answer::Mismatch);
        assert_eq!(answer(Rejection::Closed), Answer::Closed);
        assert!(matches!(
            answer(Rejection::RoundNotOpen),
            Answer::Doubt { .. }
        ));
        assert_eq!(
            undone(Err(Rejection::StaleEpoch.into())),
            UndoAnswer::StaleEpoch
        );
    }

    #[test]
    fn a_return_is_no_refusal_and_pending_is_no_failure() {
        let reason = Refusal::new("PAGE_MISSING", "A page is missing.");
        assert!(matches!(
            acted(Err(reason.clone().returned())),
            Answer::Returned(refusal) if refusal.reason == "PAGE_MISSING"
        ));
        let returned = GetOutcomeResponse {
            outcome: Outcome::Returned.into(),
            refusal: Some(reason.into()),
            ..Default::default()
        };
        assert!(matches!(
            asked(Ok(returned)),
            OutcomeAnswer::Known(Answer::Returned(_))
        ));
        let pending = Status::from(Pending { due: None });
        assert_eq!(acted(Err(pending)), Answer::Pending);
    }

    #[test]
    fn an_outcome_this_gateway_does_not_know_is_doubt_and_never_success() {
        let unknown = GetOutcomeResponse {
            outcome: 99,
            ..Default::default()
        };
        assert!(matches!(
            asked(Ok(unknown)),
            OutcomeAnswer::Known(Answer::Doubt { .. })
        ));
        let refused = GetOutcomeResponse {
            outcome: Outcome::Refused.into(),
            ..Default::default()
        };
        assert!(matches!(
            asked(Ok(refused)),
            OutcomeAnswer::Known(Answer::Doubt { .. })
        ));
        let unknown = UndoResponse {
            outcome: 99,
            ..Default::default()
        };
        assert!(matches!(undone(Ok(unknown)), UndoAnswer::Unknown { .. }));
    }
}
