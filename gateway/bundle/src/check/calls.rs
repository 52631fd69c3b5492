//! Resolves each step's call, its roles and its explicit sources against the contracts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use onething_proto::Contracts;
use onething_proto::annotations::{Action, ActionKind, Share};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value};
use toml::Spanned;

use super::asked::unasked;
use super::departments::department;
use super::repeats::{Repeat, item};
use super::values::constant;
use crate::diagnostic::{Code, Mistakes};
use crate::model::{Await, Department};
use crate::request::whole;
use crate::syntax::{Document, Literal, StepSyntax, WithSyntax, instead};

/// A step whose names are resolved.
pub(super) struct Call<'d> {
    pub(super) syntax: &'d StepSyntax,
    /// The method; `None` for a step that waits.
    pub(super) method: Option<MethodDescriptor>,
    pub(super) awaits: Option<Await>,
    /// The contract's; for a step that waits, that of a query.
    pub(super) action: Action,
    pub(super) share: Option<Share>,
    pub(super) department: Department,
    /// The fields of the request.
    pub(super) takes: Vec<Slot>,
    /// The fields of the response that carry an element.
    pub(super) gives: Vec<Slot>,
    /// The steps named by `after`.
    pub(super) after: Vec<usize>,
    /// The explicit sources, by field of the request.
    pub(super) with: BTreeMap<String, Explicit>,
    /// The list that it is repeated for.
    pub(super) repeat: Option<Repeat>,
}

/// A field and what it carries: the bundle's role and the element.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) field: FieldDescriptor,
    pub(super) carries: Option<(String, String)>,
}

/// An explicit source.
#[derive(Debug, Clone)]
pub(super) enum Explicit {
    Literal(Value),
    Step { step: usize, field: String },
    Item { field: String },
    Ask,
    Unasked,
}

/// What a step's names are looked up in.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) document: &'a Document,
    pub(super) contracts: &'a Contracts,
}

impl<'a> Names<'a> {
    /// Resolves every step; `None` stands for a step whose call is not known.
    pub(super) fn calls(&self, mistakes: &mut Mistakes) -> Vec<Option<Call<'a>>> {
        let steps = self.document.steps.iter();
        steps.map(|step| self.call(step, mistakes)).collect()
    }

    /// The position of a step, or a mistake.
    pub(super) fn step(&self, id: &Spanned<String>, mistakes: &mut Mistakes) -> Option<usize> {
        let steps = self.document.steps.iter().map(|step| step.id.get_ref());
        let found = steps.clone().position(|step| step == id.get_ref());
        if found.is_none() {
            let message = format!("the bundle has no step `{}`", id.get_ref());
            let help = instead(id.get_ref(), steps.map(String::as_str), "name a step's id");
            mistakes.add(Code::UnknownStep, id.span(), message, help);
        }
        found
    }

    /// A step's method, if it calls and its call is known.
    pub(super) fn method(&self, step: usize) -> Option<MethodDescriptor> {
        self.contracts.method(self.document.steps[step].call_name())
    }

    /// The message that answers a step once; a mistake at `span` when it has no single answer. An
    /// unknown call is a mistake of its own.
    pub(super) fn answer_of(
        &self,
        step: usize,
        span: Range<usize>,
        mistakes: &mut Mistakes,
    ) -> Option<MessageDescriptor> {
        let syntax = &self.document.steps[step];
        let why = if syntax.awaits.is_some() {
            "waits and has no answer"
        } else if syntax.for_each.is_some() {
            "is repeated and has an answer for each item"
        } else {
            return Some(self.method(step)?.output());
        };
        mistakes.add(
            Code::NoSingleAnswer,
            span,
            format!("the step `{}` {why}", syntax.id.get_ref()),
            "name a step that calls once",
        );
        None
    }

    fn call(&self, step: &'a StepSyntax, mistakes: &mut Mistakes) -> Option<Call<'a>> {
        let after = step.after.iter();
        let after = after.filter_map(|id| self.step(id, mistakes)).collect();
        if let Some(awaits) = &step.awaits {
            return self.wait(step, awaits.get_ref(), after, mistakes);
        }
        let Some(method) = self.contracts.method(step.call_name()) else {
            self.unknown_call(step, mistakes);
            return None;
        };
        let action = self.contracts.action(&method);
        let action = action.filter(|action| action.kind() != ActionKind::Unspecified);
        let (Some(action), Some(department)) =
            (action, department(self.contracts, method.parent_service()))
        else {
            mistakes.add(
                Code::NotAnAction,
                step.place(),
                "this call cannot be a step: its contract does not mark it as an action",
                "choose a call with the option `action`; the others only read for departments",
            );
            return None;
        };
        let roles = self.roles(step, &method, mistakes);
        let takes = self.slots(&method.input(), &roles);
        let mut gives = self.slots(&method.output(), &roles);
        // A repeated step has an answer for each item, and so none that another could take.
        gives.retain(|slot| slot.carries.is_some() && step.for_each.is_none());
        let repeat = step.for_each.as_ref();
        let repeat = repeat.and_then(|list| self.repeat(list, mistakes));
        let with = self.with(step, &method, repeat.as_ref(), mistakes);
        self.features(step, &action, mistakes);
        Some(Call {
            syntax: step,
            takes,
            gives,
            share: self.contracts.share(&method),
            method: Some(method),
            awaits: None,
            action,
            department,
            after,
            with,
            repeat,
        })
    }

    /// The fields of a message and what each carries, in the bundle's roles.
    pub(super) fn slots(
        &self,
        message: &MessageDescriptor,
        roles: &BTreeMap<String, String>,
    ) -> Vec<Slot> {
        let slots = message.fields().map(|field| {
            let carries = self.contracts.element(&field).map(|e| {
                let role = roles.get(&e.role).cloned().unwrap_or(e.role);
                (role, e.element)
            });
            Slot { field, carries }
        });
        slots.collect()
    }

    fn unknown_call(&self, step: &StepSyntax, mistakes: &mut Mistakes) {
        let name = step.call_name();
        let known: Vec<String> = self
            .contracts
            .actions()
            .map(|(method, _)| onething_proto::method_path(&method))
            .collect();
        // Methods are what people mistype; the same method elsewhere is the best guess.
        let method = name.rsplit('/').next().unwrap_or(name);
        let same = known
            .iter()
            .find(|path| path.ends_with(&format!("/{method}")));
        let help = match same {
            Some(path) => format!("did you mean `{path}`?"),
            None => match instead(name, known.iter().map(String::as_str), "") {
                near if near.starts_with("did you") => near,
                _ => "a call is written `package.Service/Method`".to_owned(),
            },
        };
        let message = format!("no contract has the call `{name}`");
        mistakes.add(Code::UnknownCall, step.place(), message, help);
    }

    /// The call's roles → the bundle's. Every role that a call speaks of is one of the bundle's.
    fn roles(
        &self,
        step: &StepSyntax,
        method: &MethodDescriptor,
        mistakes: &mut Mistakes,
    ) -> BTreeMap<String, String> {
        if step.inserted {
            // The planner maps what the bundle has counterparts of; the rest concerns nobody.
            let mapped = step.roles.iter();
            let mapped = mapped.map(|(role, to)| (role.get_ref().clone(), to.get_ref().clone()));
            return mapped.collect();
        }
        let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for field in method.input().fields().chain(method.output().fields()) {
            known.extend(self.item_roles(&field));
            if let Some(element) = self.contracts.element(&field) {
                let kind = element.element.split('.').next().unwrap_or_default();
                kinds
                    .entry(element.role)
                    .or_default()
                    .insert(kind.to_owned());
            }
        }
        for (role, _) in &step.roles {
            if !kinds.contains_key(role.get_ref()) && !known.contains(role.get_ref()) {
                mistakes.add(
                    Code::RoleNotInCall,
                    role.span(),
                    format!("the call does not speak of a role `{}`", role.get_ref()),
                    instead(
                        role.get_ref(),
                        kinds.keys().map(String::as_str),
                        "take it out: the call speaks of no role",
                    ),
                );
            }
        }
        kinds
            .into_iter()
            .map(|(role, kinds)| {
                let mapped = step.roles.iter().find(|(from, _)| *from.get_ref() == role);
                let to = mapped.map_or(role.as_str(), |(_, to)| to.get_ref());
                let span = mapped.map_or_else(|| step.place(), |(_, to)| to.span());
                self.role(&role, to, &kinds, span, mapped.is_some(), mistakes);
                (role.clone(), to.to_owned())
            })
            .collect()
    }

    fn role(
        &self,
        role: &str,
        to: &str,
        kinds: &BTreeSet<String>,
        span: Range<usize>,
        mapped: bool,
        mistakes: &mut Mistakes,
    ) {
        let declared = self.document.roles.iter().find(|r| r.id.get_ref() == to);
        let Some(declared) = declared else {
            let known = self.document.roles.iter().map(|r| r.id.get_ref().as_str());
            if mapped {
                let message = format!("the bundle has no role `{to}`");
                let help = instead(to, known, "declare it under `[roles.…]`");
                mistakes.add(Code::UnknownRole, span, message, help);
            } else {
                let message = format!("the call speaks of a role `{role}` that the bundle lacks");
                let kind = kinds.iter().next().map_or("…", String::as_str);
                let help = format!(
                    "map it: `roles = {{ {role} = \"…\" }}`, or declare `[roles.{role}]` with \
                     `kind = \"{kind}\"`"
                );
                mistakes.add(Code::UnknownRole, span, message, help);
            }
            return;
        };
        let kind = declared.kind.get_ref();
        if !kinds.contains(kind) {
            let wanted: Vec<_> = kinds.iter().map(String::as_str).collect();
            let wanted = wanted.join(" or ");
            mistakes.add(
                Code::RoleKind,
                span,
                format!("the call's role `{role}` is a {wanted}, but `{to}` is a {kind}"),
                format!("map `{role}` to a role of kind `{wanted}`"),
            );
        }
    }

    fn with(
        &self,
        step: &StepSyntax,
        method: &MethodDescriptor,
        repeat: Option<&Repeat>,
        mistakes: &mut Mistakes,
    ) -> BTreeMap<String, Explicit> {
        let mut with = BTreeMap::new();
        let request = method.input();
        for (name, source) in &step.with {
            let Some(field) = request.get_field_by_name(name.get_ref()) else {
                unknown_field(name, &request, mistakes);
                continue;
            };
            let explicit = match source {
                WithSyntax::Ask => Some(Explicit::Ask),
                WithSyntax::Unasked => unasked(name, &field, mistakes),
                WithSyntax::Literal(literal) => value(literal, &field, mistakes),
                WithSyntax::Value(name) => constant(self.document, name, &field, mistakes),
                WithSyntax::Step { step, field: from } => self.answer(&field, step, from, mistakes),
                WithSyntax::Item(from) => item(step, repeat, &field, from, mistakes),
            };
            if let Some(explicit) = explicit {
                with.insert(name.get_ref().clone(), explicit);
            }
        }
        with
    }

    /// A field of an earlier step's answer, named explicitly.
    fn answer(
        &self,
        to: &FieldDescriptor,
        step: &Spanned<String>,
        from: &Spanned<String>,
        mistakes: &mut Mistakes,
    ) -> Option<Explicit> {
        let position = self.step(step, mistakes)?;
        let response = self.answer_of(position, step.span(), mistakes)?;
        fitting(&response, from, to, mistakes)?;
        Some(Explicit::Step {
            step: position,
            field: from.get_ref().clone(),
        })
    }
}

/// The field of a message that is named as the source of another of the same type.
pub(super) fn fitting(
    message: &MessageDescriptor,
    from: &Spanned<String>,
    to: &FieldDescriptor,
    mistakes: &mut Mistakes,
) -> Option<FieldDescriptor> {
    let Some(field) = message.get_field_by_name(from.get_ref()) else {
        unknown_field(from, message, mistakes);
        return None;
    };
    if same_type(&field, to) {
        return Some(field);
    }
    mistakes.add(
        Code::FieldType,
        from.span(),
        format!(
            "`{}` is {}, but `{}` takes {}",
            field.name(),
            type_name(&field),
            to.name(),
            type_name(to)
        ),
        "name a field of the same type",
    );
    None
}

/// Reports a field that a message does not have.
pub(super) fn unknown_field(
    name: &Spanned<String>,
    message: &MessageDescriptor,
    mistakes: &mut Mistakes,
) {
    let fields: Vec<_> = message.fields().map(|f| f.name().to_owned()).collect();
    mistakes.add(
        Code::UnknownField,
        name.span(),
        format!("`{}` has no field `{}`", message.name(), name.get_ref()),
        instead(
            name.get_ref(),
            fields.iter().map(String::as_str),
            "it has no fields",
        ),
    );
}

/// A value that the file states, for a field of its type.
pub(super) fn value(
    literal: &Spanned<Literal>,
    field: &FieldDescriptor,
    mistakes: &mut Mistakes,
) -> Option<Explicit> {
    let kind = field.kind();
    let value = match literal.get_ref() {
        _ if field.is_list() || field.is_map() => None,
        Literal::Text(text) => (kind == Kind::String).then(|| Value::String(text.clone())),
        Literal::Boolean(flag) => (kind == Kind::Bool).then_some(Value::Bool(*flag)),
        Literal::Integer(number) => whole(*number, &kind),
    };
    if value.is_none() {
        let message = format!(
            "`{}` takes {}, not {}",
            field.name(),
            type_name(field),
            literal.get_ref().name()
        );
        let help = format!("write {}", type_name(field));
        mistakes.add(Code::FieldType, literal.span(), message, help);
    }
    value.map(Explicit::Literal)
}

/// Whether one field's value can be put into the other.
pub(super) fn same_type(from: &FieldDescriptor, to: &FieldDescriptor) -> bool {
    from.kind() == to.kind() && from.is_list() == to.is_list() && from.is_map() == to.is_map()
}

/// A field's type, for messages.
pub(super) fn type_name(field: &FieldDescriptor) -> &'static str {
    if field.is_list() || field.is_map() {
        return "a list";
    }
    match field.kind() {
        Kind::String => "text",
        Kind::Bool => "true or false",
        Kind::Double | Kind::Float => "a number with decimals",
        Kind::Bytes => "bytes",
        Kind::Message(_) => "a message",
        Kind::Enum(_) => "an enumeration",
        _ => "a whole number",
    }
}
