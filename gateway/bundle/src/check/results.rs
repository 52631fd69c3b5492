//! What the applicant gets: each result is a field of a step's answer.

use onething_elements::Dictionary;
use prost_reflect::Kind;

use super::calls::{Names, type_name, unknown_field};
use crate::diagnostic::{Code, Mistakes};
use crate::model::ResultSpec;
use crate::text::Text;

/// Resolves every result.
pub(super) fn results(
    names: Names<'_>,
    dictionary: &Dictionary,
    mistakes: &mut Mistakes,
) -> Vec<ResultSpec> {
    let mut found = Vec::new();
    for result in &names.document.results {
        let Some(step) = names.step(&result.step, mistakes) else {
            continue;
        };
        let Some(response) = names.answer_of(step, result.step.span(), mistakes) else {
            continue;
        };
        let Some(field) = response.get_field_by_name(result.field.get_ref()) else {
            unknown_field(&result.field, &response, mistakes);
            continue;
        };
        let whole = crate::request::whole(0, &field.kind()).is_some();
        let shown = whole || matches!(field.kind(), Kind::String | Kind::Bool);
        if !shown || field.is_list() || field.is_map() {
            let message = format!("`{}` is {}", field.name(), type_name(&field));
            let help = "name a field that is text, a whole number, or true or false";
            mistakes.add(Code::FieldType, result.field.span(), message, help);
            continue;
        }
        let element = names.contracts.element(&field).map(|e| e.element);
        let known = element.as_ref().and_then(|id| dictionary.get(id));
        let title = match (&result.title, known) {
            (Some(title), _) => title.clone(),
            (None, Some(known)) => Text::from(known.titles()),
            (None, None) => {
                mistakes.add(
                    Code::UntitledResult,
                    result.span.clone(),
                    format!("the result `{}` has no title", field.name()),
                    "add `title = { zh = \"…\", mn = \"…\", en = \"…\" }`: the dictionary has none",
                );
                continue;
            }
        };
        found.push(ResultSpec {
            step,
            field: field.name().to_owned(),
            title,
            element,
        });
    }
    found
}
