//! What departments decide in their own time: kept in the store's inbox first, together with how far the
//! department's stream was read, and taken in by the saga's owner, whoever that is.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::facade::Shared;
use crate::machine::{Answer, Input, Key, Refusal, State};
use crate::store::Delivery;

/// One decision of a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The call that is decided. Keys of other coordinators are left out.
    pub key: Key,
    /// How: a success, a refusal, or a return to the applicant.
    pub answer: Answer,
}

#[derive(Serialize, Deserialize)]
struct Body {
    step: String,
    item: u32,
    round: u32,
    #[serde(flatten)]
    how: How,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
enum How {
    Succeeded,
    Refused { refusal: Refusal },
    Returned { refusal: Refusal },
}

/// A decision as the store keeps it; none when it is no decision or not this coordinator's.
pub(super) fn deliver(shared: &Shared, source: &str, decided: Decided) -> Option<Delivery> {
    let Decided { key, answer } = decided;
    if key.coordinator != shared.settings.coordinator {
        return None;
    }
    let (how, payload) = match answer {
        Answer::Succeeded { response } => (How::Succeeded, response),
        Answer::Refused(refusal) => (How::Refused { refusal }, Bytes::new()),
        Answer::Returned(refusal) => (How::Returned { refusal }, Bytes::new()),
        _ => return None,
    };
    let (step, item, round) = (key.step, key.item, key.round);
    let name = format!("{source}/{step}/{item}/{round}");
    let body = serde_json::to_string(&Body {
        step,
        item,
        round,
        how,
    });
    Some(Delivery {
        saga: key.saga,
        name,
        body: body.ok()?,
        payload,
    })
}

/// What a delivery means for the saga; none when it names nothing of it.
pub(super) fn input(state: &State, delivery: &Delivery) -> Option<Input> {
    let body: Body = serde_json::from_str(&delivery.body).ok()?;
    let step = state.plan().index_of_item(&body.step, body.item)?;
    let answer = match body.how {
        How::Succeeded => Answer::Succeeded {
            response: delivery.payload.clone(),
        },
        How::Refused { refusal } => Answer::Refused(refusal),
        How::Returned { refusal } => Answer::Returned(refusal),
    };
    Some(Input::Acted {
        step,
        round: body.round,
        answer,
    })
}
