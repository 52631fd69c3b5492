//! `onething saga show`: one saga for the person who must mend it.

use anstyle::Style;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{
    arguments::Show,
    client::{Client, Refusal},
    journal,
    moment::{age, due, exact},
};
use crate::table::Table;
use crate::{
    outcome::Outcome,
    page::{BACK, BAD, FAINT, GOOD, STRONG, paint},
};

#[derive(Debug, Deserialize)]
struct Saga {
    id: String,
    bundle: String,
    bundle_version: u32,
    state: String,
    ended: bool,
    accepted_at: Option<String>,
    updated_at: Option<String>,
    ended_at: Option<String>,
    responsible: Option<String>,
    wake_at: Option<String>,
    wake_reason: Option<String>,
    quarantined: Option<String>,
    unreadable: Option<String>,
    erased: bool,
    epoch: u64,
    events: u64,
    chain: Chain,
    outcomes: Vec<String>,
    cancel: Option<Cancel>,
    steps: Vec<Step>,
    segments: Vec<Segment>,
    incidents: Vec<Incident>,
    #[serde(default)]
    proposals: Vec<Proposal>,
    annuls: Option<String>,
    trace_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Chain {
    intact: bool,
    first_broken: Option<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    seq: u64,
}

#[derive(Debug, Deserialize)]
struct Cancel {
    by: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
struct Step {
    id: String,
    segment: String,
    department: String,
    kind: String,
    state: String,
    round: u32,
    started_at: Option<String>,
    ended_at: Option<String>,
    refusal: Option<Refused>,
    trouble: Option<String>,
    attested: Option<String>,
    waiting_for: Option<String>,
    due: Option<String>,
    #[serde(default)]
    acts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Refused {
    reason: String,
    message: String,
}

#[derive(Debug, Deserialize)]
struct Segment {
    id: String,
    state: String,
    failed_step: Option<String>,
    failed_segment: Option<String>,
    withdrawn: bool,
    #[serde(default)]
    time_up: bool,
}

#[derive(Debug, Deserialize)]
struct Proposal {
    number: u32,
    step: String,
    act: String,
    disposition: Option<String>,
    by: String,
    reason: String,
    at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Incident {
    step: String,
    what: String,
    at: Option<String>,
}

/// Shows a saga, and its journal if asked to.
pub(super) async fn run(client: &Client, wanted: &Show, json: bool) -> Result<Outcome, Refusal> {
    let saga = client.get(&format!("/{}", wanted.id), &[]).await?;
    let events = if wanted.events {
        Some(journal::read(client, &wanted.id).await?)
    } else {
        None
    };
    if json {
        let mut saga = saga;
        if let Some(events) = events {
            saga["journal"] = json!(events);
        }
        anstream::println!("{saga:#}");
        return Ok(Outcome::Done);
    }
    let understood = |error: serde_json::Error| {
        Refusal::Failed(anyhow::anyhow!("an answer that is not understood: {error}"))
    };
    let saga: Saga = serde_json::from_value(saga).map_err(understood)?;
    print(&saga);
    if let Some(events) = events {
        journal::print(events).map_err(understood)?;
    }
    Ok(Outcome::Done)
}

fn print(saga: &Saga) {
    let now = Timestamp::now();
    let style = match saga.state.as_str() {
        _ if saga.quarantined.is_some() || !saga.chain.intact => BAD,
        "halted" => BAD,
        "escalated" | "compensating" | "compensated" | "partial" => BACK,
        _ => GOOD,
    };
    let title = format!("saga {} · {} {}", saga.id, saga.bundle, saga.bundle_version);
    anstream::println!("{} · {}", paint(STRONG, &title), paint(style, &saga.state));
    print_standing(saga, now);
    print_steps(saga);
    print_segments(saga);
    for incident in &saga.incidents {
        let at = incident.at.as_deref().map(exact).unwrap_or_default();
        let line = format!(
            "incident at step {}, {at}: {}",
            incident.step, incident.what
        );
        anstream::println!("{}", paint(BAD, &line));
    }
    print_proposals(saga, now);
    print_acts(saga);
}

fn line(name: &str, text: &str) {
    anstream::println!("  {name:<10}{text}");
}

fn print_standing(saga: &Saga, now: Timestamp) {
    let moment = |at: &Option<String>| {
        let exact = at.as_deref().map(exact).unwrap_or_default();
        format!("{exact}, {} ago", age(at.as_deref(), now))
    };
    line("accepted", &moment(&saga.accepted_at));
    if saga.ended {
        line("ended", &moment(&saga.ended_at));
    } else {
        line("changed", &moment(&saga.updated_at));
        let who = saga.responsible.as_deref().unwrap_or("nobody");
        let why = saga.wake_reason.as_deref().unwrap_or("no reason is known");
        let by = match saga.wake_at.as_deref() {
            Some(at) => format!("by {} ({})", exact(at), due(Some(at), now)),
            None => "and has NO NEXT WAKE TIME: nothing happens by itself".to_owned(),
        };
        line("next", &format!("{who} {by}"));
        line("why", why);
    }
    if let Some(cancel) = &saga.cancel {
        line(
            "withdrawn",
            &format!("by {}", said(&cancel.by, &cancel.reason)),
        );
    }
    if !saga.outcomes.is_empty() {
        line("outcomes", &saga.outcomes.join(", "));
    }
    let journal = match (&saga.chain.first_broken, saga.chain.intact) {
        (Some(row), _) => format!("BROKEN: row {} is not what was written", row.seq),
        (None, true) => "intact".to_owned(),
        (None, false) => "BROKEN".to_owned(),
    };
    line(
        "journal",
        &format!("{} rows, {journal}; epoch {}", saga.events, saga.epoch),
    );
    if saga.erased {
        line(
            "erased",
            "what was submitted, asked, answered and said can be read by nobody",
        );
    }
    if let Some(annuls) = &saga.annuls {
        line("annuls", annuls);
    }
    if let Some(trace) = &saga.trace_id {
        line("trace", trace);
    }
    if let Some(why) = &saga.quarantined {
        line("set aside", &paint(BAD, why));
    }
    let unreadable = saga.unreadable.as_ref();
    if let Some(why) = unreadable.filter(|why| Some(*why) != saga.quarantined.as_ref()) {
        line("unreadable", &paint(BAD, why));
    }
}

/// Who or what it was, and what was said, unless that is erased.
fn said(what: &str, words: &str) -> String {
    if words.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {words}")
    }
}

fn print_steps(saga: &Saga) {
    let mut table = Table::new([
        "STEP",
        "SEGMENT",
        "DEPARTMENT",
        "KIND",
        "STATE",
        "ROUND",
        "ENDED",
        "WHAT",
    ]);
    for step in &saga.steps {
        let refusal = step
            .refusal
            .as_ref()
            .map(|refused| said(&refused.reason, &refused.message));
        let waiting = step.waiting_for.as_ref().map(|what| {
            let due = step.due.as_ref();
            let due = due.map(|due| format!(", due {}", exact(due)));
            format!("waits for {what}{}", due.unwrap_or_default())
        });
        let what = [
            step.attested.clone(),
            step.trouble.clone(),
            waiting,
            refusal,
        ];
        let at = step.ended_at.as_ref().or(step.started_at.as_ref());
        let style = match step.state.as_str() {
            "undo_failed" => BAD,
            _ if !step.acts.is_empty() => BAD,
            "refused" | "in_doubt" | "undo_in_doubt" | "waiting" | "undo_waiting" => BACK,
            "blocked" | "not_started" | "omitted" => FAINT,
            _ => Style::new(),
        };
        let row = [
            step.id.clone(),
            step.segment.clone(),
            step.department.clone(),
            step.kind.clone(),
            step.state.clone(),
            step.round.to_string(),
            at.map(|at| exact(at)).unwrap_or_else(|| "-".to_owned()),
            what.into_iter().flatten().next().unwrap_or_default(),
        ];
        table.add(row, style);
    }
    if !table.is_empty() {
        anstream::println!();
        table.print("  ");
    }
}

fn print_segments(saga: &Saga) {
    let told = saga.segments.iter().filter(|s| {
        s.failed_step.is_some() || s.failed_segment.is_some() || s.withdrawn || s.time_up
    });
    for segment in told {
        let why = match (&segment.failed_step, &segment.failed_segment) {
            (Some(step), _) => format!("step {step} failed"),
            (None, Some(other)) => format!("it depends on segment {other}, which failed"),
            (None, None) if segment.time_up => "the case's time was over".to_owned(),
            (None, None) => "the case was withdrawn".to_owned(),
        };
        anstream::println!("  segment {} is {}: {why}", segment.id, segment.state);
    }
}

/// What waits for a second operator.
fn print_proposals(saga: &Saga, now: Timestamp) {
    for proposal in &saga.proposals {
        let Proposal {
            number,
            step,
            act,
            by,
            reason,
            ..
        } = proposal;
        let ago = age(proposal.at.as_deref(), now);
        let title = format!("Proposal {number}: {act} step {step}, by {by}, {ago} ago");
        anstream::println!("\n{}", paint(STRONG, &title));
        if let Some(disposition) = &proposal.disposition {
            anstream::println!("  what became of it: {disposition}");
        }
        anstream::println!("  because: {reason}");
        anstream::println!("  an operator other than {by} decides:");
        let id = &saga.id;
        anstream::println!("    onething saga approve {id} --proposal {number}");
        anstream::println!("    onething saga decline {id} --proposal {number} --reason \"…\"");
    }
}

/// What the reader can do, as commands to copy.
fn print_acts(saga: &Saga) {
    let stuck: Vec<_> = saga.steps.iter().filter(|s| !s.acts.is_empty()).collect();
    if !stuck.is_empty() {
        anstream::println!("\n{}", paint(STRONG, "What you can do"));
    }
    for step in stuck {
        for act in &step.acts {
            let (meaning, more) = match act.as_str() {
                "retry" => ("ask the department again", ""),
                "undo" => ("ask the department again to undo it", ""),
                "skip" => ("go on without it, if another operator approves", ""),
                "attest" => (
                    "record what became of it, if another operator approves",
                    " --disposition \"…\"",
                ),
                _ => ("", ""),
            };
            let (id, name) = (&saga.id, &step.id);
            anstream::println!("  {}", paint(FAINT, &format!("{name}: {meaning}")));
            anstream::println!("    onething saga {act} {id} --step {name}{more} --reason \"…\"");
        }
    }
}
