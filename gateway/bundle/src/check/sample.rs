//! The sample form: it fills in what the form asks, and nothing else.

use serde_json::{Map, Value};

use super::prefill::Prefill;
use crate::diagnostic::{Code, Mistakes};
use crate::form::normalise;
use crate::model::{FormField, Requirement};
use crate::sample::is_path;
use crate::syntax::{Document, instead};

/// Checks the sample against the computed form.
pub(super) fn sample(
    document: &Document,
    form: &[FormField],
    prefill: &Prefill,
    mistakes: &mut Mistakes,
) -> Value {
    let mut filled = Map::new();
    for line in &document.sample {
        let (role, attribute) = (line.role.get_ref(), line.attribute.get_ref());
        let Some(field) = form
            .iter()
            .find(|f| f.role == *role && f.attribute == *attribute)
        else {
            // What a shared item gives is true of the applicant as well, and not asked. In a region, it
            // may be for a step that is left out.
            if prefill.spares(role, attribute) || document.region.is_some() {
                continue;
            }
            let asked: Vec<String> = form.iter().map(FormField::path).collect();
            let path = format!("{role}.{attribute}");
            mistakes.add(
                Code::SampleUnknown,
                line.attribute.span(),
                format!("the form does not ask `{path}`"),
                instead(
                    &path,
                    asked.iter().map(String::as_str),
                    "the form asks nothing",
                ),
            );
            continue;
        };
        let value = line.value.get_ref().to_json();
        if !value.as_str().is_some_and(is_path)
            && let Err(problem) = normalise(field, &value)
        {
            mistakes.add(
                Code::SampleInvalid,
                line.value.span(),
                format!("`{}` is not valid: {}", field.path(), problem.reason),
                format!(
                    "write a valid {}, or a path such as \"$family.mother.id_number\"",
                    field.title.en.to_lowercase()
                ),
            );
        }
        let attributes = filled
            .entry(role.clone())
            .or_insert_with(|| Map::new().into());
        if let Some(attributes) = attributes.as_object_mut() {
            attributes.insert(attribute.clone(), value);
        }
    }
    for field in form.iter().filter(|f| f.requirement == Requirement::Always) {
        let given = filled
            .get(&field.role)
            .and_then(|role| role.get(&field.attribute));
        if given.is_none() {
            let span = document.sample_span.clone();
            mistakes.add(
                Code::SampleMissing,
                span.unwrap_or_else(|| document.id.span()),
                format!(
                    "the sample leaves out `{}`, which the form asks",
                    field.path()
                ),
                format!("add `{} = \"…\"` under `[sample.form]`", field.path()),
            );
        }
    }
    Value::Object(filled)
}
