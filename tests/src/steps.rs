//! What the built-in bundles' steps call, so that a suite can have each of them refused.

use std::collections::BTreeSet;

use onething_bundle::{ActionKind, Bundle, Catalogue};
use onething_elements::Dictionary;
use onething_proto::Contracts;

/// One step of a bundle.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// The full name of the method that it calls.
    pub method: String,
    /// The process that serves the method.
    pub served_by: String,
    /// What the call does to the world.
    pub kind: ActionKind,
    /// Whether the case goes on when it is refused.
    pub optional: bool,
    /// The steps that come before it, directly or through others.
    pub behind: BTreeSet<String>,
}

impl Step {
    /// Whether the department records the call.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        self.kind != ActionKind::Query
    }
}

/// The steps of a built-in bundle, in the order of its file.
///
/// # Panics
/// When there is no such bundle.
#[must_use]
pub fn bundle_steps(bundle: &str) -> Vec<Step> {
    let catalogue = Catalogue::embedded(Contracts::standard(), Dictionary::standard())
        .unwrap_or_else(|problems| panic!("the built-in bundles do not load: {problems:?}"));
    let found = catalogue.iter().find(|known| known.id == bundle);
    let found = found.unwrap_or_else(|| panic!("there is no bundle {bundle}"));
    let steps = found.steps.iter().map(|step| Step {
        id: step.id.clone(),
        method: step.path.clone(),
        served_by: step.department.served_by.clone(),
        kind: step.kind,
        optional: step.optional,
        behind: behind(found, &step.after),
    });
    steps.collect()
}

fn behind(bundle: &Bundle, after: &[usize]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for index in after {
        let step = &bundle.steps[*index];
        ids.insert(step.id.clone());
        ids.extend(behind(bundle, &step.after));
    }
    ids
}
