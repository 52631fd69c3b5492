//! Where the chosen items stand: in which segment, before which steps, under which condition.
//!
//! An item that can be refused joins a segment that can be refused anyway, so that it adds no ending
//! that the bundle did not provide for: the one that needs it, if only one does, else the first, where
//! conditions are verified before anything has happened (条件核验). There it comes before the pivot.
//! An item that nothing depends on with its life is optional: its refusal leaves its fields empty.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Scene, When};
use super::search::{Found, Key};

/// Where a chosen item stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// The segment it belongs to; `None`: one of its own.
    pub(crate) segment: Option<usize>,
    /// Its refusal does not matter.
    pub(crate) optional: bool,
    /// Steps that must come after it although they take nothing from it.
    pub(crate) holds: Vec<usize>,
    /// When it applies, and the step whose condition it is.
    pub(crate) when: Option<(String, usize)>,
    /// The first step that needs it, directly or through another item.
    pub(crate) first: usize,
}

/// Who uses a chosen item.
#[derive(Debug, Default)]
struct Consumers {
    /// Steps; whether each does without it; whether its condition asks for it.
    steps: Vec<(usize, bool, bool)>,
    /// Other chosen items.
    chosen: BTreeSet<usize>,
}

/// Places every chosen item; `None` if there is no place for one of them.
pub(crate) fn places(scene: &Scene<'_>, found: &Found) -> Option<Vec<Place>> {
    let work = Work { scene, found };
    work.places(true).or_else(|| work.places(false))
}

struct Work<'s, 'i> {
    scene: &'s Scene<'i>,
    found: &'s Found,
}

impl Work<'_, '_> {
    fn places(&self, conditions: bool) -> Option<Vec<Place>> {
        let consumers = self.consumers();
        let count = self.found.chosen.len();
        let mut graph = Graph::new(self.scene, self.found, &consumers);
        let mut places: Vec<Option<Place>> = vec![None; count];
        // Those first whose consumers all have their place.
        for _ in 0..count {
            for at in 0..count {
                let ready = consumers[at].chosen.iter().all(|c| places[*c].is_some());
                if places[at].is_some() || !ready {
                    continue;
                }
                let of = |other: &usize| places[*other].clone();
                let users: Vec<Place> = consumers[at].chosen.iter().filter_map(of).collect();
                let place = self.place(at, &consumers[at], &users, conditions, &mut graph)?;
                places[at] = Some(place);
            }
        }
        let places: Vec<Place> = places.into_iter().collect::<Option<_>>()?;
        graph.acyclic(&places).then_some(places)
    }

    fn consumers(&self) -> Vec<Consumers> {
        let mut consumers: Vec<Consumers> = Vec::new();
        consumers.resize_with(self.found.chosen.len(), Consumers::default);
        for want in &self.scene.wants {
            if let Some((at, _)) = self.found.given.get(&want.fact) {
                for u in &want.uses {
                    let asked = u.field.is_none();
                    consumers[*at].steps.push((u.step, u.tolerant, asked));
                }
            }
        }
        for (user, chosen) in self.found.chosen.iter().enumerate() {
            for (_, key) in &chosen.keys {
                if let Key::Chosen(at, _) = key {
                    consumers[*at].chosen.insert(user);
                }
            }
        }
        consumers
    }

    fn place(
        &self,
        at: usize,
        consumers: &Consumers,
        users: &[Place],
        conditions: bool,
        graph: &mut Graph,
    ) -> Option<Place> {
        let steps = consumers.steps.iter().map(|(step, ..)| *step);
        let first = steps.chain(users.iter().map(|user| user.first)).min()?;
        let optional = consumers.steps.iter().all(|(_, tolerant, _)| *tolerant)
            && users.iter().all(|user| user.optional);
        let when = if conditions {
            self.when(consumers, users)
        } else {
            None
        };
        if let Some((when, _)) = &when {
            for (step, _) in when.references.values().flatten() {
                graph.edge(Node::Step(*step), Node::Chosen(at));
            }
            for fact in &when.asked {
                if let Some((other, _)) = self.found.given.get(fact) {
                    graph.edge(Node::Chosen(*other), Node::Chosen(at));
                }
            }
        }
        let when = when.map(|(when, step)| (when.text, step));
        let mut place = Place {
            segment: None,
            optional,
            holds: Vec::new(),
            when,
            first,
        };
        if optional {
            return Some(place);
        }
        let mut wanted: BTreeSet<usize> = consumers
            .steps
            .iter()
            .map(|(step, ..)| self.scene.steps[*step].segment)
            .collect();
        wanted.extend(users.iter().filter_map(|user| user.segment));
        for segment in self.choices(&wanted) {
            let holds = self.holds(segment);
            let mut trial = graph.clone();
            for held in &holds {
                trial.edge(Node::Chosen(at), Node::Step(*held));
            }
            if trial.is_acyclic() {
                *graph = trial;
                place.segment = Some(segment);
                place.holds = holds;
                return Some(place);
            }
        }
        None
    }

    /// The condition under which an item is needed: that of every step that needs it.
    fn when(&self, consumers: &Consumers, users: &[Place]) -> Option<(When, usize)> {
        let mut whens: BTreeMap<String, (When, usize)> = BTreeMap::new();
        for (step, _, asked) in &consumers.steps {
            let when = self.scene.steps[*step].when.clone()?;
            if *asked {
                return None;
            }
            whens.entry(when.text.clone()).or_insert((when, *step));
        }
        for user in users {
            let (text, step) = user.when.as_ref()?;
            let when = self.scene.steps[*step].when.clone()?;
            // A condition that was joined of several is not looked through again.
            if when.text != *text {
                return None;
            }
            whens.entry(text.clone()).or_insert((when, *step));
        }
        let mut all = whens.into_values();
        let (mut joined, step) = all.next()?;
        let rest: Vec<When> = all.map(|(when, _)| when).collect();
        if rest.is_empty() {
            return Some((joined, step));
        }
        joined.text = format!("({})", joined.text);
        for when in rest {
            for (name, source) in when.references {
                // The same name from elsewhere would mean another thing in one condition.
                if joined.references.get(&name).is_some_and(|s| *s != source) {
                    return None;
                }
                joined.references.insert(name, source);
            }
            joined.asked.extend(when.asked);
            joined.text = format!("{} || ({})", joined.text, when.text);
        }
        (joined.text.len() <= 1_000).then_some((joined, step))
    }

    /// The segments that an item may join, the best first.
    fn choices(&self, wanted: &BTreeSet<usize>) -> Vec<usize> {
        let mut choices = Vec::new();
        let only = (wanted.len() == 1)
            .then(|| wanted.first().copied())
            .flatten();
        choices.extend(only.filter(|segment| self.can_fail(*segment)));
        let first = self.first_segment().or(only);
        choices.extend(first.filter(|segment| self.can_fail(*segment) || !self.leaves(*segment)));
        // The one of those that need it that all others wait for.
        let before = |one: usize, other: usize| one == other || self.waits(other, one);
        choices.extend(
            wanted.iter().copied().filter(|one| {
                self.can_fail(*one) && wanted.iter().all(|other| before(*one, *other))
            }),
        );
        choices.dedup();
        choices
    }

    /// The segment of the first pivot.
    fn first_segment(&self) -> Option<usize> {
        let pivots: Vec<usize> = self.scene.segments.iter().filter_map(|s| s.pivot).collect();
        let comes_after = |pivot: usize| pivots.iter().any(|other| self.before(*other, pivot));
        let first = pivots.iter().copied().find(|pivot| !comes_after(*pivot));
        first.map(|pivot| self.scene.steps[pivot].segment)
    }

    /// What must come after whatever can be refused in a segment.
    fn holds(&self, segment: usize) -> Vec<usize> {
        if let Some(pivot) = self.scene.segments[segment].pivot {
            return vec![pivot];
        }
        let steps = self.scene.steps.iter().enumerate();
        let forward = steps.filter(|(_, step)| step.segment == segment && step.forward);
        forward.map(|(at, _)| at).collect()
    }

    fn can_fail(&self, segment: usize) -> bool {
        let mut steps = self.scene.steps.iter();
        steps.any(|step| step.segment == segment && step.can_fail)
    }

    /// Whether something else may have taken effect when a segment fails.
    fn leaves(&self, segment: usize) -> bool {
        let mut steps = self.scene.steps.iter();
        steps.any(|step| {
            step.segment != segment && step.effect && !self.waits(step.segment, segment)
        })
    }

    /// Whether a segment waits for another.
    fn waits(&self, segment: usize, other: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![segment];
        while let Some(segment) = open.pop() {
            let steps = self.scene.steps.iter().filter(|s| s.segment == segment);
            for before in steps
                .flat_map(|s| &s.after)
                .map(|b| self.scene.steps[*b].segment)
            {
                if before == other && segment != other {
                    return true;
                }
                if seen.insert(before) {
                    open.push(before);
                }
            }
        }
        false
    }

    fn before(&self, earlier: usize, later: usize) -> bool {
        let mut open = self.scene.steps[later].after.clone();
        let mut seen = BTreeSet::new();
        while let Some(step) = open.pop() {
            if step == earlier {
                return true;
            }
            if seen.insert(step) {
                open.extend(&self.scene.steps[step].after);
            }
        }
        false
    }
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Step(usize),
    Chosen(usize),
}

/// Steps and chosen items, each with what it comes after.
#[derive(Debug, Clone)]
struct Graph {
    steps: usize,
    after: Vec<BTreeSet<usize>>,
    segments: Vec<usize>,
}

impl Graph {
    fn new(scene: &Scene<'_>, found: &Found, consumers: &[Consumers]) -> Self {
        let after = scene
            .steps
            .iter()
            .map(|s| s.after.iter().copied().collect());
        let mut graph = Self {
            steps: scene.steps.len(),
            after: after.collect(),
            segments: scene.steps.iter().map(|step| step.segment).collect(),
        };
        graph
            .after
            .resize(graph.steps + found.chosen.len(), BTreeSet::new());
        for (at, chosen) in found.chosen.iter().enumerate() {
            for (_, key) in &chosen.keys {
                match key {
                    Key::Step(step, _) => graph.edge(Node::Step(*step), Node::Chosen(at)),
                    Key::Chosen(other, _) => graph.edge(Node::Chosen(*other), Node::Chosen(at)),
                    Key::Asked(_) => {}
                }
            }
        }
        for (at, consumers) in consumers.iter().enumerate() {
            for (step, ..) in &consumers.steps {
                graph.edge(Node::Chosen(at), Node::Step(*step));
            }
        }
        graph
    }

    fn edge(&mut self, earlier: Node, later: Node) {
        let (earlier, later) = (self.at(earlier), self.at(later));
        self.after[later].insert(earlier);
    }

    const fn at(&self, node: Node) -> usize {
        match node {
            Node::Step(step) => step,
            Node::Chosen(chosen) => self.steps + chosen,
        }
    }

    fn is_acyclic(&self) -> bool {
        let after: Vec<Vec<usize>> = self
            .after
            .iter()
            .map(|a| a.iter().copied().collect())
            .collect();
        crate::check::cycle(&after).is_none()
    }

    /// Whether neither steps nor segments wait for each other.
    fn acyclic(&self, places: &[Place]) -> bool {
        let written = self.segments.iter().max().map_or(0, |last| last + 1);
        let mut of = self.segments.clone();
        let own = places.iter().enumerate();
        of.extend(own.map(|(at, place)| place.segment.unwrap_or(written + at)));
        let mut after = vec![BTreeSet::new(); written + places.len()];
        for (node, earlier) in self.after.iter().enumerate() {
            let others = earlier.iter().map(|e| of[*e]).filter(|s| *s != of[node]);
            after[of[node]].extend(others);
        }
        let after: Vec<Vec<usize>> = after.iter().map(|a| a.iter().copied().collect()).collect();
        self.is_acyclic() && crate::check::cycle(&after).is_none()
    }
}
