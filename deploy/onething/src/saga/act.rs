//! What an operator has done to a step: tried or undone again alone, settled by hand together with
//! another operator.

use serde_json::{Value, json};

use super::{
    arguments::{Act, Approve, Erase},
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

/// Proposes to settle a step by hand.
pub(super) async fn propose(
    client: &Client,
    what: &'static str,
    act: &Act,
    disposition: Option<&str>,
    json: bool,
) -> Result<Outcome, Refusal> {
    let mut body = json!({ "step": act.step, "reason": act.reason });
    if let Some(disposition) = disposition {
        body["disposition"] = disposition.into();
    }
    let saga = client.post(&format!("/{}/{what}", act.id), &body).await?;
    if json {
        anstream::println!("{saga:#}");
        return Ok(Outcome::Done);
    }
    let number = &saga["proposal"];
    anstream::println!("journaled: proposal {number} to {what} step {}", act.step);
    anstream::println!("nothing changes before another operator approves it:");
    anstream::println!("  onething saga approve {} --proposal {number}", act.id);
    Ok(Outcome::Done)
}

/// Approves or declines a proposal.
pub(super) async fn answer(
    client: &Client,
    what: &'static str,
    proposal: &Approve,
    reason: Option<&str>,
    json: bool,
) -> Result<Outcome, Refusal> {
    let Approve { id, proposal } = proposal;
    let body = reason.map_or(json!({}), |reason| json!({ "reason": reason }));
    let path = format!("/{id}/proposals/{proposal}/{what}");
    let saga = client.post(&path, &body).await?;
    if json {
        anstream::println!("{saga:#}");
        return Ok(Outcome::Done);
    }
    anstream::println!("journaled: proposal {proposal} is {what}d");
    tell_state(id, &saga);
    Ok(Outcome::Done)
}

/// Erases what an ended case's journal carries of people's lives.
pub(super) async fn erase(client: &Client, wanted: &Erase, json: bool) -> Result<Outcome, Refusal> {
    let Erase { id, reason } = wanted;
    let body = json!({ "reason": reason });
    let saga = client.post(&format!("/{id}/erase"), &body).await?;
    if json {
        anstream::println!("{saga:#}");
        return Ok(Outcome::Done);
    }
    anstream::println!(
        "erased: nobody can read any more what was submitted, asked, answered and said"
    );
    tell_state(id, &saga);
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
