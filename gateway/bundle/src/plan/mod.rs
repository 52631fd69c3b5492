//! The planner's part that looks beyond the steps of a file: which shared data items (数据共享项) save
//! the applicant which answers, where their queries stand, and why. Also what a loaded bundle can say
//! of itself: the explanation and the form for apps.
//!
//! The search is pure: it works on a scene, which the checks draw of a bundle as written, and its
//! outcome depends neither on the order of files nor on the order of fields in a message.

mod explanation;
mod figures;
mod item;
mod papers;
mod place;
mod scene;
mod schema;
mod search;

use std::collections::BTreeMap;

pub use explanation::{Appearance, Explanation, FieldSource, Origin, SharedItem};
pub use figures::{Cut, Fields};
pub(crate) use item::{Candidate, Fact, candidates, items};
pub use papers::{Fate, Paper};
pub(crate) use place::Place;
pub(crate) use scene::{Scene, SceneSegment, SceneStep, Use, Want, When};
pub use schema::{Layout, LayoutChoice, LayoutField, Section};
pub use search::Spared;
pub(crate) use search::{Chosen, Found, Key, search};

/// What the planner added to a bundle as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps that query a shared item and that no file lists, in ascending order.
    pub inserted: Vec<usize>,
    /// Why the applicant is asked for (role, element) although a shared item gives it.
    pub spared: BTreeMap<(String, String), Spared>,
}

impl Plan {
    /// Whether the planner added a step.
    #[must_use]
    pub fn is_inserted(&self, step: usize) -> bool {
        self.inserted.binary_search(&step).is_ok()
    }
}
