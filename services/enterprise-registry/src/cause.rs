//! What caused a change, as the record's history names it: the key of a call.

use onething_participant::{Call, Origin};

/// Names a call: `coordinator/saga/step#round`, or `request/id` outside a saga.
pub(crate) fn cause(call: &Call) -> String {
    match &call.origin {
        Origin::Step { key, .. } => key.to_string(),
        Origin::Request { id } => format!("request/{id}"),
        Origin::Plain => String::new(),
    }
}
