//! A bundle as written, before anything is completed: what each step takes and gives, and the scene
//! that the search for shared items looks at. Its mistakes are not told here.

use std::collections::{BTreeMap, BTreeSet};

use onething_elements::Dictionary;
use onething_proto::annotations::ActionKind;

use super::asked::asked_type;
use super::build::{ordered, predecessors};
use super::calls::{Call, Explicit, Names};
use super::conditions;
use super::prefill::Prefill;
use super::segments::Steps;
use super::sources::{Planned, Planner, explicit};
use crate::diagnostic::{Mistakes, SourceFile};
use crate::model::{Segment, Source};
use crate::plan::{Candidate, Fact, Scene, SceneSegment, SceneStep, Use, Want, When};
use crate::syntax::Document;

/// A document whose checks passed, as written.
pub(super) struct Written<'a> {
    pub(super) document: &'a Document,
    pub(super) calls: Vec<Call<'a>>,
    planned: Vec<Planned>,
    after: Vec<Vec<usize>>,
    pub(super) segments: Vec<Segment>,
}

impl<'a> Written<'a> {
    pub(super) fn new(
        names: Names<'a>,
        dictionary: &Dictionary,
        source: &SourceFile<'_>,
    ) -> Option<Self> {
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
    pub(super) fn lists(&self, candidate: &Candidate<'_>) -> bool {
        self.calls.iter().any(|call| {
            let facts = |carriers: &[super::calls::Slot]| -> BTreeSet<Fact> {
                carriers.iter().filter_map(|s| s.carries.clone()).collect()
            };
            let keys = candidate.item.keys.iter();
            let keys: BTreeSet<Fact> = keys.filter_map(|key| candidate.fact(key)).collect();
            call.syntax.call_name() == candidate.item.path && facts(&call.takes) == keys
        })
    }

    pub(super) fn scene<'i>(
        &self,
        candidates: Vec<Candidate<'i>>,
        dictionary: &Dictionary,
    ) -> Scene<'i> {
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
