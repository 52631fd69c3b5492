//! The request of a step, built from the form and earlier answers; and the results of a case. Pure:
//! the same form and answers give the same request.

use std::fmt;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};

use crate::condition::{self, EvaluationError, Reference, Truth};
use crate::form::Form;
use crate::model::{Bundle, Input, ResultSpec, Source, Step};

/// What to do about a step that is ready.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Call the department with this request.
    Call(DynamicMessage),
    /// Call the department with each of these requests, in the order of the list.
    Each(Vec<DynamicMessage>),
    /// Leave the step out.
    Omit {
        /// Why.
        why: Omission,
    },
}

/// Why a step is left out. It names no values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Omission {
    /// Its condition does not hold.
    Condition {
        /// The condition.
        condition: String,
    },
    /// Its condition speaks of something that is not known.
    Unknown {
        /// The condition.
        condition: String,
        /// The unknown attribute, `role.attribute`.
        attribute: String,
    },
    /// It needs something of a step that was left out.
    Input {
        /// The field of the request.
        field: String,
        /// The id of the step that was left out.
        step: String,
    },
}

impl fmt::Display for Omission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition { condition } => write!(f, "`{condition}` does not hold"),
            Self::Unknown {
                condition,
                attribute,
            } => write!(f, "`{condition}` needs `{attribute}`, which is not known"),
            Self::Input { field, step } => {
                write!(f, "it needs `{field}` of `{step}`, which was left out")
            }
        }
    }
}

/// Why a request cannot be built. It does not happen to a checked form and to answers of the
/// bundle's own methods.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// There is no such step.
    #[error("the bundle has no step number {0}")]
    UnknownStep(usize),
    /// The form lacks a field: it was not checked against this version of the bundle.
    #[error("step `{step}`: the form has no `{field}`")]
    NotInForm {
        /// The step.
        step: String,
        /// The field of the form.
        field: String,
    },
    /// An item of the list that the step is repeated for lacks a field.
    #[error("step `{step}`: an item has no `{field}`")]
    NotInItem {
        /// The step.
        step: String,
        /// The field of the item.
        field: String,
    },
    /// The step waits and calls nobody.
    #[error("step `{step}` calls nobody")]
    CallsNobody {
        /// The step.
        step: String,
    },
    /// A value has not the type of its field.
    #[error("step `{step}`: the value for `{field}` is not of the field's type")]
    Type {
        /// The step.
        step: String,
        /// The field of the request.
        field: String,
    },
    /// The condition cannot be evaluated.
    #[error("step `{step}`: {source}")]
    Condition {
        /// The step.
        step: String,
        /// Why.
        source: EvaluationError,
    },
}

/// The answers so far: `None` for a step that was left out.
type Answers<'a> = &'a dyn Fn(usize) -> Option<DynamicMessage>;

impl Bundle {
    /// The request of a step, or [`Prepared::Omit`] when its condition does not hold or it needs
    /// something of a step that was left out. `responses` gives the answers of the steps that it
    /// comes after; `None` for one that was left out.
    ///
    /// # Errors
    /// [`RequestError`] when the form or the answers are not of this bundle.
    pub fn request(
        &self,
        step: usize,
        form: &Form,
        responses: Answers<'_>,
    ) -> Result<Prepared, RequestError> {
        let Some(this) = self.steps.get(step) else {
            return Err(RequestError::UnknownStep(step));
        };
        if let Some(when) = &this.when {
            let value = |reference: &Reference| match &reference.source {
                Source::Form {
                    role, attribute, ..
                } => form.get(role, attribute).and_then(condition::from_json),
                Source::Step { step, field } => {
                    answer(responses, *step, field).and_then(|v| condition::from_proto(&v))
                }
                Source::Literal(value) => condition::from_proto(value),
                // A condition is decided once for all items.
                Source::Item { .. } => None,
            };
            let truth = when.evaluate(&value).map_err(|source| {
                let step = this.id.clone();
                RequestError::Condition { step, source }
            })?;
            let condition = when.text.clone();
            let why = match truth {
                Truth::Holds => None,
                Truth::Fails => Some(Omission::Condition { condition }),
                Truth::Unknown(attribute) => Some(Omission::Unknown {
                    condition,
                    attribute,
                }),
            };
            if let Some(why) = why {
                return Ok(Prepared::Omit { why });
            }
        }
        let Some(list) = &this.for_each else {
            let built = self.message(this, form, responses, None)?;
            return Ok(built.map_or_else(|why| Prepared::Omit { why }, Prepared::Call));
        };
        let Some(items) = answer(responses, list.step, list.field.name()) else {
            let why = Omission::Input {
                field: list.field.name().to_owned(),
                step: self.steps[list.step].id.clone(),
            };
            return Ok(Prepared::Omit { why });
        };
        let mut calls = Vec::new();
        for item in items.as_list().unwrap_or_default() {
            match self.message(this, form, responses, item.as_message())? {
                Ok(message) => calls.push(message),
                Err(why) => return Ok(Prepared::Omit { why }),
            }
        }
        Ok(Prepared::Each(calls))
    }

    /// The request of one call, or why the step is left out.
    fn message(
        &self,
        this: &Step,
        form: &Form,
        responses: Answers<'_>,
        item: Option<&DynamicMessage>,
    ) -> Result<Result<DynamicMessage, Omission>, RequestError> {
        let Some(method) = &this.method else {
            let step = this.id.clone();
            return Err(RequestError::CallsNobody { step });
        };
        let mut message = DynamicMessage::new(method.input());
        for input in &this.inputs {
            let wrong_type = || RequestError::Type {
                step: this.id.clone(),
                field: input.field.name().to_owned(),
            };
            match value(input, form, responses, item).map_err(|WrongType| wrong_type())? {
                Some(value) => message
                    .try_set_field(&input.field, value)
                    .map_err(|_| wrong_type())?,
                None if !input.required => {}
                None => match &input.source {
                    Source::Step { step, field } => {
                        return Ok(Err(Omission::Input {
                            field: field.clone(),
                            step: self.steps[*step].id.clone(),
                        }));
                    }
                    Source::Form {
                        role, attribute, ..
                    } => {
                        return Err(RequestError::NotInForm {
                            step: this.id.clone(),
                            field: format!("{role}.{attribute}"),
                        });
                    }
                    Source::Item { field } => {
                        return Err(RequestError::NotInItem {
                            step: this.id.clone(),
                            field: field.clone(),
                        });
                    }
                    Source::Literal(_) => {}
                },
            }
        }
        Ok(Ok(message))
    }

    /// What the applicant has got so far: the results whose steps answered, in the order of the
    /// bundle. `responses` gives `None` for a step without an answer that stands.
    #[must_use]
    pub fn results(&self, responses: Answers<'_>) -> Vec<(&ResultSpec, String)> {
        self.results
            .iter()
            .filter_map(|result| {
                let value = answer(responses, result.step, &result.field)?;
                Some((result, written(&value)?))
            })
            .collect()
    }
}

/// A value of the form that does not fit the field of the request.
struct WrongType;

/// The value of an input, if there is one.
fn value(
    input: &Input,
    form: &Form,
    responses: Answers<'_>,
    item: Option<&DynamicMessage>,
) -> Result<Option<Value>, WrongType> {
    match &input.source {
        Source::Item { field } => Ok(item.and_then(|item| known(item, field))),
        Source::Literal(value) => Ok(Some(value.clone())),
        Source::Step { step, field } => Ok(answer(responses, *step, field)),
        Source::Form {
            role, attribute, ..
        } => match form.get(role, attribute) {
            Some(value) => to_proto(value, &input.field).map(Some).ok_or(WrongType),
            None => Ok(None),
        },
    }
}

/// A field of a step's answer. A field that the answer can leave unset, and did, is `None`.
fn answer(responses: Answers<'_>, step: usize, field: &str) -> Option<Value> {
    known(&responses(step)?, field)
}

/// A field of a message; `None` when it can be left unset, and was.
fn known(message: &DynamicMessage, field: &str) -> Option<Value> {
    let field = message.descriptor().get_field_by_name(field)?;
    if field.supports_presence() && !message.has_field(&field) {
        return None;
    }
    Some(message.get_field(&field).into_owned())
}

/// A value of the form as the type of a field.
fn to_proto(value: &serde_json::Value, field: &FieldDescriptor) -> Option<Value> {
    use serde_json::Value as Json;
    match (value, field.kind()) {
        (Json::String(text), Kind::String) => Some(Value::String(text.clone())),
        (Json::Bool(flag), Kind::Bool) => Some(Value::Bool(*flag)),
        (Json::Number(number), kind) => whole(number.as_i64()?, &kind),
        _ => None,
    }
}

/// A whole number as the type of a field; `None` when it does not fit or the field is no number.
pub(crate) fn whole(number: i64, kind: &Kind) -> Option<Value> {
    match kind {
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Some(Value::I64(number)),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number.try_into().ok().map(Value::I32),
        Kind::Uint64 | Kind::Fixed64 => number.try_into().ok().map(Value::U64),
        Kind::Uint32 | Kind::Fixed32 => number.try_into().ok().map(Value::U32),
        _ => None,
    }
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::I32(number) => Some(number.to_string()),
        Value::I64(number) => Some(number.to_string()),
        Value::U32(number) => Some(number.to_string()),
        Value::U64(number) => Some(number.to_string()),
        _ => None,
    }
}
