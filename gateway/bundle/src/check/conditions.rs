//! Proves the conditions of steps: that they parse, name real attributes, and are true or false.

use std::ops::Range;

use cel::IdedExpr;
use onething_elements::Dictionary;
use prost_reflect::Value;

use super::values;
use crate::condition::{self, Fault, ParseFault, Type};
use crate::diagnostic::{Code, Mistakes, SourceFile};
use crate::syntax::{Document, StepSyntax, VALUES, instead};

/// A condition that is proved and whose attributes have no sources yet.
pub(super) struct Proposition {
    pub(super) text: String,
    pub(super) span: Range<usize>,
    pub(super) expression: IdedExpr,
    /// The attributes it speaks of, each once.
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute that a condition speaks of.
pub(super) struct Attribute {
    pub(super) role: String,
    pub(super) attribute: String,
    /// The element; empty for one of the bundle's values.
    pub(super) element: String,
    /// The value itself, for one of the bundle's values.
    pub(super) value: Option<Value>,
    /// Whether the condition asks somewhere whether it is known.
    pub(super) tested: bool,
}

/// Proves a step's condition, if it has one.
pub(super) fn prove(
    step: &StepSyntax,
    document: &Document,
    dictionary: &Dictionary,
    source: &SourceFile<'_>,
    mistakes: &mut Mistakes,
) -> Option<Proposition> {
    let when = step.when.as_ref()?;
    let text = when.get_ref();
    let expression = match condition::parse(text) {
        Ok(expression) => expression,
        Err(fault) => {
            let (message, help) = match fault {
                ParseFault::TooLong => (
                    "the condition is longer than 1,024 bytes".to_owned(),
                    "shorten it, or split the step",
                ),
                ParseFault::TooDeep => (
                    "the condition is nested too deeply".to_owned(),
                    "use fewer parentheses and operators: at most 64 within each other",
                ),
                ParseFault::Syntax(reason) => (
                    format!("this is no condition: {}", complaint(&reason)),
                    "write it like `has(delivery.address) && child.age > 6`",
                ),
            };
            mistakes.add(Code::ConditionSyntax, when.span(), message, help);
            return None;
        }
    };
    let element = |role: &str, attribute: &str| {
        let declared = document.roles.iter().find(|r| r.id.get_ref() == role)?;
        dictionary.get(&format!("{}.{attribute}", declared.kind.get_ref()))
    };
    let types = |role: &str, attribute: &str| {
        if role == VALUES {
            return values::type_of(document, attribute);
        }
        element(role, attribute).map(|element| Type::of(element.value_type()))
    };
    let mentions = match condition::prove(&expression, &types) {
        Ok(mentions) => mentions,
        Err(faults) => {
            for fault in faults {
                report(fault, document, dictionary, when, source, mistakes);
            }
            return None;
        }
    };
    let mut attributes: Vec<Attribute> = Vec::new();
    for mention in mentions {
        let mut known = attributes.iter_mut();
        let same = known.find(|a| a.role == mention.role && a.attribute == mention.attribute);
        match same {
            Some(same) => same.tested |= mention.tested,
            None if mention.role == VALUES => attributes.push(Attribute {
                element: String::new(),
                value: values::in_condition(document, &mention.attribute),
                role: mention.role,
                attribute: mention.attribute,
                tested: mention.tested,
            }),
            None => attributes.push(Attribute {
                element: element(&mention.role, &mention.attribute)?.id().to_owned(),
                value: None,
                role: mention.role,
                attribute: mention.attribute,
                tested: mention.tested,
            }),
        }
    }
    Some(Proposition {
        text: text.clone(),
        span: when.span(),
        expression,
        attributes,
    })
}

fn report(
    fault: Fault,
    document: &Document,
    dictionary: &Dictionary,
    when: &toml::Spanned<String>,
    source: &SourceFile<'_>,
    mistakes: &mut Mistakes,
) {
    let roles = || document.roles.iter().map(|role| role.id.get_ref().as_str());
    match fault {
        Fault::Unknown(mention) => {
            let name = format!("{}.{}", mention.role, mention.attribute);
            let span = within(when, source, &name);
            let declared = document
                .roles
                .iter()
                .find(|r| *r.id.get_ref() == mention.role);
            let (message, help) = match declared {
                None if mention.role == VALUES => {
                    let known = document.values.iter().map(|(n, _)| n.get_ref().as_str());
                    let none = "declare it under `[values]`";
                    (
                        format!("the bundle has no value `{}`", mention.attribute),
                        instead(&mention.attribute, known, none),
                    )
                }
                None => (
                    format!("the bundle has no role `{}`", mention.role),
                    instead(&mention.role, roles(), "declare it under `[roles.…]`"),
                ),
                Some(role) => {
                    let kind = role.kind.get_ref();
                    let of_kind = dictionary.iter().filter(|element| element.kind() == kind);
                    let known: Vec<_> =
                        of_kind.map(onething_elements::Element::attribute).collect();
                    let none = format!("the dictionary has no elements of the kind `{kind}`");
                    (
                        format!("a {kind} has no `{}`", mention.attribute),
                        instead(&mention.attribute, known.iter().copied(), &none),
                    )
                }
            };
            let code = if mention.role == VALUES {
                Code::UnknownValue
            } else {
                Code::ConditionReference
            };
            mistakes.add(code, span, message, help);
        }
        Fault::Bare(name) => {
            let span = within(when, source, &name);
            let message = format!("`{name}` is no attribute");
            let help = if roles().any(|role| role == name) {
                format!("name what of it is meant: `{name}.…`")
            } else {
                "an attribute is written `role.attribute`, a text in quotes `'…'`".to_owned()
            };
            mistakes.add(Code::ConditionReference, span, message, help);
        }
        Fault::Type(reason) => mistakes.add(
            Code::ConditionType,
            when.span(),
            format!("the condition is not true or false: {reason}"),
            "compare values of one type, and join comparisons with `&&`, `||` and `!`",
        ),
        Fault::Unsupported(what) => mistakes.add(
            Code::ConditionSyntax,
            when.span(),
            format!("a condition cannot use {what}"),
            "use comparisons, `in`, `&&`, `||`, `!`, `? :`, `+`, `-`, `*`, `has`, `size`, \
             `startsWith`, `endsWith` and `contains`",
        ),
    }
}

/// Where a name stands within the condition; the whole condition if it is not found as written.
fn within(when: &toml::Spanned<String>, source: &SourceFile<'_>, name: &str) -> Range<usize> {
    let span = when.span();
    match source.slice(&span).find(name) {
        Some(at) => span.start + at..span.start + at + name.len(),
        None => span,
    }
}

/// The parser's complaint without the list of everything that it would have accepted.
fn complaint(reason: &str) -> String {
    let first = reason.lines().next().unwrap_or(reason).trim();
    let first = first.strip_prefix("Syntax error: ").unwrap_or(first);
    let short = first.split(" expecting ").next().unwrap_or(first);
    short.replace("'<EOF>'", "at the end")
}
