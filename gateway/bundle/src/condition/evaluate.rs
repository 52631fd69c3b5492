//! Evaluates a proved condition on the values at hand.

use std::collections::HashMap;

use cel::{Context, ExecutionError, Value};
use prost_reflect::Value as Proto;

use super::{Condition, Conjunct, Reference, parse};
use crate::form::Form;
use crate::model::Source;

/// A condition whose arithmetic left the range of numbers. The proof rules everything else out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the condition `{condition}` cannot be evaluated: {reason}")]
pub struct EvaluationError {
    /// The condition.
    pub condition: String,
    /// The evaluator's reason, without values.
    pub reason: &'static str,
}

/// What became of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Truth {
    /// It holds.
    Holds,
    /// It does not hold.
    Fails,
    /// It speaks of this attribute, which is not known; so it does not hold.
    Unknown(String),
}

impl Condition {
    /// Evaluates the condition; `value` gives what is known.
    pub(crate) fn evaluate(
        &self,
        value: &dyn Fn(&Reference) -> Option<Value>,
    ) -> Result<Truth, EvaluationError> {
        let known: Vec<_> = self.references.iter().map(value).collect();
        self.all(self.conjuncts.iter(), &known)
    }

    /// Whether the parts that the form alone decides hold. When they don't, neither does the whole.
    pub(crate) fn may_hold(&self, form: &Form) -> bool {
        let value = |reference: &Reference| match &reference.source {
            Source::Form {
                role, attribute, ..
            } => form.get(role, attribute).and_then(from_json),
            Source::Literal(value) => from_proto(value),
            _ => None,
        };
        let known: Vec<_> = self.references.iter().map(value).collect();
        let decided = self.conjuncts.iter().filter(|part| part.form_only);
        // What cannot be evaluated is asked rather than skipped.
        !matches!(
            self.all(decided, &known),
            Ok(Truth::Fails | Truth::Unknown(_))
        )
    }

    fn all<'a>(
        &self,
        parts: impl Iterator<Item = &'a Conjunct>,
        known: &[Option<Value>],
    ) -> Result<Truth, EvaluationError> {
        let context = self.context(known);
        let mut truth = Truth::Holds;
        for part in parts {
            match Value::resolve(&part.expression, &context) {
                Ok(Value::Bool(true)) => {}
                Ok(Value::Bool(false)) => return Ok(Truth::Fails),
                Ok(_) => return Err(self.error("it is not boolean")),
                Err(ExecutionError::NoSuchKey(_)) => truth = Truth::Unknown(self.missing(known)),
                Err(ExecutionError::Overflow(..)) => return Err(self.error("overflow")),
                Err(_) => return Err(self.error("a value is not of its element's type")),
            }
        }
        Ok(truth)
    }

    fn context(&self, known: &[Option<Value>]) -> Context<'static, 'static> {
        let mut roles: HashMap<&str, HashMap<String, Value>> = HashMap::new();
        for (reference, value) in self.references.iter().zip(known) {
            let attributes = roles.entry(&reference.role).or_default();
            if let Some(value) = value {
                attributes.insert(reference.attribute.clone(), value.clone());
            }
        }
        let mut context = Context::with_env(parse::environment());
        for (role, attributes) in roles {
            context.add_variable_from_value(role, attributes);
        }
        context
    }

    fn missing(&self, known: &[Option<Value>]) -> String {
        let mut missing = self.references.iter().zip(known);
        let missing = missing.find(|(_, value)| value.is_none());
        missing.map_or_else(String::new, |(r, _)| format!("{}.{}", r.role, r.attribute))
    }

    fn error(&self, reason: &'static str) -> EvaluationError {
        EvaluationError {
            condition: self.text.clone(),
            reason,
        }
    }
}

/// A value of the form. Whole numbers become CEL's signed integers, never its unsigned ones, which
/// do not mix with literals.
pub(crate) fn from_json(value: &serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::Bool(flag) => Some(Value::Bool(*flag)),
        serde_json::Value::Number(number) => number.as_i64().map(Value::Int),
        serde_json::Value::String(text) => Some(text.as_str().into()),
        _ => None,
    }
}

/// A value of a response.
pub(crate) fn from_proto(value: &Proto) -> Option<Value> {
    match value {
        Proto::Bool(flag) => Some(Value::Bool(*flag)),
        Proto::I32(number) => Some(Value::Int(i64::from(*number))),
        Proto::I64(number) => Some(Value::Int(*number)),
        Proto::U32(number) => Some(Value::Int(i64::from(*number))),
        Proto::U64(number) => i64::try_from(*number).ok().map(Value::Int),
        Proto::String(text) => Some(text.as_str().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str, form_roles: &[&str]) -> Condition {
        let expression = parse::parse(text).unwrap();
        let references = super::super::typing::mentions(&expression)
            .into_iter()
            .map(|mention| Reference {
                source: if form_roles.contains(&mention.role.as_str()) {
                    Source::Form {
                        role: mention.role.clone(),
                        attribute: mention.attribute.clone(),
                        element: String::new(),
                    }
                } else {
                    Source::Step {
                        step: 0,
                        field: mention.attribute.clone(),
                    }
                },
                role: mention.role,
                attribute: mention.attribute,
                tested: mention.tested,
            })
            .collect();
        Condition::new(text.to_owned(), expression, references)
    }

    fn truth(text: &str, known: &[(&str, Value)]) -> Truth {
        let find = |reference: &Reference| {
            let name = format!("{}.{}", reference.role, reference.attribute);
            let found = known.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.clone())
        };
        condition(text, &[]).evaluate(&find).unwrap()
    }

    #[test]
    fn unknown_attributes_do_not_hold() {
        let age = [("child.age", Value::Int(7))];
        assert_eq!(truth("child.age + 1 > 7", &age), Truth::Holds);
        assert_eq!(truth("child.age > 7", &age), Truth::Fails);
        assert_eq!(
            truth("child.age > 1", &[]),
            Truth::Unknown("child.age".into())
        );
        assert_eq!(truth("has(child.age)", &[]), Truth::Fails);
        assert_eq!(truth("!has(child.age) || child.age > 1", &[]), Truth::Holds);
        assert_eq!(
            truth("child.name == '乌'", &[("child.name", "乌".into())]),
            Truth::Holds
        );
    }

    #[test]
    fn the_form_decides_what_it_can() {
        let asked = condition("has(delivery.address) && mother.entitled", &["delivery"]);
        let given: Form =
            serde_json::from_value(serde_json::json!({"delivery": {"address": "x"}})).unwrap();
        assert!(asked.may_hold(&given));
        assert!(!asked.may_hold(&Form::default()));
        assert!(condition("mother.entitled", &[]).may_hold(&Form::default()));
    }

    #[test]
    fn overflow_is_an_error_and_names_no_value() {
        let huge = condition("child.age * 2 > 1", &[]);
        let error = huge.evaluate(&|_| Some(Value::Int(i64::MAX))).unwrap_err();
        assert_eq!(error.reason, "overflow");
    }
}
