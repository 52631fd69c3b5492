//! `onething saga retry` and `undo`: what an operator has done to a step.

use serde_json::{Value, json};

use super::{
    arguments::Act,
    client::{Client, Refusal},
};
use crate::outcome::Outcome;

/// Has a step tried again (`retry`) or undone again (`undo`).
pub(super) async fn run(
    client: &Client,
    what: &'static str,
    act: &Act,
    json: bool,
) -> Result<Outcome, Refusal> {
    let body = json!({ "step": act.step, "reason": act.reason });
    let saga = client.post(&format!("/{}/{what}", act.id), &body).await?;
    if json {
        anstream::println!("{saga:#}");
        return Ok(Outcome::Done);
    }
    let doing = match what {
        "retry" => "is tried again",
        _ => "is undone again",
    };
    anstream::println!("journaled: step {} {doing}", act.step);
    tell_state(&act.id, &saga);
    Ok(Outcome::Done)
}

/// How the saga stands after an act, and where to look.
pub(super) fn tell_state(id: &str, saga: &Value) {
    let text = |name: &str| saga[name].as_str().unwrap_or_default();
    let why = match text("wake_reason") {
        "" => String::new(),
        why => format!(": {why}"),
    };
    anstream::println!("the saga is {}{why}", text("state"));
    anstream::println!("look again with: onething saga show {id}");
}
