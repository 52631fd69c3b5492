//! A validated definition with its graph worked out once, shared by all its sagas.

use std::ops::Deref;

use super::{Definition, DefinitionError, Kind, SegmentIndex, Step, StepIndex};

/// Which item of which repeated step a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The repeated step.
    pub(crate) of: StepIndex,
    /// Its place in the list, from 1.
    pub(crate) number: u32,
}

/// A definition that keeps the rules, and who depends on whom in it.
///
/// A saga whose repeated steps got their items has a plan of its own: the items are steps at the end of
/// the definition, with the name of the step they repeat, and that step merely joins them.
#[derive(Debug)]
pub struct Plan {
    definition: Definition,
    descendants: Vec<Vec<StepIndex>>,
    members: Vec<Vec<StepIndex>>,
    pivots: Vec<Option<StepIndex>>,
    needs: Vec<Vec<SegmentIndex>>,
    relies: Vec<Vec<bool>>,
    queries: Vec<Vec<StepIndex>>,
    followers: Vec<Vec<StepIndex>>,
    items: Vec<Option<Item>>,
    joined: Vec<Option<Kind>>,
}

impl Plan {
    /// Proves the definition and works out its graph.
    ///
    /// # Errors
    /// Every rule of [`Definition::validate`] that does not hold.
    pub fn new(definition: Definition) -> Result<Self, Vec<DefinitionError>> {
        definition.validate()?;
        let steps = definition.steps.len();
        Ok(Self::build(
            definition,
            vec![None; steps],
            vec![None; steps],
        ))
    }

    fn build(definition: Definition, items: Vec<Option<Item>>, joined: Vec<Option<Kind>>) -> Self {
        let steps = definition.steps.len();
        let descendants = descendants(&definition);
        let mut members = vec![Vec::new(); definition.segments.len()];
        let mut pivots = vec![None; definition.segments.len()];
        let mut needs = vec![Vec::new(); definition.segments.len()];
        let mut queries = vec![Vec::new(); steps];
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
            if step.kind == Kind::Query && step.fresh_for.is_some() && step.awaits.is_none() {
                for later in &descendants[index.at()] {
                    if definition.step(*later).kind == Kind::Pivot {
                        queries[later.at()].push(index);
                    }
                }
            }
        }
        Self {
            followers: followers(&definition, &descendants, &items, &joined),
            definition,
            descendants,
            members,
            pivots,
            relies: relies(&needs),
            needs,
            queries,
            items,
            joined,
        }
    }

    /// This plan with `count` items for a repeated step. Items it has already keep their places.
    pub(crate) fn expanded(&self, step: StepIndex, count: u32) -> Self {
        let mut definition = self.definition.clone();
        let (mut items, mut joined) = (self.items.clone(), self.joined.clone());
        let known = self.items_of(step);
        let mut item = definition.step(step).clone();
        item.for_each = false;
        item.kind = self.kind(step);
        item.after.retain(|before| !known.contains(before));
        for number in 1..=count {
            if known.len() >= number as usize {
                continue;
            }
            let place = StepIndex::from(definition.steps.len());
            definition.steps.push(item.clone());
            definition.steps[step.at()].after.push(place);
            items.push(Some(Item { of: step, number }));
            joined.push(None);
        }
        let join = &mut definition.steps[step.at()];
        joined[step.at()] = Some(item.kind);
        join.kind = Kind::Query;
        join.deadline = None;
        join.fresh_for = None;
        Self::build(definition, items, joined)
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

    /// Whether a segment starts only after another, directly or through others.
    pub(crate) fn relies_on(&self, later: SegmentIndex, earlier: SegmentIndex) -> bool {
        self.relies[later.at()][earlier.at()]
    }

    /// The queries before a pivot whose answers may grow too old for it.
    #[must_use]
    pub fn queries(&self, pivot: StepIndex) -> &[StepIndex] {
        &self.queries[pivot.at()]
    }

    /// The steps whose calls can be journaled while this one is under way: calls that can be undone, of its
    /// own segment, about which nothing is still to be decided but that everything before them is finished.
    pub(crate) fn followers(&self, step: StepIndex) -> &[StepIndex] {
        &self.followers[step.at()]
    }

    /// The number of this item in the list its step is repeated for, from 1; 0 for any other step.
    /// It is part of the key.
    #[must_use]
    pub fn item(&self, step: StepIndex) -> u32 {
        self.items[step.at()].map_or(0, |item| item.number)
    }

    /// The repeated step that this step is an item of.
    #[must_use]
    pub fn item_of(&self, step: StepIndex) -> Option<StepIndex> {
        self.items[step.at()].map(|item| item.of)
    }

    /// The items of a repeated step, in the order of its list; none before they are known.
    #[must_use]
    pub fn items_of(&self, step: StepIndex) -> Vec<StepIndex> {
        let items = self.items.iter().enumerate();
        items
            .filter(|(_, item)| item.is_some_and(|item| item.of == step))
            .map(|(index, _)| StepIndex::from(index))
            .collect()
    }

    /// Whether a repeated step has got its items and merely joins them.
    #[must_use]
    pub fn joins(&self, step: StepIndex) -> bool {
        self.joined[step.at()].is_some()
    }

    /// What a step's action does, as its definition says: for a repeated step, what its items do.
    #[must_use]
    pub fn kind(&self, step: StepIndex) -> Kind {
        self.joined[step.at()].unwrap_or(self.definition.step(step).kind)
    }

    /// The place of a step, or of one of its items, by the name and number in its key.
    #[must_use]
    pub fn index_of_item(&self, step: &str, item: u32) -> Option<StepIndex> {
        let named = self.definition.index_of(step)?;
        if item == 0 {
            return Some(named);
        }
        let wanted = Some(Item {
            of: named,
            number: item,
        });
        self.items
            .iter()
            .position(|known| *known == wanted)
            .map(StepIndex::from)
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

/// For each step, those that can be intended ahead while it is under way. Where the applicant may be asked to
/// correct the submission there are none: what it says may still change.
fn followers(
    definition: &Definition,
    descendants: &[Vec<StepIndex>],
    items: &[Option<Item>],
    joined: &[Option<Kind>],
) -> Vec<Vec<StepIndex>> {
    if definition.steps.iter().any(|step| step.correctable) {
        return vec![Vec::new(); descendants.len()];
    }
    let plain = |step: &Step| {
        matches!(step.kind, Kind::Query | Kind::Compensable)
            && !step.optional
            && !step.conditional
            && !step.for_each
            && step.awaits.is_none()
            && step.deadline.is_none()
    };
    let behind_a_pivot = |step: &StepIndex| {
        definition
            .steps
            .iter()
            .zip(descendants)
            .any(|(before, later)| {
                matches!(before.kind, Kind::Pivot | Kind::Forward)
                    && before.segment == definition.step(*step).segment
                    && later.contains(step)
            })
    };
    let of = |(step, later): (&Step, &Vec<StepIndex>)| {
        let later = later.iter().copied();
        later
            .filter(|later| {
                let named = definition.step(*later);
                let repeated = items[later.at()].is_some() || joined[later.at()].is_some();
                named.segment == step.segment && plain(named) && !repeated && !behind_a_pivot(later)
            })
            .collect()
    };
    definition.steps.iter().zip(descendants).map(of).collect()
}

/// For each segment, which others it starts after, directly or through others.
fn relies(needs: &[Vec<SegmentIndex>]) -> Vec<Vec<bool>> {
    let reached = |start: &Vec<SegmentIndex>| {
        let mut seen = vec![false; needs.len()];
        let mut open = start.clone();
        while let Some(next) = open.pop() {
            if !std::mem::replace(&mut seen[next.at()], true) {
                open.extend(&needs[next.at()]);
            }
        }
        seen
    };
    needs.iter().map(reached).collect()
}
