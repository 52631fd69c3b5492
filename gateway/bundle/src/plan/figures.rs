//! The figures of a bundle: how many fields, materials, steps and trips there are, and were. None is
//! written down; a bundle may state what was before the reform where its contracts cannot tell.

use std::collections::BTreeSet;

use onething_proto::annotations::ActionKind;
use serde::Serialize;

use super::explanation::{FieldSource, Origin};
use super::papers::{Fate, Paper};
use crate::model::{Await, Bundle, Step};

/// A figure before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// Before, when each matter was applied for by itself; `None` where nobody stated it and nothing
    /// tells.
    pub before: Option<u32>,
    /// As one thing.
    pub after: u32,
}

impl Cut {
    /// What was cut, in percent of before.
    #[must_use]
    pub fn percent(&self) -> Option<u32> {
        let before = self.before.filter(|before| *before > 0)?;
        Some(before.saturating_sub(self.after) * 100 / before)
    }
}

/// How many fields come from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fields {
    /// Filled in on all forms together, when each matter was applied for by itself.
    pub before: u32,
    /// Filled in by the applicant, once each.
    pub asked: u32,
    /// Of those, how many only those fill in whom a department's answer concerns.
    pub asked_only_when: u32,
    /// Inputs that are the same field as another and so not asked, looked up or produced again.
    pub merged: u32,
    /// Given by a shared item.
    pub prefilled: u32,
    /// Produced by an earlier step.
    pub produced: u32,
    /// Stated by the bundle.
    pub stated: u32,
}

impl Fields {
    pub(super) fn of(sources: &[FieldSource], before: Option<u32>) -> Self {
        let count = |of: fn(&Origin) -> bool| {
            let counted = sources.iter().filter(|source| of(&source.origin));
            number(counted.count())
        };
        let inputs = number(sources.iter().map(|source| source.used_by.len()).sum());
        let stated = count(|origin| matches!(origin, Origin::Stated));
        Self {
            before: before.unwrap_or(inputs),
            asked: count(|origin| matches!(origin, Origin::Asked { .. })),
            asked_only_when: count(|origin| {
                matches!(
                    origin,
                    Origin::Asked {
                        only_when: Some(_),
                        ..
                    }
                )
            }),
            merged: inputs - number(sources.len()),
            prefilled: count(|origin| matches!(origin, Origin::Prefilled { .. })),
            produced: count(|origin| matches!(origin, Origin::Produced { .. })),
            stated,
        }
    }
}

/// Before, each matter wanted its own copy; now each that is left is handed in once.
pub(super) fn materials(bundle: &Bundle, papers: &[Paper]) -> Cut {
    let all = papers.iter().map(|paper| paper.required_by.len()).sum();
    let left = papers.iter().filter(|paper| paper.fate == Fate::Remains);
    Cut {
        before: Some(bundle.before.materials.unwrap_or_else(|| number(all))),
        after: number(left.count()),
    }
}

/// Before, each matter with an effect was an application of its own; now there is one, and what the
/// applicant does later.
pub(super) fn steps(bundle: &Bundle) -> Cut {
    let matters = bundle.steps.iter().filter(|s| s.kind != ActionKind::Query);
    let later = bundle
        .steps
        .iter()
        .filter(|step| matches!(&step.awaits, Some(Await::Signal { by, .. }) if by == "applicant"));
    Cut {
        before: Some(
            bundle
                .before
                .steps
                .unwrap_or_else(|| number(matters.count())),
        ),
        after: 1 + number(later.count()),
    }
}

/// Before, every department that wanted papers or somebody's presence was a trip; now only one before
/// which somebody has to appear. Papers that are left are sent in.
pub(super) fn trips(bundle: &Bundle) -> Cut {
    let departments = |of: fn(&Step) -> bool| {
        let steps = bundle.steps.iter().enumerate();
        let visited =
            steps.filter(|(position, step)| !bundle.plan.is_inserted(*position) && of(step));
        let codes: BTreeSet<&str> = visited.map(|(_, s)| s.department.code.as_str()).collect();
        number(codes.len())
    };
    let before = || departments(|step| step.in_person || !step.materials.is_empty());
    Cut {
        before: Some(bundle.before.trips.unwrap_or_else(before)),
        after: departments(|step| step.in_person),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
