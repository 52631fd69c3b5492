//! A saga's journal for operators: what every row says, in people's own words too while they can be read, and of
//! requests and responses, which are personal data, the size alone.

use onething_saga::{Event, Plan, store::StoredEvent};
use serde::Serialize;
use serde_json::{Map, Value};

use super::detail::step_name;
use crate::cases::timestamp;

/// A page of a saga's journal.
#[derive(Debug, Serialize)]
pub(crate) struct Rows {
    pub(crate) events: Vec<Row>,
    /// Asks for the next page; none on the last one.
    pub(crate) next_page_token: Option<String>,
}

/// One row of a journal. Requests and responses are personal data: only their size is told.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    seq: u64,
    at: Option<String>,
    epoch: u64,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
    /// Everything else that the row says.
    details: Map<String, Value>,
    payload_bytes: usize,
}

impl Row {
    /// A row with names in place of positions, as far as there is a plan that knows them.
    pub(super) fn new(stored: &StoredEvent, plan: Option<&Plan>) -> Self {
        let event = stored.decode().ok();
        // What the event says with its words; a row that is none of this version's, as it is stored.
        let said = match &event {
            Some(event) => serde_json::to_value(event),
            None => serde_json::from_str(&stored.body),
        };
        let mut details = match said {
            Ok(Value::Object(details)) => details,
            // An edited row may hold anything.
            _ => Map::from_iter([("unreadable".to_owned(), Value::from(stored.body.as_str()))]),
        };
        details.remove("kind");
        let speaks = event.as_ref().is_some_and(Event::speaks);
        let event = event.zip(plan);
        let step = event.as_ref().and_then(|(event, plan)| {
            let index = event.step()?;
            let step = plan.steps.get(index.at())?;
            Some(step_name(&step.id, plan.item(index)))
        });
        let segment = event.as_ref().and_then(|(event, plan)| {
            let index = event.segment()?;
            let segments = &plan.definition().segments;
            segments.get(index.at()).map(|segment| segment.id.clone())
        });
        if step.is_some() {
            details.remove("step");
        }
        if segment.is_some() {
            details.remove("segment");
        }
        Self {
            seq: stored.seq,
            at: timestamp(stored.at),
            epoch: stored.epoch,
            kind: stored.kind.to_string(),
            step,
            segment,
            details,
            payload_bytes: if speaks { 0 } else { stored.payload.len() },
        }
    }
}
