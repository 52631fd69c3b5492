//! What every part of a proof needs: the names known so far, expressions, refusals, and reporting.

use std::{ops::Range, sync::Arc};

use onething_declared::{Examined, is_name};
use onething_participant::INVALID_INPUT;
use onething_proto::annotations::Action;
use prost_reflect::MethodDescriptor;

use super::matter::Ground;
use crate::{
    catalogue::RecordKind,
    declaration::{ElseDeclaration, LetDeclaration, Text},
    expression::{Expression, Scope, Type},
    matter::{
        judge::INDEX,
        program::{Else, Named},
    },
    message::RequestShape,
};

/// The name that only a number's format knows.
pub(super) const NUMBER: &str = "number";

/// A matter under examination.
pub(super) struct Proof<'a, 'e, 't> {
    /// The method's name.
    pub(super) name: &'a str,
    pub(super) ground: &'a Ground<'a>,
    pub(super) action: &'a Action,
    pub(super) method: &'a MethodDescriptor,
    pub(super) request: &'a RequestShape,
    pub(super) examined: &'e mut Examined<'t>,
    /// The names known so far.
    pub(super) scope: Scope,
}

impl Proof<'_, '_, '_> {
    pub(super) fn report(&mut self, span: Range<usize>, place: &str, message: impl Into<String>) {
        let place = if place.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}, {place}", self.name)
        };
        self.examined.report(span, place, message);
    }

    pub(super) fn each<D, P>(
        &mut self,
        what: &str,
        declared: &[D],
        mut prove: impl FnMut(&mut Self, &str, &D) -> Option<P>,
    ) -> Vec<P> {
        declared
            .iter()
            .zip(1..)
            .filter_map(|(declared, index)| prove(self, &format!("{what} {index}"), declared))
            .collect()
    }

    pub(super) fn expression(
        &mut self,
        place: &str,
        text: &Text,
        wanted: &Type,
    ) -> Option<Expression> {
        match Expression::compile(text.get_ref(), &self.scope, wanted) {
            Ok(expression) => Some(expression),
            Err(problem) => {
                self.report(text.span(), place, problem);
                None
            }
        }
    }

    /// Calls a value by a name, with the type that it has.
    pub(super) fn named(&mut self, place: &str, declared: &LetDeclaration) -> Option<Named> {
        match Expression::infer(declared.value.get_ref(), &self.scope) {
            Ok((_, found)) if !matches!(found, Type::Scalar { .. }) => {
                let message = format!(
                    "`{}` is {found}: only text, integers and booleans get a name",
                    declared.value.get_ref()
                );
                self.report(declared.value.span(), place, message);
                None
            }
            Ok((value, found)) => {
                self.bind(place, &declared.name, found);
                Some(Named {
                    name: declared.name.get_ref().clone(),
                    value,
                })
            }
            Err(problem) => {
                self.report(declared.value.span(), place, problem);
                None
            }
        }
    }

    pub(super) fn kind(&mut self, place: &str, name: &Text) -> Option<Arc<RecordKind>> {
        let kind = self.ground.records.get(name.get_ref()).cloned();
        if kind.is_none() {
            let message = format!("there is no kind of record `{}`", name.get_ref());
            self.report(name.span(), place, message);
        }
        kind
    }

    /// Makes a name known.
    pub(super) fn bind(&mut self, place: &str, name: &Text, bound: Type) {
        let text = name.get_ref();
        if !is_name(text) || [NUMBER, INDEX].contains(&text.as_str()) {
            let message = format!("`{text}` cannot be a name: use lower case, digits and `_`");
            self.report(name.span(), place, message);
        } else if self.scope.contains_key(text) {
            let message = format!("the name `{text}` is taken");
            self.report(name.span(), place, message);
        } else {
            self.scope.insert(text.clone(), bound);
        }
    }

    pub(super) fn request_field(&mut self, place: &str, field: &Text) {
        if !self.request.has(field.get_ref()) {
            let message = format!("the request has no field `{}`", field.get_ref());
            self.report(field.span(), place, message);
        }
    }

    /// Whether the contract names a reason.
    pub(super) fn declared_reason(&mut self, place: &str, written: &Text) -> bool {
        let reason = written.get_ref();
        let known =
            reason == INVALID_INPUT || self.action.refusal_reasons.iter().any(|r| r == reason);
        if !known {
            let mut reasons = self.action.refusal_reasons.clone();
            reasons.push(INVALID_INPUT.to_owned());
            let message = format!(
                "the contract does not name the reason `{reason}`; it may be refused as {}",
                reasons.join(", ")
            );
            self.report(written.span(), place, message);
        }
        known
    }

    pub(super) fn refusal(&mut self, place: &str, declared: &ElseDeclaration) -> Option<Else> {
        let reason = declared.refuse.get_ref();
        let known = self.declared_reason(place, &declared.refuse);
        if declared.message.get_ref().trim().is_empty() {
            let message = "a refusal says why, in a sentence";
            self.report(declared.message.span(), place, message);
        }
        if let Some(field) = &declared.field {
            self.request_field(place, field);
        }
        known.then(|| Else {
            reason: reason.clone(),
            message: declared.message.get_ref().clone(),
            field: declared
                .field
                .as_ref()
                .map_or_else(String::new, |field| field.get_ref().clone()),
        })
    }
}
