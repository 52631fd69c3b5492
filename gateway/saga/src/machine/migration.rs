//! Whether a saga that is under way may go on under another version of its definition.

use thiserror::Error;

use super::state::State;
use super::status::{SegmentState, StepState};
use crate::definition::{Plan, StepIndex};

/// Why a saga cannot go on under another definition. Steps are named as in the definition it runs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MigrationError {
    /// Nothing happens to it any more.
    #[error("the saga has ended")]
    Ended,
    /// The map names a step that one of the definitions lacks, or one twice.
    #[error("the map names step number {from} or {to} wrongly or twice")]
    NoMap {
        /// The step in the definition it runs.
        from: u16,
        /// The step in the other definition.
        to: u16,
    },
    /// A step that was started is nowhere in the other definition.
    #[error("step `{step}` was started and is not in the map")]
    Unmapped {
        /// The step.
        step: String,
    },
    /// While something is undone, every step has its place, started or not.
    #[error("something is being undone and step `{step}` is not in the map")]
    UnmappedInUndo {
        /// The step.
        step: String,
    },
    /// A step that was started is another one there: its name is part of its key, and its action and
    /// kind say what was called and how it is undone.
    #[error("step `{step}` was started and has another name, kind or action there")]
    Different {
        /// The step.
        step: String,
    },
    /// Two steps that stand or fall together would not, or the other way round.
    #[error("steps `{step}` and `{other}` were started and share a segment in one definition only")]
    Regrouped {
        /// One step.
        step: String,
        /// The other.
        other: String,
    },
    /// What was built on a step would not be undone before it.
    #[error("step `{later}` was built on `{earlier}`, but not in the other definition")]
    Reordered {
        /// The step that was built on.
        earlier: String,
        /// The step that builds on it.
        later: String,
    },
}

impl State {
    /// Proves that this saga can go on as one of `to`, whose steps take the places that `map` says.
    ///
    /// # Errors
    /// Every reason why it cannot, in the order of the steps.
    pub fn check_migration(
        &self,
        to: &Plan,
        map: &[(StepIndex, StepIndex)],
    ) -> Result<(), Vec<MigrationError>> {
        if self.ended().is_some() {
            return Err(vec![MigrationError::Ended]);
        }
        let places = self.places(to, map)?;
        let mut errors = Vec::new();
        let undoing = self.undoing();
        for step in self.own_steps() {
            let name = || self.plan.step(step).id.clone();
            match places[step.at()] {
                None if self.was_started(step) => {
                    errors.push(MigrationError::Unmapped { step: name() });
                }
                None if undoing => {
                    errors.push(MigrationError::UnmappedInUndo { step: name() });
                }
                Some(place) if self.was_started(step) && !self.same(step, to, place) => {
                    errors.push(MigrationError::Different { step: name() });
                }
                _ => {}
            }
        }
        errors.extend(self.structure(to, &places));
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// The steps that the definition itself has; the items of a repeated one go with it.
    fn own_steps(&self) -> impl Iterator<Item = StepIndex> {
        self.plan
            .step_indices()
            .filter(|step| self.plan.item(*step) == 0)
    }

    fn places(
        &self,
        to: &Plan,
        map: &[(StepIndex, StepIndex)],
    ) -> Result<Vec<Option<StepIndex>>, Vec<MigrationError>> {
        let mut places = vec![None; self.plan.steps.len()];
        let mut errors = Vec::new();
        for (from, place) in map {
            let known = from.at() < places.len()
                && self.plan.item(*from) == 0
                && place.at() < to.steps.len();
            if !known || places[from.at()].is_some() || places.contains(&Some(*place)) {
                errors.push(MigrationError::NoMap {
                    from: from.0,
                    to: place.0,
                });
                continue;
            }
            places[from.at()] = Some(*place);
        }
        if errors.is_empty() {
            Ok(places)
        } else {
            Err(errors)
        }
    }

    fn was_started(&self, step: StepIndex) -> bool {
        let record = self.step(step);
        let waits = matches!(record.state, StepState::Blocked | StepState::Ready);
        // The bytes of what is intended ahead are this definition's, and may have been sent.
        record.round > 0 || !waits || record.ahead.is_some() || self.plan.joins(step)
    }

    fn undoing(&self) -> bool {
        let backward = |segment: &super::record::SegmentRecord| {
            matches!(segment.state, SegmentState::Compensating)
        };
        self.segments.iter().any(backward)
            || self.steps.iter().any(|record| {
                record.undoing()
                    || record.rerun
                    || record.closing
                    || matches!(record.state, StepState::UndoReady | StepState::UndoFailed)
            })
    }

    fn same(&self, step: StepIndex, to: &Plan, place: StepIndex) -> bool {
        let (here, there) = (self.plan.step(step), to.step(place));
        here.id == there.id
            && self.plan.kind(step) == to.kind(place)
            && here.action == there.action
            && here.responsible == there.responsible
            && here.awaits == there.awaits
            && self.plan.joins(step) <= there.for_each
    }

    /// Started steps keep their company and their order.
    fn structure(&self, to: &Plan, places: &[Option<StepIndex>]) -> Vec<MigrationError> {
        let mut errors = Vec::new();
        let started: Vec<(StepIndex, StepIndex)> = self
            .own_steps()
            .filter(|step| self.was_started(*step))
            .filter_map(|step| places[step.at()].map(|place| (step, place)))
            .collect();
        for (at, (step, place)) in started.iter().enumerate() {
            for (other, other_place) in &started[at + 1..] {
                let together = |plan: &Plan, a: StepIndex, b: StepIndex| {
                    plan.step(a).segment == plan.step(b).segment
                };
                if together(&self.plan, *step, *other) != together(to, *place, *other_place) {
                    errors.push(MigrationError::Regrouped {
                        step: self.plan.step(*step).id.clone(),
                        other: self.plan.step(*other).id.clone(),
                    });
                }
            }
            for (later, later_place) in &started {
                let built = self.plan.descendants(*step).contains(later);
                if built && !to.descendants(*place).contains(later_place) {
                    errors.push(MigrationError::Reordered {
                        earlier: self.plan.step(*step).id.clone(),
                        later: self.plan.step(*later).id.clone(),
                    });
                }
            }
        }
        errors
    }
}
