//! A bundle as written, as far as the search for shared items looks at it.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::FieldDescriptor;

use super::item::{Candidate, Fact};

/// The bundle as written. Steps and segments are named by their positions.
pub(crate) struct Scene<'i> {
    pub(crate) steps: Vec<SceneStep>,
    pub(crate) segments: Vec<SceneSegment>,
    /// What the applicant would be asked, in the order of the steps.
    pub(crate) wants: Vec<Want>,
    /// What steps surely answer, and in which field.
    pub(crate) answers: BTreeMap<Fact, Vec<(usize, String)>>,
    /// Every way to call a shared item.
    pub(crate) candidates: Vec<Candidate<'i>>,
}

/// One step as written.
pub(crate) struct SceneStep {
    /// The steps it comes after, whether for data or because the bundle says so.
    pub(crate) after: Vec<usize>,
    pub(crate) segment: usize,
    pub(crate) forward: bool,
    pub(crate) effect: bool,
    pub(crate) can_fail: bool,
    pub(crate) when: Option<When>,
}

/// A condition of a step, with the steps and facts of the form that it speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct When {
    pub(crate) text: String,
    /// `role.attribute` → the step that it comes from; `None` is the form.
    pub(crate) references: BTreeMap<String, Option<(usize, String)>>,
    pub(crate) asked: BTreeSet<Fact>,
}

/// One segment as written.
pub(crate) struct SceneSegment {
    pub(crate) pivot: Option<usize>,
}

/// Something that the applicant would be asked.
pub(crate) struct Want {
    pub(crate) fact: Fact,
    pub(crate) uses: Vec<Use>,
    /// The bundle says that the applicant is asked, or it is their wish.
    pub(crate) fixed: bool,
}

/// Where it is needed.
pub(crate) struct Use {
    pub(crate) step: usize,
    /// The field of the request; `None` in a condition.
    pub(crate) field: Option<FieldDescriptor>,
    /// Whether the step does without it, or the bundle without the step.
    pub(crate) tolerant: bool,
}
