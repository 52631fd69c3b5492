//! Proves what a program says of the method's messages: optional fields and the answer.

use std::ops::Range;

use prost_reflect::FieldDescriptor;

use super::proof::Proof;
use crate::{
    declaration::{Assignments, MatterDeclaration},
    expression::{Expression, Type},
    message::scalar,
};

impl Proof<'_, '_, '_> {
    pub(super) fn optional(&mut self, declared: &MatterDeclaration) {
        for field in &declared.optional {
            self.request_field("", field);
        }
    }

    pub(super) fn answer(
        &mut self,
        declared: &Assignments,
        span: Range<usize>,
    ) -> Vec<(FieldDescriptor, Expression)> {
        let mut answer = Vec::new();
        let output = self.method.output();
        for (name, text) in declared {
            let Some(field) = output.get_field_by_name(name) else {
                let message = format!("{} has no field `{name}`", output.full_name());
                self.report(text.span(), "answer", message);
                continue;
            };
            let Some(scalar) = scalar(&field) else {
                let message = format!(
                    "`{name}` is no text, integer or boolean; programs answer with no others"
                );
                self.report(text.span(), "answer", message);
                continue;
            };
            let value = self.expression("answer", text, &Type::plain(scalar));
            answer.extend(value.map(|value| (field, value)));
        }
        for field in output.fields() {
            if !declared.contains_key(field.name()) {
                let message = format!("it does not answer `{}`", field.name());
                self.report(span.clone(), "answer", message);
            }
        }
        answer
    }
}
