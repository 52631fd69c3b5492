//! Every bundle of the catalogue: its sample case is done, and whichever step is refused, the case ends as
//! the bundle declares, with nothing of an undone part in force at any department.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use onething_bundle::{ActionKind, Await, Bundle, Catalogue, Step};
use onething_elements::Dictionary;
use onething_proto::Contracts;
use onething_tests::{Attempt, Case, Databases, databases_at_the_start};
use serde_json::Value;

fn bundles() -> Vec<Bundle> {
    let catalogue = Catalogue::embedded(Contracts::standard(), Dictionary::standard());
    catalogue
        .expect("the built-in bundles load")
        .into_bundles()
        .collect()
}

/// How many suites run at once.
fn at_once() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2))
}

#[tokio::test]
async fn every_bundle_is_done_and_however_a_step_is_refused_ends_as_it_declares() {
    let before = databases_at_the_start().await;
    let bundles = bundles();
    let done: Vec<_> = stream::iter(&bundles)
        .map(async |bundle| (bundle, Attempt::new(&bundle.id, None).await))
        .buffered(at_once())
        .collect()
        .await;
    let mut mistakes = Vec::new();
    for (bundle, done) in &done {
        mistakes.extend(completed(bundle, done).await);
    }
    let refusals = done.iter().flat_map(|(bundle, done)| {
        let steps = bundle.steps.iter().filter(|step| refusable(step));
        steps.map(move |step| (*bundle, step, &done.case))
    });
    let refused: Vec<Vec<String>> = stream::iter(refusals.collect::<Vec<_>>())
        .map(async |(bundle, step, done)| {
            let attempt = Attempt::new(&bundle.id, Some(&step.id)).await;
            let judged = refused(bundle, step, done, &attempt, &before).await;
            let of = |mistake| format!("{} --refuse {}: {mistake}", bundle.id, step.id);
            judged.into_iter().map(of).collect()
        })
        .buffer_unordered(at_once())
        .collect()
        .await;
    assert!(
        refused.len() > bundles.len(),
        "every bundle can be refused somewhere"
    );
    mistakes.extend(refused.into_iter().flatten());
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// Whether somebody can refuse a step: its department, its officer, or whoever acts from outside.
fn refusable(step: &Step) -> bool {
    match step.awaits {
        Some(Await::Timer { .. }) => false,
        Some(Await::Signal { .. }) => true,
        None => step.kind != ActionKind::Forward,
    }
}

fn changes_something(step: &Step) -> bool {
    step.kind != ActionKind::Query
}

/// What is wrong with a sample case in which nothing was refused.
async fn completed(bundle: &Bundle, done: &Attempt) -> Vec<String> {
    let mut mistakes = Vec::new();
    if (done.code, done.case.state()) != (0, "completed") {
        let mistake = format!(
            "ended {} with {}: {:#}",
            done.case.state(),
            done.code,
            done.report
        );
        return vec![format!("{}: {mistake}", bundle.id)];
    }
    for (step, state) in done.case.items() {
        if !["succeeded", "omitted"].contains(&state) {
            mistakes.push(format!("{step} is {state}"));
        }
    }
    mistakes.extend(ledgers(bundle, &done.case, &done.databases().await));
    let of = |mistake| format!("{}: {mistake}", bundle.id);
    mistakes.into_iter().map(of).collect()
}

/// What is wrong with a case in which a step was refused, given how it is when nothing is.
async fn refused(
    bundle: &Bundle,
    step: &Step,
    done: &Case,
    attempt: &Attempt,
    before: &Databases,
) -> Vec<String> {
    let case = &attempt.case;
    let databases = attempt.databases().await;
    let mut mistakes = ledgers(bundle, case, &databases);
    // A step that does not apply to the sample, or that a case can do without, fails nothing.
    if done.state_of(&step.id) == "omitted" || step.optional {
        if (attempt.code, case.state_of(&step.id)) != (0, "omitted") {
            mistakes.push(format!("was not done without it: {:#}", attempt.report));
        }
        return mistakes;
    }
    let stands = case.items().into_iter().any(|(id, state)| {
        let step = bundle.step_index(id).map(|at| &bundle.steps[at]);
        step.is_some_and(changes_something) && state == "succeeded"
    });
    let (code, state) = if stands {
        (4, "partial")
    } else {
        (3, "compensated")
    };
    if (attempt.code, case.state()) != (code, state) {
        let ended = format!("ended {} with {}", case.state(), attempt.code);
        mistakes.push(format!("{ended}, not {state}: {:#}", attempt.report));
    }
    let outcomes: Vec<_> = case
        .remainders()
        .iter()
        .map(|remainder| remainder["outcome"].as_str().unwrap())
        .collect();
    let segment = &bundle.segments[step.segment];
    let declared = if step.awaits.is_some() {
        Some(&bundle.withdrawal)
    } else {
        segment.partial.as_ref()
    };
    let declared: Vec<_> = declared
        .filter(|_| stands)
        .map(|p| p.id.as_str())
        .into_iter()
        .collect();
    if outcomes != declared {
        mistakes.push(format!("ended in {outcomes:?}, not in {declared:?}"));
    }
    if step.awaits.is_none() {
        // Of a repeated step, an item is refused, and the step that joins them never comes to it.
        if !case.items().contains(&(step.id.as_str(), "refused")) {
            mistakes.push(format!("it is {}", case.state_of(&step.id)));
        }
        mistakes.extend(ends(bundle, step, done, case));
    }
    if !stands {
        mistakes.extend(databases.changes_in_force(before));
    }
    mistakes
}

/// What the refused segment undoes, what depends on it never starts, and everything else is as if nothing
/// had been refused.
fn ends(bundle: &Bundle, refused: &Step, done: &Case, case: &Case) -> Vec<String> {
    let dropped = dependents(bundle, refused.segment);
    let mut mistakes = Vec::new();
    for step in bundle.steps.iter().filter(|step| changes_something(step)) {
        let state = case.state_of(&step.id);
        let fine = if step.segment == refused.segment {
            [
                "refused",
                "undone",
                "nothing_to_undo",
                "not_started",
                "omitted",
            ]
            .contains(&state)
        } else if dropped.contains(&step.segment) {
            state == "not_started"
        } else {
            state == done.state_of(&step.id)
        };
        if !fine {
            mistakes.push(format!("{} is {state}", step.id));
        }
    }
    mistakes
}

/// The segments that start only after another.
fn dependents(bundle: &Bundle, of: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    loop {
        let more: Vec<_> = (0..bundle.segments.len())
            .filter(|at| !found.contains(at))
            .filter(|at| {
                let after = &bundle.segments[*at].after;
                after
                    .iter()
                    .any(|before| *before == of || found.contains(before))
            })
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// What the departments' ledgers have beside what the case says of its items.
fn ledgers(bundle: &Bundle, case: &Case, databases: &Databases) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut unexplained: Vec<_> = databases.calls.iter().collect();
    for told in case.json()["items"].as_array().unwrap() {
        let id = told["step"].as_str().unwrap();
        let Some(at) = bundle.step_index(id) else {
            mistakes.push(format!("{id} is no step"));
            continue;
        };
        let (step, item) = (&bundle.steps[at], item(told));
        let of_this = |call: &&onething_tests::Recorded| call.step == id && call.item == item;
        let calls: Vec<_> = unexplained.iter().copied().filter(of_this).collect();
        unexplained.retain(|call| !of_this(call));
        let outcomes: Vec<_> = calls.iter().map(|call| call.outcome.as_str()).collect();
        let state = told["state"].as_str().unwrap();
        let expected: &[&[&str]] = match state {
            _ if !changes_something(step) => &[&[], &["closed"]],
            // It merely joins its items, which are told behind it.
            _ if step.for_each.is_some() && item.is_empty() => &[&[]],
            "succeeded" => &[&["succeeded"]],
            "refused" => &[&["refused"]],
            "undone" => &[&["undone"]],
            "nothing_to_undo" => &[&["closed"], &["refused"], &["undone"], &[]],
            "omitted" if step.optional => &[&[], &["refused"], &["closed"]],
            "not_started" | "omitted" => &[&[]],
            _ => &[],
        };
        if !expected.contains(&outcomes.as_slice()) {
            mistakes.push(format!("{id} {item} is {state}, on record is {calls:?}"));
        }
        let elsewhere = calls
            .iter()
            .find(|call| call.department != step.department.served_by);
        if let Some(call) = elsewhere {
            mistakes.push(format!("{id} is on record at {}", call.department));
        }
    }
    if !unexplained.is_empty() {
        mistakes.push(format!("on record are calls of no item: {unexplained:?}"));
    }
    mistakes
}

/// The item of a repeated step, as its key names it.
fn item(told: &Value) -> String {
    told["item"]
        .as_u64()
        .map_or_else(String::new, |item| item.to_string())
}
