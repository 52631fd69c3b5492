//! Completes a bundle as written with the queries of shared items that spare the applicant a
//! question, as steps like any other. What is wrong with the bundle as written is told later, by the
//! checks proper: of a bundle with mistakes nothing is completed.

use std::collections::{BTreeMap, BTreeSet};

use onething_elements::Dictionary;
use onething_proto::annotations::ActionKind;
use toml::Spanned;

use super::asked::asked_type;
use super::build::{ordered, predecessors};
use super::calls::{Call, Explicit, Names};
use super::conditions;
use super::segments::Steps;
use super::sources::{Planned, Planner, explicit};
use crate::diagnostic::{Code, Mistakes, SourceFile};
use crate::model::{Segment, Source};
use crate::plan::{
    self, Candidate, Chosen, Fact, Found, Key, Place, Plan, Scene, SceneSegment, SceneStep, Use,
    Want, When,
};
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

/// A document whose checks passed, as written.
struct Written<'a> {
    document: &'a Document,
    calls: Vec<Call<'a>>,
    planned: Vec<Planned>,
    after: Vec<Vec<usize>>,
    segments: Vec<Segment>,
}

impl<'a> Written<'a> {
    fn new(names: Names<'a>, dictionary: &Dictionary, source: &SourceFile<'_>) -> Option<Self> {
        let document = names.document;
        let mut mistakes = Mistakes::default();
        let calls = names
            .calls(&mut mistakes)
            .into_iter()
            .collect::<Option<Vec<_>>>()?;
        let prove = |step| conditions::prove(step, document, dictionary, source, &mut mistakes);
        let propositions: Vec<_> = document.steps.iter().map(prove).collect();
        if !mistakes.is_empty() {
            return None;
        }
        let edges = explicit(&calls);
        let nothing = Prefill::default();
        let planner = Planner {
            calls: &calls,
            dictionary,
            explicit: ordered(&calls, &edges, &mut mistakes)?,
            prefill: &nothing,
        };
        let planned: Vec<Planned> = propositions
            .into_iter()
            .enumerate()
            .map(|(step, proposition)| planner.plan(step, proposition, &mut mistakes))
            .collect();
        let edges = planned
            .iter()
            .zip(edges)
            .map(|(plan, explicit)| explicit.into_iter().chain(plan.edges.clone()).collect())
            .collect();
        let order = ordered(&calls, &edges, &mut mistakes)?;
        let after = predecessors(&edges);
        let steps = Steps {
            document,
            calls: &calls,
            after: &after,
            order: &order,
        };
        let segments = steps.segments(&mut mistakes);
        mistakes.is_empty().then_some(Self {
            document,
            calls,
            planned,
            after,
            segments,
        })
    }

    /// Whether the file lists the very call.
    fn lists(&self, candidate: &Candidate<'_>) -> bool {
        self.calls.iter().any(|call| {
            let facts = |carriers: &[super::calls::Slot]| -> BTreeSet<Fact> {
                carriers.iter().filter_map(|s| s.carries.clone()).collect()
            };
            let keys = candidate.item.keys.iter();
            let keys: BTreeSet<Fact> = keys.filter_map(|key| candidate.fact(key)).collect();
            call.syntax.call_name() == candidate.item.path && facts(&call.takes) == keys
        })
    }

    fn scene<'i>(&self, candidates: Vec<Candidate<'i>>, dictionary: &Dictionary) -> Scene<'i> {
        let segment = |step: usize| self.segments.iter().position(|s| s.steps.contains(&step));
        let steps = self.calls.iter().enumerate().map(|(at, call)| SceneStep {
            after: self.after[at].clone(),
            segment: segment(at).unwrap_or_default(),
            forward: call.action.kind() == ActionKind::Forward,
            effect: call.action.kind() != ActionKind::Query,
            can_fail: call.can_fail(),
            when: self.when(at),
        });
        Scene {
            steps: steps.collect(),
            segments: self
                .segments
                .iter()
                .map(|segment| SceneSegment {
                    pivot: segment.pivot,
                })
                .collect(),
            wants: self.wants(dictionary, &candidates),
            answers: self.answers(),
            candidates,
        }
    }

    fn when(&self, step: usize) -> Option<When> {
        let condition = self.planned[step].when.as_ref()?;
        let mut when = When {
            text: condition.text.clone(),
            references: BTreeMap::new(),
            asked: BTreeSet::new(),
        };
        for reference in &condition.references {
            let name = format!("{}.{}", reference.role, reference.attribute);
            let source = match &reference.source {
                Source::Step { step, field } => Some((*step, field.clone())),
                Source::Form { role, element, .. } => {
                    when.asked.insert((role.clone(), element.clone()));
                    None
                }
                Source::Item { .. } | Source::Literal(_) => None,
            };
            when.references.insert(name, source);
        }
        Some(when)
    }

    /// What the applicant would be asked, in the order of the steps.
    fn wants(&self, dictionary: &Dictionary, candidates: &[Candidate<'_>]) -> Vec<Want> {
        let mut wants: Vec<Want> = Vec::new();
        let mut want = |fact: Fact, used: Use, fixed: bool| {
            let known = wants.iter_mut().find(|want| want.fact == fact);
            match known {
                Some(known) => {
                    known.fixed |= fixed;
                    known.uses.push(used);
                }
                None => wants.push(Want {
                    fact,
                    uses: vec![used],
                    fixed,
                }),
            }
        };
        for (step, plan) in self.planned.iter().enumerate() {
            let optional = self.calls[step].syntax.optional;
            for input in &plan.inputs {
                let Source::Form { role, element, .. } = &input.source else {
                    continue;
                };
                let with = self.calls[step].with.get(input.field.name());
                let used = Use {
                    step,
                    field: Some(input.field.clone()),
                    tolerant: optional || !input.required,
                };
                let fixed = matches!(with, Some(Explicit::Ask));
                want((role.clone(), element.clone()), used, fixed);
            }
            for reference in plan.when.iter().flat_map(|when| &when.references) {
                if let Source::Form { role, element, .. } = &reference.source {
                    let used = Use {
                        step,
                        field: None,
                        tolerant: reference.tested,
                    };
                    // Whether it is known is the applicant's to say, so it is their wish.
                    let fixed = reference.tested || !decides(dictionary, candidates, role, element);
                    want((role.clone(), element.clone()), used, fixed);
                }
            }
        }
        wants
    }

    /// What steps answer in any case.
    fn answers(&self) -> BTreeMap<Fact, Vec<(usize, String)>> {
        let mut answers: BTreeMap<Fact, Vec<(usize, String)>> = BTreeMap::new();
        for (step, call) in self.calls.iter().enumerate() {
            if call.syntax.optional || self.planned[step].when.is_some() {
                continue;
            }
            for slot in call.gives.iter().filter(|s| !s.field.supports_presence()) {
                if let Some(fact) = &slot.carries {
                    let known = answers.entry(fact.clone()).or_default();
                    known.push((step, slot.field.name().to_owned()));
                }
            }
        }
        answers
    }

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

/// Whether a condition could take an element from every item that gives it, as it takes it from the
/// form.
fn decides(
    dictionary: &Dictionary,
    candidates: &[Candidate<'_>],
    role: &str,
    element: &str,
) -> bool {
    let fact = (role.to_owned(), element.to_owned());
    dictionary.get(element).is_some_and(|element| {
        let mut fields = candidates.iter().filter_map(|c| c.gives(&fact));
        fields.all(|field| asked_type(element.value_type(), field))
    })
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
