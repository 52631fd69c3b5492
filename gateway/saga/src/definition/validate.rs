//! The proof that a definition cannot lead a saga into a state without a declared end.

use std::collections::HashSet;

use super::plan::descendants;
use super::{Definition, DefinitionError, Kind, OnExpiry, SegmentIndex, Step, StepIndex};

const LARGEST: usize = 1024;

pub(super) fn validate(definition: &Definition) -> Result<(), Vec<DefinitionError>> {
    let mut errors = names(definition);
    if errors.is_empty() {
        errors.extend(cycles(definition));
    }
    if errors.is_empty() {
        let graph = Graph {
            definition,
            descendants: descendants(definition),
        };
        errors.extend(graph.segments());
        errors.extend(graph.partial_outcomes());
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// Names are unique and references lead somewhere.
fn names(definition: &Definition) -> Vec<DefinitionError> {
    let mut errors = Vec::new();
    let count = definition.steps.len().max(definition.segments.len());
    if definition.steps.is_empty() {
        errors.push(DefinitionError::Empty);
    }
    if count > LARGEST {
        errors.push(DefinitionError::TooLarge { count });
    }
    let mut steps = HashSet::new();
    for step in &definition.steps {
        if !steps.insert(&step.id) {
            errors.push(DefinitionError::DuplicateStep {
                step: step.id.clone(),
            });
        }
        for after in step
            .after
            .iter()
            .filter(|after| after.at() >= definition.steps.len())
        {
            errors.push(DefinitionError::UnknownStep {
                step: step.id.clone(),
                after: after.0,
            });
        }
        if step.segment.at() >= definition.segments.len() {
            let (step, segment) = (step.id.clone(), step.segment.0);
            errors.push(DefinitionError::UnknownSegment { step, segment });
        }
        errors.extend(features(step));
    }
    let mut segments = HashSet::new();
    for (index, segment) in definition.segments.iter().enumerate() {
        if !segments.insert(&segment.id) {
            errors.push(DefinitionError::DuplicateSegment {
                segment: segment.id.clone(),
            });
        }
        if !definition
            .steps
            .iter()
            .any(|step| step.segment.at() == index)
        {
            errors.push(DefinitionError::EmptySegment {
                segment: segment.id.clone(),
            });
        }
    }
    errors
}

/// What a step may do and wait for goes with what it is.
fn features(step: &Step) -> Vec<DefinitionError> {
    let mut errors = Vec::new();
    let name = || step.id.clone();
    let expiry = step.deadline.map(|limit| limit.on_expiry);
    let deemed = matches!(
        expiry,
        Some(OnExpiry::DeemedGranted | OnExpiry::DeemedRefused)
    );
    let calls_nobody = step.awaits.is_some();
    if step.kind == Kind::Pivot && step.optional {
        errors.push(DefinitionError::OptionalPivot { step: name() });
    }
    if step.kind == Kind::Pivot && step.for_each {
        errors.push(DefinitionError::RepeatedPivot { step: name() });
    }
    if calls_nobody && (step.kind != Kind::Query || step.for_each || step.correctable) {
        errors.push(DefinitionError::WaitCalls { step: name() });
    }
    if calls_nobody && deemed {
        errors.push(DefinitionError::NobodyDecides { step: name() });
    }
    if step.kind == Kind::Forward && expiry == Some(OnExpiry::Compensate) {
        errors.push(DefinitionError::ExpiryCannotUndo { step: name() });
    }
    if step.kind != Kind::Query && step.fresh_for.is_some() {
        errors.push(DefinitionError::OnlyQueriesAge { step: name() });
    }
    errors
}

/// Neither steps nor segments wait for each other.
fn cycles(definition: &Definition) -> Vec<DefinitionError> {
    let steps: Vec<Vec<usize>> = definition
        .steps
        .iter()
        .map(|step| step.after.iter().map(|after| after.at()).collect())
        .collect();
    if let Some(cycle) = find_cycle(&steps) {
        let steps = cycle
            .into_iter()
            .map(|step| definition.steps[step].id.clone())
            .collect();
        return vec![DefinitionError::Cycle { steps }];
    }
    let mut segments = vec![Vec::new(); definition.segments.len()];
    for step in &definition.steps {
        for after in &step.after {
            let other = definition.step(*after).segment;
            if other != step.segment {
                segments[step.segment.at()].push(other.at());
            }
        }
    }
    match find_cycle(&segments) {
        Some(cycle) => {
            let name = |segment: usize| definition.segments[segment].id.clone();
            vec![DefinitionError::SegmentCycle {
                segments: cycle.into_iter().map(name).collect(),
            }]
        }
        None => Vec::new(),
    }
}

/// One cycle of a graph given by predecessors, in the direction of time, if there is any.
fn find_cycle(before: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut done = vec![false; before.len()];
    for start in 0..before.len() {
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            if done[*node] || *next == before[*node].len() {
                done[*node] = true;
                path.pop();
                continue;
            }
            let to = before[*node][*next];
            *next += 1;
            if let Some(from) = path.iter().position(|(seen, _)| *seen == to) {
                let mut cycle: Vec<usize> = path[from..].iter().map(|(seen, _)| *seen).collect();
                cycle.reverse();
                return Some(cycle);
            }
            path.push((to, 0));
        }
    }
    None
}

struct Graph<'a> {
    definition: &'a Definition,
    descendants: Vec<Vec<StepIndex>>,
}

impl Graph<'_> {
    fn before(&self, first: StepIndex, then: StepIndex) -> bool {
        self.descendants[first.at()].contains(&then)
    }

    fn members(&self, segment: SegmentIndex) -> impl Iterator<Item = (StepIndex, &Step)> {
        let steps = self.definition.steps.iter().enumerate();
        steps
            .filter(move |(_, step)| step.segment == segment)
            .map(|(index, step)| (StepIndex::from(index), step))
    }

    fn segments(&self) -> Vec<DefinitionError> {
        let mut errors = Vec::new();
        for segment in (0..self.definition.segments.len()).map(SegmentIndex::from) {
            let pivots: Vec<_> = self
                .members(segment)
                .filter(|(_, step)| step.kind == Kind::Pivot)
                .collect();
            match pivots.as_slice() {
                [] => errors.extend(self.without_pivot(segment)),
                [pivot] => errors.extend(self.around_pivot(segment, *pivot)),
                [first, second, ..] => errors.push(DefinitionError::TwoPivots {
                    segment: self.definition.segment(segment).id.clone(),
                    first: first.1.id.clone(),
                    second: second.1.id.clone(),
                }),
            }
        }
        errors
    }

    fn around_pivot(
        &self,
        segment: SegmentIndex,
        (pivot, named): (StepIndex, &Step),
    ) -> Vec<DefinitionError> {
        let mut errors = Vec::new();
        for (index, step) in self.members(segment).filter(|(index, _)| *index != pivot) {
            let (segment, pivot_id) = (
                self.definition.segment(segment).id.clone(),
                named.id.clone(),
            );
            let (step_id, pivot_id) = (step.id.clone(), pivot_id);
            if self.before(index, pivot) {
                if step.kind == Kind::Forward {
                    let (step, pivot) = (step_id, pivot_id);
                    errors.push(DefinitionError::ForwardBeforePivot {
                        segment,
                        step,
                        pivot,
                    });
                }
            } else if self.before(pivot, index) {
                if can_fail(step) {
                    let (step, pivot) = (step_id, pivot_id);
                    errors.push(DefinitionError::FailsAfterPivot {
                        segment,
                        step,
                        pivot,
                    });
                }
            } else {
                let (step, pivot) = (step_id, pivot_id);
                errors.push(DefinitionError::BesidePivot {
                    segment,
                    step,
                    pivot,
                });
            }
        }
        errors
    }

    fn without_pivot(&self, segment: SegmentIndex) -> Vec<DefinitionError> {
        let mut errors = Vec::new();
        for (forward, named) in self
            .members(segment)
            .filter(|(_, s)| s.kind == Kind::Forward)
        {
            for (index, step) in self.members(segment) {
                if can_fail(step) && !self.before(index, forward) {
                    errors.push(DefinitionError::FailsBesideForward {
                        segment: self.definition.segment(segment).id.clone(),
                        step: step.id.clone(),
                        forward: named.id.clone(),
                    });
                }
            }
        }
        errors
    }

    /// A segment that can fail while another's effect stands says how the case ends then.
    fn partial_outcomes(&self) -> Vec<DefinitionError> {
        let mut errors = Vec::new();
        for (index, segment) in self.definition.segments.iter().enumerate() {
            let here = SegmentIndex::from(index);
            let fails = self.members(here).any(|(_, step)| can_fail(step));
            if segment.partial.is_some() || !fails {
                continue;
            }
            let other = (0..self.definition.segments.len())
                .map(SegmentIndex::from)
                .find(|other| {
                    *other != here
                        && !self.depends(*other, here)
                        && self
                            .members(*other)
                            .any(|(_, step)| step.kind != Kind::Query)
                });
            if let Some(other) = other {
                errors.push(DefinitionError::MissingPartial {
                    segment: segment.id.clone(),
                    other: self.definition.segment(other).id.clone(),
                });
            }
        }
        errors
    }

    /// Whether segment `later` cannot start before segment `earlier` can no longer fail.
    fn depends(&self, later: SegmentIndex, earlier: SegmentIndex) -> bool {
        let mut seen = vec![false; self.definition.segments.len()];
        let mut open = vec![later];
        while let Some(segment) = open.pop() {
            for (_, step) in self.members(segment) {
                for before in step
                    .after
                    .iter()
                    .map(|after| self.definition.step(*after).segment)
                {
                    if before == earlier {
                        return true;
                    }
                    if !std::mem::replace(&mut seen[before.at()], true) {
                        open.push(before);
                    }
                }
            }
        }
        false
    }
}

/// Whether the step can make its segment go backward.
fn can_fail(step: &Step) -> bool {
    !step.optional
        && match step.kind {
            Kind::Query => {
                let expiry = step.deadline.map(|limit| limit.on_expiry);
                step.refusable || expiry == Some(OnExpiry::Compensate)
            }
            Kind::Compensable | Kind::Pivot => true,
            Kind::Forward => false,
        }
}
