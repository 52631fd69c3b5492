//! What an applicant filled in, and the check of it against a bundle's form.

use std::collections::BTreeMap;
use std::fmt;

use onething_elements::ValueType;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Bundle, FormField, Requirement};

/// A form that was checked and normalised: `{role: {attribute: value}}`. As JSON it is the input of
/// a case. `Debug` gives the names of its fields and never a value.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Form(BTreeMap<String, BTreeMap<String, Value>>);

impl Form {
    /// The value of a field, if it was filled in.
    #[must_use]
    pub fn get(&self, role: &str, attribute: &str) -> Option<&Value> {
        self.0.get(role)?.get(attribute)
    }

    /// Every field that was filled in, as (role, attribute, value).
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.0.iter().flat_map(|(role, attributes)| {
            let values = attributes.iter();
            values.map(move |(attribute, value)| (role.as_str(), attribute.as_str(), value))
        })
    }

    fn insert(&mut self, field: &FormField, value: Value) {
        let role = self.0.entry(field.role.clone()).or_default();
        role.insert(field.attribute.clone(), value);
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self
            .iter()
            .map(|(role, attribute, _)| format!("{role}.{attribute}"));
        f.debug_tuple("Form")
            .field(&names.collect::<Vec<_>>())
            .finish()
    }
}

/// One thing that is wrong with a form. It never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormProblem {
    /// The field, for example `mother.id_number`; empty for the form as a whole.
    pub field: String,
    /// A stable code: `MISSING`, `UNKNOWN_FIELD`, `WRONG_TYPE`, or the dictionary's, for example
    /// `CHECK_DIGIT`.
    pub code: String,
    /// The reason in plain English.
    pub reason: String,
}

impl FormProblem {
    fn new(field: impl Into<String>, code: &str, reason: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code: code.to_owned(),
            reason: reason.into(),
        }
    }
}

impl Bundle {
    /// Checks what an applicant filled in, an object of roles that are objects of attributes, and
    /// gives it in one spelling. `null`, and blank text in an optional field, count as left out.
    ///
    /// # Errors
    /// Every problem at once: a field that the form does not have, one that is missing, a value of
    /// the wrong JSON type, a value that its element refuses.
    pub fn check_form(&self, form: &Value) -> Result<Form, Vec<FormProblem>> {
        let Some(roles) = form.as_object() else {
            return Err(vec![wrong_type("", "an object of roles", form)]);
        };
        let mut problems = Vec::new();
        let mut checked = Form::default();
        let mut faulty = Vec::new();
        for (role, attributes) in roles {
            if !self.form.iter().any(|field| &field.role == role) {
                problems.push(FormProblem::new(
                    role,
                    "UNKNOWN_FIELD",
                    "the form asks nothing of this role",
                ));
                continue;
            }
            let Some(attributes) = attributes.as_object() else {
                problems.push(wrong_type(role, "an object of attributes", attributes));
                faulty.push(role.as_str());
                continue;
            };
            for attribute in attributes.keys() {
                if self.form_field(role, attribute).is_none() {
                    problems.push(FormProblem::new(
                        format!("{role}.{attribute}"),
                        "UNKNOWN_FIELD",
                        "the form does not ask this",
                    ));
                }
            }
        }
        let mut absent = Vec::new();
        for field in &self.form {
            let given = roles
                .get(&field.role)
                .and_then(|role| role.get(&field.attribute))
                .filter(|value| !left_out(field, value));
            match given.map(|value| normalise(field, value)) {
                Some(Ok(value)) => checked.insert(field, value),
                Some(Err(problem)) => problems.push(problem),
                None if faulty.contains(&field.role.as_str()) => {}
                None => absent.push(field),
            }
        }
        for field in absent {
            if self.is_required(field, &checked) {
                problems.push(FormProblem::new(field.path(), "MISSING", "not filled in"));
            }
        }
        if problems.is_empty() {
            Ok(checked)
        } else {
            Err(problems)
        }
    }

    /// The field of the form with a role and an attribute.
    #[must_use]
    pub fn form_field(&self, role: &str, attribute: &str) -> Option<&FormField> {
        let mut fields = self.form.iter();
        fields.find(|field| field.role == role && field.attribute == attribute)
    }

    fn is_required(&self, field: &FormField, form: &Form) -> bool {
        match &field.requirement {
            Requirement::Always => true,
            Requirement::Never => false,
            Requirement::When(steps) => steps.iter().any(|step| {
                let when = self.steps[*step].when.as_ref();
                when.is_none_or(|condition| condition.may_hold(form))
            }),
        }
    }
}

fn left_out(field: &FormField, value: &Value) -> bool {
    value.is_null() || field.optional && value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The value in the one spelling of its element, as JSON of the element's type.
pub(crate) fn normalise(field: &FormField, value: &Value) -> Result<Value, FormProblem> {
    let path = field.path();
    let text = match (field.value_type, value) {
        (ValueType::String | ValueType::Date, Value::String(text)) => text.clone(),
        (ValueType::Integer | ValueType::MoneyFen, Value::Number(number)) => number.to_string(),
        (ValueType::Boolean, Value::Bool(flag)) => flag.to_string(),
        (ValueType::String, _) => return Err(wrong_type(&path, "text", value)),
        (ValueType::Date, _) => return Err(wrong_type(&path, "a date as text", value)),
        (ValueType::Boolean, _) => return Err(wrong_type(&path, "true or false", value)),
        (ValueType::Integer, _) => return Err(wrong_type(&path, "a whole number", value)),
        (ValueType::MoneyFen, _) => return Err(wrong_type(&path, "a whole number of fen", value)),
    };
    let normalised = field
        .checked_by
        .validate(&text)
        .map_err(|invalid| FormProblem::new(&path, invalid.code(), invalid.reason()))?;
    Ok(match field.value_type {
        ValueType::String | ValueType::Date => Value::String(normalised.into_string()),
        ValueType::Integer | ValueType::MoneyFen => {
            let number = normalised.as_str().parse::<i64>();
            Value::from(number.map_err(|_| wrong_type(&path, "a whole number", value))?)
        }
        ValueType::Boolean => Value::Bool(normalised.as_str() == "true"),
    })
}

fn wrong_type(field: &str, expected: &str, found: &Value) -> FormProblem {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    FormProblem::new(
        field,
        "WRONG_TYPE",
        format!("must be {expected}, not {found}"),
    )
}
