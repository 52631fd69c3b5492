//! A validated definition with its graph worked out once, shared by all its sagas.

use std::ops::Deref;

use super::{Definition, DefinitionError, Kind, SegmentIndex, StepIndex};

/// A definition that keeps the rules, and who depends on whom in it.
#[derive(Debug)]
pub struct Plan {
    definition: Definition,
    descendants: Vec<Vec<StepIndex>>,
    members: Vec<Vec<StepIndex>>,
    pivots: Vec<Option<StepIndex>>,
    needs: Vec<Vec<SegmentIndex>>,
}

impl Plan {
    /// Proves the definition and works out its graph.
    ///
    /// # Errors
    /// Every rule of [`Definition::validate`] that does not hold.
    pub fn new(definition: Definition) -> Result<Self, Vec<DefinitionError>> {
        definition.validate()?;
        let steps = definition.steps.len();
        let descendants = descendants(&definition);
        let mut members = vec![Vec::new(); definition.segments.len()];
        let mut pivots = vec![None; definition.segments.len()];
        let mut needs = vec![Vec::new(); definition.segments.len()];
        for index in (0..steps).map(StepIndex::from) {
            let step = definition.step(index);
            members[step.segment.at()].push(index);
            if step.kind == Kind::Pivot {
                pivots[step.segment.at()] = Some(index);
            }
            for before in &step.after {
                let other = definition.step(*before).segment;
                let known: &mut Vec<SegmentIndex> = &mut needs[step.segment.at()];
                if other != step.segment && !known.contains(&other) {
                    known.push(other);
                }
            }
        }
        Ok(Self {
            definition,
            descendants,
            members,
            pivots,
            needs,
        })
    }

    /// The definition itself.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Every step that depends on `step`, directly or through others.
    #[must_use]
    pub fn descendants(&self, step: StepIndex) -> &[StepIndex] {
        &self.descendants[step.at()]
    }

    /// The steps of a segment.
    #[must_use]
    pub fn members(&self, segment: SegmentIndex) -> &[StepIndex] {
        &self.members[segment.at()]
    }

    /// The pivot of a segment, when it has one.
    #[must_use]
    pub fn pivot(&self, segment: SegmentIndex) -> Option<StepIndex> {
        self.pivots[segment.at()]
    }

    /// The segments that must be past the point of going backward before this one starts.
    #[must_use]
    pub fn needs(&self, segment: SegmentIndex) -> &[SegmentIndex] {
        &self.needs[segment.at()]
    }

    /// All step positions in order.
    pub fn step_indices(&self) -> impl Iterator<Item = StepIndex> + use<> {
        (0..self.definition.steps.len()).map(StepIndex::from)
    }

    /// All segment positions in order.
    pub fn segment_indices(&self) -> impl Iterator<Item = SegmentIndex> + use<> {
        (0..self.definition.segments.len()).map(SegmentIndex::from)
    }
}

impl Deref for Plan {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        &self.definition
    }
}

/// For each step, every step that depends on it. The definition has no cycle.
pub(super) fn descendants(definition: &Definition) -> Vec<Vec<StepIndex>> {
    let count = definition.steps.len();
    let mut children = vec![Vec::new(); count];
    for (index, step) in definition.steps.iter().enumerate() {
        for before in &step.after {
            children[before.at()].push(index);
        }
    }
    (0..count)
        .map(|start| {
            let mut seen = vec![false; count];
            let mut open = children[start].clone();
            while let Some(next) = open.pop() {
                if !std::mem::replace(&mut seen[next], true) {
                    open.extend(&children[next]);
                }
            }
            seen.iter()
                .enumerate()
                .filter(|(_, reached)| **reached)
                .map(|(index, _)| StepIndex::from(index))
                .collect()
        })
        .collect()
}
