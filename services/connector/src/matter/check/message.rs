//! Proves what a program says of the method's messages: optional fields and the answer.

use std::ops::Range;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::proof::Proof;
use crate::{
    declaration::{Assignments, ListDeclaration, MatterDeclaration, Text},
    expression::{Expression, Type},
    matter::{
        judge::INDEX,
        program::{Each, List},
    },
    message::scalar,
};

impl Proof<'_, '_, '_> {
    pub(super) fn optional(&mut self, declared: &MatterDeclaration) {
        for field in &declared.optional {
            self.request_field("", field);
        }
    }

    /// Makes the items of a list known under a name, and their number, from 1.
    pub(super) fn each_of(&mut self, place: &str, list: &Text, name: &Text) -> Option<Each> {
        let written = list.get_ref().as_str();
        let (head, field) = match written.split_once('.') {
            Some((head, field)) => (head, Some(field)),
            None => (written, None),
        };
        let found = match (self.scope.get(head), field) {
            (Some(Type::Table { table, .. }), Some(field)) => table.fields.get(field).cloned(),
            (found, None) => found.cloned(),
            _ => None,
        };
        let Some(Type::List(item)) = found else {
            let message = format!(
                "`{written}` is no list: a find with `all = true` gives one, and so does a \
                 repeated field of the request"
            );
            self.report(list.span(), place, message);
            return None;
        };
        self.bind(place, name, (*item).clone());
        self.scope.insert(INDEX.to_owned(), Type::INTEGER);
        Some(Each {
            list: (head.to_owned(), field.map(ToOwned::to_owned)),
            name: name.get_ref().clone(),
        })
    }

    /// Proves what a repeated field of the answer holds.
    pub(super) fn list(&mut self, place: &str, declared: &ListDeclaration) -> Option<List> {
        let output = self.method.output();
        let name = declared.answer.get_ref();
        let field = output.get_field_by_name(name);
        let item = field.as_ref().and_then(|field| match field.kind() {
            Kind::Message(item) if field.is_list() => Some(item),
            _ => None,
        });
        let Some((field, item)) = field.zip(item) else {
            let message = format!(
                "{} has no repeated field of messages `{name}`",
                output.full_name()
            );
            self.report(declared.answer.span(), place, message);
            return None;
        };
        let outside = self.scope.clone();
        let each = self.each_of(place, &declared.each, &declared.name);
        let mut set = Vec::new();
        // Without its list nothing in it is known, which is told already.
        if each.is_some() {
            for (name, value) in self.fields(place, &item, &declared.set, &[]) {
                set.push((name.name().to_owned(), value));
            }
            for field in item.fields() {
                if !declared.set.contains_key(field.name()) {
                    let message = format!("it does not answer `{}`", field.name());
                    self.report(declared.answer.span(), place, message);
                }
            }
        }
        self.scope = outside;
        Some(List {
            field,
            each: each?,
            set,
        })
    }

    pub(super) fn answer(
        &mut self,
        declared: &Assignments,
        lists: &[ListDeclaration],
        span: Range<usize>,
    ) -> Vec<(FieldDescriptor, Expression)> {
        let output = self.method.output();
        let answer = self.fields("answer", &output, declared, lists);
        for field in output.fields() {
            let listed = |list: &ListDeclaration| list.answer.get_ref() == field.name();
            let left_out = !declared.contains_key(field.name()) && !lists.iter().any(listed);
            if left_out && !field.supports_presence() {
                let message = format!("it does not answer `{}`", field.name());
                self.report(span.clone(), "answer", message);
            }
        }
        answer
    }

    /// Proves the values of a message's plain fields.
    fn fields(
        &mut self,
        place: &str,
        message: &MessageDescriptor,
        declared: &Assignments,
        lists: &[ListDeclaration],
    ) -> Vec<(FieldDescriptor, Expression)> {
        let mut fields = Vec::new();
        for (name, text) in declared {
            let Some(field) = message.get_field_by_name(name) else {
                let problem = format!("{} has no field `{name}`", message.full_name());
                self.report(text.span(), place, problem);
                continue;
            };
            if lists.iter().any(|list| list.answer.get_ref() == name) {
                self.report(text.span(), place, format!("a list answers `{name}`"));
                continue;
            }
            let Some(scalar) = scalar(&field) else {
                let problem = format!(
                    "`{name}` is no text, integer or boolean; programs answer with no others, but \
                     for a `[[matter.list]]`"
                );
                self.report(text.span(), place, problem);
                continue;
            };
            let value = self.expression(place, text, &Type::plain(scalar));
            fields.extend(value.map(|value| (field, value)));
        }
        fields
    }
}
