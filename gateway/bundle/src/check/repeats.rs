//! Steps that are repeated for each item of a list in an earlier step's answer.

use std::collections::{BTreeMap, BTreeSet};

use onething_proto::annotations::ActionKind;
use prost_reflect::{FieldDescriptor, Kind};
use toml::Spanned;

use super::calls::{Explicit, Names, Slot, fitting, type_name, unknown_field};
use crate::diagnostic::{Code, Mistakes};
use crate::syntax::{ForEachSyntax, StepSyntax};

/// The list that a step is repeated for.
#[derive(Debug, Clone)]
pub(super) struct Repeat {
    /// The earlier step.
    pub(super) step: usize,
    /// The repeated field of its answer.
    pub(super) field: FieldDescriptor,
    /// The fields of an item.
    pub(super) gives: Vec<Slot>,
}

impl Repeat {
    /// The field of an item that carries an element of a role.
    pub(super) fn field(&self, role: &str, element: &str) -> Option<&FieldDescriptor> {
        let mut slots = self.gives.iter();
        let found = slots.find(|slot| {
            let carried = slot.carries.as_ref();
            carried.is_some_and(|(r, e)| r == role && e == element)
        });
        found.map(|slot| &slot.field)
    }
}

impl Names<'_> {
    /// Resolves the list that a step is repeated for.
    pub(super) fn repeat(&self, list: &ForEachSyntax, mistakes: &mut Mistakes) -> Option<Repeat> {
        let step = self.step(&list.step, mistakes)?;
        let response = self.answer_of(step, list.step.span(), mistakes)?;
        let Some(field) = response.get_field_by_name(list.field.get_ref()) else {
            unknown_field(&list.field, &response, mistakes);
            return None;
        };
        let item = match field.kind() {
            Kind::Message(item) if field.is_list() => item,
            _ => {
                let what = if field.is_list() {
                    "a list of single values"
                } else {
                    type_name(&field)
                };
                mistakes.add(
                    Code::NotAList,
                    list.field.span(),
                    format!("`{}` is {what}, not a list of messages", field.name()),
                    "name a repeated field whose items are messages",
                );
                return None;
            }
        };
        // The producer says which of the bundle's roles its items speak of.
        let roles = self.document.steps[step].roles.iter();
        let roles: BTreeMap<String, String> = roles
            .map(|(from, to)| (from.get_ref().clone(), to.get_ref().clone()))
            .collect();
        Some(Repeat {
            step,
            gives: self.slots(&item, &roles),
            field,
        })
    }

    /// The roles that the items of a list speak of; none for a field that is no list of messages.
    pub(super) fn item_roles(&self, field: &FieldDescriptor) -> BTreeSet<String> {
        match field.kind() {
            Kind::Message(item) if field.is_list() => {
                let elements = item.fields().filter_map(|f| self.contracts.element(&f));
                elements.map(|element| element.role).collect()
            }
            _ => BTreeSet::new(),
        }
    }
}

/// A field of the item, named explicitly as a source.
pub(super) fn item(
    step: &StepSyntax,
    repeat: Option<&Repeat>,
    to: &FieldDescriptor,
    from: &Spanned<String>,
    mistakes: &mut Mistakes,
) -> Option<Explicit> {
    let Some(repeat) = repeat else {
        // A list that is not known is a mistake of its own.
        if step.for_each.is_none() {
            mistakes.add(
                Code::NoItem,
                from.span(),
                format!("the step `{}` is not repeated", step.id.get_ref()),
                "add `for_each = { step = \"…\", field = \"…\" }`, or name another source",
            );
        }
        return None;
    };
    let Kind::Message(message) = repeat.field.kind() else {
        return None;
    };
    fitting(&message, from, to, mistakes)?;
    Some(Explicit::Item {
        field: from.get_ref().clone(),
    })
}

/// A pivot takes effect once.
pub(super) fn no_pivot(step: &StepSyntax, kind: ActionKind, mistakes: &mut Mistakes) {
    if let Some(list) = step.for_each.as_ref().filter(|_| kind == ActionKind::Pivot) {
        mistakes.add(
            Code::RepeatedPivot,
            list.field.span(),
            format!("the pivot `{}` is repeated", step.id.get_ref()),
            "a point of legal effect is one call: repeat a step before or after it",
        );
    }
}
