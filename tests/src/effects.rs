//! What all departments together have on record for a case, held against what the case says.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::collections::BTreeMap;

use onething_proto::participant::{Effect, Outcome};

use crate::{
    case::Case,
    department::Departments,
    steps::{Step, bundle_steps},
};

/// The coordinator's name in every key.
const COORDINATOR: &str = "gateway";

/// What every department has recorded for a case (for all cases, if `saga` is empty), by the
/// department's process.
pub async fn effects(departments: &Departments, saga: &str) -> Vec<(&'static str, Effect)> {
    let mut all = Vec::new();
    for name in departments.names() {
        let effects = departments.effects(name, COORDINATOR, saga).await;
        all.extend(effects.into_iter().map(|effect| (name, effect)));
    }
    all
}

/// Asserts that no department has recorded anything for this gateway.
///
/// # Panics
/// When one has.
pub async fn assert_nothing_written(departments: &Departments) {
    let all = effects(departments, "").await;
    assert!(all.is_empty(), "something was written: {all:#?}");
}

/// Asserts, for an ended case, that each step that succeeded has exactly one effect in force, at its
/// department and nowhere else, and that no other effect is in force.
///
/// # Panics
/// When that is not so.
pub async fn assert_each_effect_once(departments: &Departments, case: &Case) {
    assert!(case.ended(), "{case:#?}");
    let recorded = effects(departments, case.id()).await;
    let mut by_step: BTreeMap<String, Vec<(&str, Effect)>> = BTreeMap::new();
    for (department, effect) in recorded {
        let step = effect.key.as_ref().unwrap().step.clone();
        by_step.entry(step).or_default().push((department, effect));
    }
    for step in bundle_steps(case.bundle()) {
        let effects = by_step.remove(&step.id).unwrap_or_default();
        assert_step(case, &step, &effects);
    }
    assert!(by_step.is_empty(), "effects of no step: {by_step:#?}");
}

fn assert_step(case: &Case, step: &Step, effects: &[(&str, Effect)]) {
    let state = case.state_of(&step.id);
    let outcomes: Vec<_> = effects.iter().map(|(_, effect)| effect.outcome()).collect();
    let expected: &[&[Outcome]] = match state {
        // Answers leave no effect.
        _ if !step.changes_something() => &[&[], &[Outcome::Closed]],
        "succeeded" => &[&[Outcome::Succeeded]],
        "refused" => &[&[Outcome::Refused]],
        "undone" => &[&[Outcome::Undone]],
        "nothing_to_undo" => &[&[Outcome::Closed], &[Outcome::Refused], &[Outcome::Undone]],
        "not_started" | "omitted" => &[&[]],
        state => panic!("{} ended as {state}: {case:#?}", step.id),
    };
    let as_expected = expected.contains(&outcomes.as_slice());
    assert!(
        as_expected,
        "{} is {state}, but on record are {effects:#?}",
        step.id
    );
    for (department, effect) in effects {
        let key = effect.key.as_ref().unwrap();
        assert_eq!(*department, step.served_by);
        assert!(
            effect.method == step.method || effect.method.is_empty(),
            "{effect:#?}"
        );
        assert_eq!(
            (key.coordinator.as_str(), key.saga.as_str()),
            (COORDINATOR, case.id())
        );
    }
}
