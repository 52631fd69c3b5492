//! The form: every field that the applicant is asked, once for each role and element (表单去重).

use std::collections::BTreeMap;

use onething_elements::{Dictionary, ValueType};
use prost_reflect::{FieldDescriptor, Kind};
use toml::Spanned;

use super::calls::{Call, Explicit};
use super::sources::Planned;
use crate::diagnostic::{Code, Mistakes};
use crate::model::{FormField, Requirement, Role, Source};
use crate::text::Text;

/// Whether a value that is asked for can be put into a field.
pub(super) fn asked_type(value: ValueType, field: &FieldDescriptor) -> bool {
    if field.is_list() || field.is_map() {
        return false;
    }
    match value {
        ValueType::String | ValueType::Date => field.kind() == Kind::String,
        ValueType::Boolean => field.kind() == Kind::Bool,
        ValueType::Integer | ValueType::MoneyFen => {
            crate::request::whole(0, &field.kind()).is_some()
        }
    }
}

/// One use of a field of the form.
struct Use {
    step: usize,
    requirement: Requirement,
}

/// Computes the form, in the order of the steps that need its fields.
pub(super) fn form(
    calls: &[Call<'_>],
    planned: &[Planned],
    roles: &[Role],
    dictionary: &Dictionary,
    mistakes: &mut Mistakes,
) -> Vec<FormField> {
    let mut order: Vec<(String, String)> = Vec::new();
    let mut uses: BTreeMap<(String, String), Vec<Use>> = BTreeMap::new();
    let mut note = |role: &str, element: &str, step, requirement| {
        let key = (role.to_owned(), element.to_owned());
        if !uses.contains_key(&key) {
            order.push(key.clone());
        }
        uses.entry(key).or_default().push(Use { step, requirement });
    };
    for (step, plan) in planned.iter().enumerate() {
        for input in &plan.inputs {
            if let Source::Form { role, element, .. } = &input.source {
                // What the form alone decides about the step, it decides about its inputs.
                let decided = plan.when.as_ref().is_some_and(|when| when.asks_the_form());
                let requirement = match (input.required, decided) {
                    (true, false) => Requirement::Always,
                    (true, true) => Requirement::When(vec![step]),
                    (false, _) => Requirement::Never,
                };
                note(role, element, step, requirement);
            }
        }
        for reference in plan.when.iter().flat_map(|when| &when.references) {
            if let Source::Form { role, element, .. } = &reference.source {
                let requirement = if reference.tested {
                    Requirement::Never
                } else {
                    Requirement::Always
                };
                note(role, element, step, requirement);
            }
        }
    }
    let mut form: Vec<FormField> = Vec::new();
    for key in order {
        let used = uses.remove(&key).unwrap_or_default();
        let (role, element) = key;
        // The planner asks only for elements of the dictionary.
        let Some(element) = dictionary.get(&element) else {
            continue;
        };
        let clash = form
            .iter()
            .find(|f| f.role == role && f.attribute == element.attribute());
        if let Some(clash) = clash {
            let span = used.first().map(|u| calls[u.step].syntax.place());
            mistakes.add(
                Code::AttributeClash,
                span.unwrap_or_default(),
                format!(
                    "the form would ask `{role}.{}` for two elements: `{}` and `{}`",
                    element.attribute(),
                    clash.element,
                    element.id()
                ),
                "map one of the two calls' roles to another role of the bundle",
            );
            continue;
        }
        let requirement = merged(&used);
        let mut used_by: Vec<usize> = used.iter().map(|u| u.step).collect();
        used_by.dedup();
        let role_title = roles.iter().find(|r| r.id == role).map(|r| r.title.clone());
        form.push(FormField {
            role_title: role_title.unwrap_or_default(),
            role,
            attribute: element.attribute().to_owned(),
            element: element.id().to_owned(),
            title: Text::from(element.titles()),
            optional: requirement != Requirement::Always,
            requirement,
            value_type: element.value_type(),
            input: element.input(),
            choices: element.choices().to_vec(),
            used_by,
            checked_by: element.clone(),
        });
    }
    form
}

/// The strictest of several uses.
fn merged(uses: &[Use]) -> Requirement {
    let mut steps = Vec::new();
    for one in uses {
        match &one.requirement {
            Requirement::Always => return Requirement::Always,
            Requirement::When(when) => steps.extend(when),
            Requirement::Never => {}
        }
    }
    if steps.is_empty() {
        Requirement::Never
    } else {
        Requirement::When(steps)
    }
}

/// That the applicant is not asked for a field, which can then be empty.
pub(super) fn unasked(
    name: &Spanned<String>,
    field: &FieldDescriptor,
    mistakes: &mut Mistakes,
) -> Option<Explicit> {
    if field.supports_presence() {
        return Some(Explicit::Unasked);
    }
    let message = format!("`{}` cannot stay empty: the call needs it", field.name());
    let help = "take `ask = false` out, or give it a value";
    mistakes.add(Code::NoSource, name.span(), message, help);
    None
}
