//! The planner: where each input and each attribute of a condition comes from.
//!
//! One rule decides, for an input as for an attribute that a condition speaks of:
//!
//! 1. An explicit `with` wins.
//! 2. Else the steps are considered that give the same element of the same role. The step itself is
//!    not, and neither is one that comes after it by the explicit order, which is what `after` and
//!    `with` say. One that remains is the source, and the step then comes after it. Where several
//!    remain, only those count that come before the step by the explicit order; if that leaves
//!    exactly one, it is the source, else the bundle is refused: the writer says which one.
//! 3. Else, if the planner queries a shared item that gives it, that query is the source.
//! 4. Else the applicant is asked, unless `with` says that nobody is, or the element is one that only
//!    departments tell each other: then the input stays empty.
//!
//! Only the explicit order counts because it does not depend on what the rule finds: the outcome is
//! the same in whatever order steps and fields are looked at, and adding a step can make a source
//! ambiguous but never silently another one. The planner's queries are no candidates of rule 2: they
//! spare a question and change nothing else. A cycle that data alone closes is reported, not
//! resolved.

use onething_elements::{Dictionary, Input as Asking};

use super::asked::asked_type;
use super::calls::{Call, Explicit, same_type, type_name};
use super::conditions::Proposition;
use super::graph::Order;
use super::prefill::Prefill;
use crate::condition::{Condition, Reference};
use crate::diagnostic::{Code, Mistakes};
use crate::model::{Input, Source};

/// A step whose inputs have sources.
pub(super) struct Planned {
    pub(super) inputs: Vec<Input>,
    pub(super) when: Option<Condition>,
    /// The steps it comes after, and why, in words.
    pub(super) edges: Vec<(usize, String)>,
}

/// What sources are looked for in.
pub(super) struct Planner<'a> {
    pub(super) calls: &'a [Call<'a>],
    pub(super) dictionary: &'a Dictionary,
    /// What `after` and `with` say.
    pub(super) explicit: Order,
    /// What the queries of shared items give that the planner put among the steps.
    pub(super) prefill: &'a Prefill,
}

/// The explicit order: each step's predecessors, and why.
pub(super) fn explicit(calls: &[Call<'_>]) -> Vec<Vec<(usize, String)>> {
    let edges = |call: &Call<'_>| {
        let after = call
            .after
            .iter()
            .map(|step| (*step, "says `after`".to_owned()));
        let with = call.with.iter().filter_map(|(field, source)| match source {
            // What the planner's queries take is no one's word.
            _ if call.syntax.inserted => None,
            Explicit::Step { step, .. } => Some((*step, format!("takes `{field}`"))),
            _ => None,
        });
        let list = call.repeat.iter();
        let list = list.map(|list| {
            (
                list.step,
                format!("is repeated for `{}`", list.field.name()),
            )
        });
        after.chain(with).chain(list).collect()
    };
    calls.iter().map(edges).collect()
}

impl Planner<'_> {
    /// Finds the sources of one step. The proposition is its condition, proved.
    pub(super) fn plan(
        &self,
        step: usize,
        proposition: Option<Proposition>,
        mistakes: &mut Mistakes,
    ) -> Planned {
        let call = &self.calls[step];
        let mut edges = Vec::new();
        let mut inputs = Vec::new();
        for slot in &call.takes {
            let name = slot.field.name().to_owned();
            let required = !slot.field.supports_presence();
            let source = match call.with.get(&name) {
                Some(Explicit::Literal(value)) => Some(Source::Literal(value.clone())),
                Some(Explicit::Step { step, field }) => Some(Source::Step {
                    step: *step,
                    field: field.clone(),
                }),
                Some(Explicit::Item { field }) => Some(Source::Item {
                    field: field.clone(),
                }),
                Some(Explicit::Ask) => self.ask(step, slot, mistakes),
                // A query of the planner says where each of its keys comes from, and needs no other.
                None if call.syntax.inserted => None,
                None | Some(Explicit::Unasked) => self.implied(step, slot, required, mistakes),
            };
            let Some(source) = source else { continue };
            if let Source::Step { step, .. } = &source {
                edges.push((*step, format!("takes `{name}`")));
            }
            inputs.push(Input {
                field: slot.field.clone(),
                carries: slot.carries.clone(),
                required,
                source,
            });
        }
        let when = proposition.map(|proposition| {
            let condition = self.condition(step, proposition, mistakes);
            for reference in &condition.references {
                if let Source::Step { step, .. } = &reference.source {
                    let Reference {
                        role, attribute, ..
                    } = reference;
                    edges.push((*step, format!("asks for `{role}.{attribute}`")));
                }
            }
            condition
        });
        Planned {
            inputs,
            when,
            edges,
        }
    }

    fn condition(
        &self,
        step: usize,
        proposition: Proposition,
        mistakes: &mut Mistakes,
    ) -> Condition {
        let mut references = Vec::new();
        for attribute in proposition.attributes {
            let (role, element) = (&attribute.role, &attribute.element);
            if let Some(value) = attribute.value {
                references.push(Reference {
                    role: attribute.role,
                    attribute: attribute.attribute,
                    source: Source::Literal(value),
                    tested: attribute.tested,
                });
                continue;
            }
            let from = self.prefill.seen_from(step);
            let source = match self.producer(from, role, element) {
                Ok(Some((producer, field))) => Source::Step {
                    step: producer,
                    field,
                },
                Ok(None) => self
                    .prefill
                    .source(role, element)
                    .unwrap_or_else(|| Source::Form {
                        role: role.clone(),
                        attribute: attribute.attribute.clone(),
                        element: element.clone(),
                    }),
                Err(several) => {
                    let name = format!("`{role}.{}`", attribute.attribute);
                    let message =
                        format!("{name} comes from several steps: {}", self.ids(&several));
                    let help = "put the one that is meant into `after`".to_owned();
                    mistakes.add(
                        Code::AmbiguousSource,
                        proposition.span.clone(),
                        message,
                        help,
                    );
                    continue;
                }
            };
            references.push(Reference {
                role: attribute.role,
                attribute: attribute.attribute,
                source,
                tested: attribute.tested,
            });
        }
        Condition::new(proposition.text, proposition.expression, references)
    }

    /// The source of an input that the bundle says nothing about.
    fn implied(
        &self,
        step: usize,
        slot: &super::calls::Slot,
        required: bool,
        mistakes: &mut Mistakes,
    ) -> Option<Source> {
        let call = &self.calls[step];
        let name = slot.field.name();
        let Some((role, element)) = &slot.carries else {
            if required {
                mistakes.add(
                    Code::NoSource,
                    call.syntax.place(),
                    format!("nothing fills `{name}`: its contract names no element"),
                    format!("give it a value: `with = {{ {name} = … }}`"),
                );
            }
            return None;
        };
        // The item that the step is repeated for is nearer than any other step.
        let item = call.repeat.as_ref().and_then(|r| r.field(role, element));
        if let Some(field) = item.filter(|field| same_type(field, &slot.field)) {
            return Some(Source::Item {
                field: field.name().to_owned(),
            });
        }
        match self.producer(step, role, element) {
            Ok(Some((producer, field))) => {
                let gives = &self.calls[producer].gives;
                let from = gives.iter().find(|slot| slot.field.name() == field)?;
                if !same_type(&from.field, &slot.field) {
                    let message = format!(
                        "`{name}` takes {}, but `{field}` of step `{}` is {}",
                        type_name(&slot.field),
                        self.calls[producer].syntax.id.get_ref(),
                        type_name(&from.field)
                    );
                    let help = "give it another source in `with`; the contracts disagree";
                    mistakes.add(Code::FieldType, call.syntax.place(), message, help);
                    return None;
                }
                Some(Source::Step {
                    step: producer,
                    field,
                })
            }
            Ok(None) => {
                let prefilled = self.prefill.source(role, element);
                let element = self.dictionary.get(element);
                let told = element.is_some_and(|element| element.input() == Asking::None);
                let unasked =
                    told && !required || matches!(call.with.get(name), Some(Explicit::Unasked));
                match prefilled {
                    None if !unasked => self.ask(step, slot, mistakes),
                    known_or_empty => known_or_empty,
                }
            }
            Err(several) => {
                let attribute = element
                    .split_once('.')
                    .map_or("", |(_, attribute)| attribute);
                mistakes.add(
                    Code::AmbiguousSource,
                    call.syntax.place(),
                    format!(
                        "`{name}` (`{role}.{attribute}`) comes from several steps: {}",
                        self.ids(&several)
                    ),
                    format!("say which: `with = {{ {name} = {{ step = \"…\", field = \"…\" }} }}`"),
                );
                None
            }
        }
    }

    /// The applicant as a source.
    fn ask(
        &self,
        step: usize,
        slot: &super::calls::Slot,
        mistakes: &mut Mistakes,
    ) -> Option<Source> {
        let name = slot.field.name();
        let span = self.calls[step].syntax.place();
        let element = slot.carries.as_ref().and_then(|(role, id)| {
            let element = self.dictionary.get(id)?;
            Some((role, element))
        });
        let Some((role, element)) = element else {
            let which = slot.carries.as_ref().map_or_else(
                || "its contract names no element".to_owned(),
                |(_, id)| format!("the dictionary has no element `{id}`"),
            );
            mistakes.add(
                Code::NoSource,
                span,
                format!("no step gives `{name}`, and the applicant cannot be asked: {which}"),
                format!("give it a value: `with = {{ {name} = … }}`"),
            );
            return None;
        };
        if element.input() == Asking::None {
            let message = format!(
                "no step gives `{name}`, and the applicant cannot be asked: `{}` is what departments \
                 tell each other",
                element.id()
            );
            let help = format!("give it a value: `with = {{ {name} = … }}`");
            mistakes.add(Code::NoSource, span, message, help);
            return None;
        }
        if !asked_type(element.value_type(), &slot.field) {
            let message = format!(
                "no step gives `{name}`, and the applicant cannot be asked: it takes {}, which the \
                 element `{}` is not",
                type_name(&slot.field),
                element.id()
            );
            let help = "give it a value in `with`; contract and dictionary disagree";
            mistakes.add(Code::FieldType, span, message, help);
            return None;
        }
        Some(Source::Form {
            role: role.clone(),
            attribute: element.attribute().to_owned(),
            element: element.id().to_owned(),
        })
    }

    /// The one step that gives an element of a role to a step; the candidates, if there are several.
    fn producer(
        &self,
        step: usize,
        role: &str,
        element: &str,
    ) -> Result<Option<(usize, String)>, Vec<usize>> {
        let gives = |candidate: usize| {
            let mut slots = self.calls[candidate].gives.iter();
            slots.find(|slot| {
                let carried = slot.carries.as_ref();
                carried.is_some_and(|(r, e)| r == role && e == element)
            })
        };
        let mut candidates: Vec<usize> = (0..self.calls.len())
            .filter(|other| *other != step && !self.explicit.before(step, *other))
            .filter(|other| !self.calls[*other].syntax.inserted)
            .filter(|other| gives(*other).is_some())
            .collect();
        if candidates.len() > 1 {
            let earlier = candidates.iter().copied();
            let earlier: Vec<_> = earlier.filter(|c| self.explicit.before(*c, step)).collect();
            if earlier.len() != 1 {
                return Err(candidates);
            }
            candidates = earlier;
        }
        Ok(candidates.first().and_then(|candidate| {
            let slot = gives(*candidate)?;
            Some((*candidate, slot.field.name().to_owned()))
        }))
    }

    fn ids(&self, steps: &[usize]) -> String {
        let ids = steps
            .iter()
            .map(|s| format!("`{}`", self.calls[*s].syntax.id.get_ref()));
        ids.collect::<Vec<_>>().join(", ")
    }
}
