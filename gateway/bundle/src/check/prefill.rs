//! Completes a bundle as written with the queries of shared items that spare the applicant a
//! question, as steps like any other. What is wrong with the bundle as written is told later, by the
//! checks proper: of a bundle with mistakes nothing is completed.

use std::collections::{BTreeMap, BTreeSet};

use onething_elements::Dictionary;
use toml::Spanned;

use super::calls::Names;
use super::written::Written;
use crate::diagnostic::{Code, Mistakes, SourceFile};
use crate::model::Source;
use crate::plan::{self, Chosen, Fact, Found, Key, Place, Plan, Scene};
use crate::syntax::{Document, StepSyntax, WithSyntax};

/// What is known of the shared items that were put into a document.
#[derive(Debug, Default)]
pub(super) struct Prefill {
    /// What they give: the step, and the field of its answer.
    given: BTreeMap<Fact, (usize, String)>,
    /// For a query with a condition, the step whose condition it is.
    stand_in: BTreeMap<usize, usize>,
    /// What the bundle keeps of it.
    pub(super) plan: Plan,
    /// What is to be told with the mistakes: a fact, who needs it, and the calls that could give it.
    doubts: Vec<Doubt>,
}

#[derive(Debug)]
struct Doubt {
    span: std::ops::Range<usize>,
    fact: Fact,
    options: Vec<(String, String)>,
}

impl Prefill {
    /// The query that gives an element of a role.
    pub(super) fn source(&self, role: &str, element: &str) -> Option<Source> {
        let (step, field) = self.given.get(&(role.to_owned(), element.to_owned()))?;
        Some(Source::Step {
            step: *step,
            field: field.clone(),
        })
    }

    /// Whether a shared item gives an attribute of a role, so that the form need not ask it.
    pub(super) fn spares(&self, role: &str, attribute: &str) -> bool {
        self.given.keys().any(|(of, element)| {
            of == role && element.split_once('.').is_some_and(|(_, a)| a == attribute)
        })
    }

    /// The step as which a step's condition sees the others.
    pub(super) fn seen_from(&self, step: usize) -> usize {
        self.stand_in.get(&step).copied().unwrap_or(step)
    }

    /// What is not clear enough to choose.
    pub(super) fn report(&self, mistakes: &mut Mistakes) {
        for doubt in &self.doubts {
            let (role, element) = &doubt.fact;
            let attribute = element.split_once('.').map_or("", |(_, a)| a);
            let options: Vec<_> = doubt
                .options
                .iter()
                .map(|(_, shown)| shown.as_str())
                .collect();
            let call = doubt.options.first().map_or("…", |(call, _)| call.as_str());
            mistakes.add(
                Code::AmbiguousItem,
                doubt.span.clone(),
                format!(
                    "`{role}.{attribute}` would be asked although a shared item gives it, but of \
                     whom is not clear: {}",
                    options.join(", or ")
                ),
                format!(
                    "list the one that is meant as a step, `call = \"{call}\"` with its `roles`; or \
                     ask all the same: `with = {{ … = {{ ask = true }} }}`"
                ),
            );
        }
    }
}

/// A document with the queries of shared items among its steps.
pub(super) struct Completed {
    pub(super) document: Document,
    pub(super) prefill: Prefill,
}

/// Completes a document. `None` when it has mistakes as it is.
pub(super) fn complete(
    names: Names<'_>,
    dictionary: &Dictionary,
    source: &SourceFile<'_>,
) -> Option<Completed> {
    let written = Written::new(names, dictionary, source)?;
    let items = plan::items(names.contracts);
    let roles: Vec<(String, String)> = names
        .document
        .roles
        .iter()
        .map(|role| (role.id.get_ref().clone(), role.kind.get_ref().clone()))
        .collect();
    let candidates = items
        .iter()
        .flat_map(|item| plan::candidates(item, &roles))
        .filter(|candidate| !written.lists(candidate))
        .collect();
    let scene = written.scene(candidates, dictionary);
    let found = plan::search(&scene);
    Some(written.completed(&scene, &found))
}

impl Written<'_> {
    /// The document with what was found.
    fn completed(&self, scene: &Scene<'_>, found: &Found) -> Completed {
        let ids = self.ids(scene, found);
        let mut document = self.document.clone();
        let mut held: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, place) in found.places.iter().enumerate() {
            for step in &place.holds {
                held.entry(*step).or_default().push(at);
            }
        }
        let mut steps = Vec::new();
        let mut positions = vec![0; found.chosen.len()];
        let mut written = Vec::new();
        for (at, mut step) in std::mem::take(&mut document.steps).into_iter().enumerate() {
            let here = found.places.iter().enumerate();
            let here = here
                .filter(|(_, place)| place.first == at)
                .map(|(at, _)| at);
            for chosen in in_order(found, here.collect()) {
                positions[chosen] = steps.len();
                steps.push(self.query(scene, found, chosen, &ids));
            }
            for chosen in held.remove(&at).unwrap_or_default() {
                let id = Spanned::new(step.id.span(), ids[chosen].clone());
                step.after.push(id);
            }
            written.push(steps.len());
            steps.push(step);
        }
        document.steps = steps;
        let place = |(at, place): (usize, &Place)| {
            let (_, step) = place.when.as_ref()?;
            Some((positions[at], written[*step]))
        };
        let mut inserted = positions.clone();
        inserted.sort_unstable();
        Completed {
            document,
            prefill: Prefill {
                given: found
                    .given
                    .iter()
                    .map(|(fact, (at, field))| (fact.clone(), (positions[*at], field.clone())))
                    .collect(),
                stand_in: found.places.iter().enumerate().filter_map(place).collect(),
                plan: Plan {
                    inserted,
                    spared: found.spared.clone(),
                },
                doubts: self.doubts(scene, found),
            },
        }
    }

    /// An id for each chosen item that no step of the file has.
    fn ids(&self, scene: &Scene<'_>, found: &Found) -> Vec<String> {
        let taken: BTreeSet<&String> = self.document.steps.iter().map(|s| s.id.get_ref()).collect();
        let id = |chosen: &Chosen| {
            let mut id = scene.candidates[chosen.candidate].id();
            while taken.contains(&id) {
                id.push_str("-prefill");
            }
            id
        };
        found.chosen.iter().map(id).collect()
    }

    /// A chosen item as a step.
    fn query(&self, scene: &Scene<'_>, found: &Found, chosen: usize, ids: &[String]) -> StepSyntax {
        let place = &found.places[chosen];
        let span = self.calls[place.first].syntax.place();
        let spanned = |text: &str| Spanned::new(span.clone(), text.to_owned());
        let candidate = &scene.candidates[found.chosen[chosen].candidate];
        let id = |step: usize| self.document.steps[step].id.get_ref().as_str();
        let with = found.chosen[chosen].keys.iter().map(|(field, key)| {
            let source = match key {
                Key::Asked(_) => WithSyntax::Ask,
                Key::Step(step, from) => WithSyntax::Step {
                    step: spanned(id(*step)),
                    field: spanned(from),
                },
                Key::Chosen(at, from) => WithSyntax::Step {
                    step: spanned(&ids[*at]),
                    field: spanned(from),
                },
            };
            (spanned(field), source)
        });
        let roles = candidate.roles.iter();
        let segment = place.segment.map(|s| self.segments[s].id.as_str());
        let fresh_for = candidate.item.share.fresh_for;
        let fresh_for = fresh_for.and_then(|age| age.try_into().ok());
        StepSyntax {
            id: spanned(&ids[chosen]),
            call: Some(spanned(&candidate.item.path)),
            awaits: None,
            roles: roles
                .map(|(role, to)| (spanned(role), spanned(to)))
                .collect(),
            after: Vec::new(),
            when: place.when.as_ref().map(|(text, step)| {
                let written = self.calls[*step].syntax.when.as_ref();
                let span = written.map_or_else(|| span.clone(), Spanned::span);
                Spanned::new(span, text.clone())
            }),
            with: with.collect(),
            segment: Some(spanned(segment.unwrap_or(&ids[chosen]))),
            optional: place.optional,
            correctable: None,
            deadline: None,
            fresh_for: fresh_for.map(|age| Spanned::new(span.clone(), age)),
            in_person: None,
            for_each: None,
            inserted: true,
        }
    }

    fn doubts(&self, scene: &Scene<'_>, found: &Found) -> Vec<Doubt> {
        let doubts = found.doubts.iter().map(|(fact, options)| {
            let want = scene.wants.iter().find(|want| want.fact == *fact);
            let step = want.and_then(|want| want.uses.first()).map(|u| u.step);
            let options = options.iter().map(|at| {
                let candidate = &scene.candidates[*at];
                let keys = candidate.item.keys.iter().map(|key| key.role.as_str());
                let keys: BTreeSet<&str> = keys.collect();
                let mapped = candidate
                    .roles
                    .iter()
                    .filter(|(r, _)| keys.contains(r.as_str()));
                let mapped: Vec<_> = mapped.map(|(r, to)| format!("{r} = `{to}`")).collect();
                let shown = format!("{} with {}", candidate.item.share.id, mapped.join(", "));
                (candidate.item.path.clone(), shown)
            });
            Doubt {
                span: step
                    .map(|s| self.calls[s].syntax.place())
                    .unwrap_or_default(),
                fact: fact.clone(),
                options: options.collect(),
            }
        });
        doubts.collect()
    }
}

/// Chosen items so that each comes after those that it builds on.
fn in_order(found: &Found, mut these: Vec<usize>) -> Vec<usize> {
    let mut sorted: Vec<usize> = Vec::new();
    while !these.is_empty() {
        let open = these.clone();
        let ready = |at: &usize| {
            found.chosen[*at].keys.iter().all(|(_, key)| match key {
                Key::Chosen(other, _) => !open.contains(other),
                _ => true,
            })
        };
        let (now, later): (Vec<usize>, Vec<usize>) = these.into_iter().partition(ready);
        // The search closes no circle; without one, some item is always ready.
        if now.is_empty() {
            sorted.extend(later);
            return sorted;
        }
        sorted.extend(now);
        these = later;
    }
    sorted
}
