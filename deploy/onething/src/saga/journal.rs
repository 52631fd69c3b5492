//! A saga's journal as a table: what happened, in order, without anybody's data.

use anstyle::Style;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    client::{Client, Refusal},
    moment::exact,
};
use crate::table::Table;

/// One row of a journal.
#[derive(Debug, Deserialize)]
struct Event {
    seq: u64,
    at: Option<String>,
    epoch: u64,
    kind: String,
    step: Option<String>,
    segment: Option<String>,
    details: Map<String, Value>,
}

/// All rows of a saga's journal.
pub(super) async fn read(client: &Client, id: &str) -> Result<Vec<Value>, Refusal> {
    let mut events = Vec::new();
    let mut token = None;
    loop {
        let mut parameters = vec![("page_size", "500".to_owned())];
        parameters.extend(token.map(|token| ("page_token", token)));
        let mut page = client.get(&format!("/{id}/events"), &parameters).await?;
        if let Value::Array(found) = page["events"].take() {
            events.extend(found);
        }
        token = page["next_page_token"].as_str().map(str::to_owned);
        if token.is_none() {
            return Ok(events);
        }
    }
}

/// Prints rows.
///
/// # Errors
/// When they are not what a gateway sends.
pub(super) fn print(events: Vec<Value>) -> serde_json::Result<()> {
    let events: Vec<Event> = serde_json::from_value(Value::Array(events))?;
    let mut table = Table::new(["ROW", "AT", "EPOCH", "EVENT", "STEP OR SEGMENT", "DETAILS"]);
    for event in events {
        let details: Vec<_> = event
            .details
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => format!("{name}: {text}"),
                other => format!("{name}: {other}"),
            })
            .collect();
        let about = event.step.as_ref().or(event.segment.as_ref());
        let row = [
            event.seq.to_string(),
            event.at.as_deref().map(exact).unwrap_or_default(),
            event.epoch.to_string(),
            event.kind.clone(),
            about.cloned().unwrap_or_default(),
            details.join(", "),
        ];
        table.add(row, Style::new());
    }
    anstream::println!();
    table.print("  ");
    Ok(())
}
