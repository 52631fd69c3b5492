//! The bundle's constants: `[values]`, as inputs and in conditions.

use prost_reflect::{FieldDescriptor, Value};
use toml::Spanned;

use super::calls::{Call, Explicit, value};
use super::conditions::Proposition;
use crate::condition::Type;
use crate::diagnostic::{Code, Mistakes};
use crate::syntax::{Document, Literal, VALUES, WithSyntax, instead};

/// A constant as the source of a field.
pub(super) fn constant(
    document: &Document,
    name: &Spanned<String>,
    field: &FieldDescriptor,
    mistakes: &mut Mistakes,
) -> Option<Explicit> {
    if let Some(literal) = document.value(name.get_ref()) {
        return value(literal, field, mistakes);
    }
    let known = document
        .values
        .iter()
        .map(|(name, _)| name.get_ref().as_str());
    mistakes.add(
        Code::UnknownValue,
        name.span(),
        format!("the bundle has no value `{}`", name.get_ref()),
        instead(name.get_ref(), known, "declare it under `[values]`"),
    );
    None
}

/// The type of a constant in a condition.
pub(super) fn type_of(document: &Document, name: &str) -> Option<Type> {
    document.value(name).map(|literal| match literal.get_ref() {
        Literal::Text(_) => Type::Text,
        Literal::Integer(_) => Type::Integer,
        Literal::Boolean(_) => Type::Boolean,
    })
}

/// A constant in a condition.
pub(super) fn in_condition(document: &Document, name: &str) -> Option<Value> {
    document.value(name).map(|literal| match literal.get_ref() {
        Literal::Text(text) => Value::String(text.clone()),
        Literal::Integer(number) => Value::I64(*number),
        Literal::Boolean(flag) => Value::Bool(*flag),
    })
}

/// Every constant is used. In a region, what the bundle uses elsewhere may be idle.
pub(super) fn used(
    document: &Document,
    calls: &[Call<'_>],
    propositions: &[Option<Proposition>],
    mistakes: &mut Mistakes,
) {
    if document.region.is_some() {
        return;
    }
    for (name, _) in &document.values {
        let given = calls.iter().flat_map(|call| &call.syntax.with);
        let mut given = given.filter_map(|(_, source)| match source {
            WithSyntax::Value(value) => Some(value.get_ref()),
            _ => None,
        });
        let asked = propositions.iter().flatten().flat_map(|p| &p.attributes);
        let mut asked = asked.filter(|a| a.role == VALUES).map(|a| &a.attribute);
        let used =
            given.any(|used| used == name.get_ref()) || asked.any(|used| used == name.get_ref());
        if !used {
            mistakes.add(
                Code::UnusedValue,
                name.span(),
                format!("nothing uses the value `{}`", name.get_ref()),
                "use it with `with = { … = { value = \"…\" } }` or in a condition as `values.…`, or \
                 take it out",
            );
        }
    }
}
