//! The form for apps: a JSON Schema (2020-12) of what is filed, and a layout of how to ask it. Both
//! follow from the computed form; an app needs no other description of a bundle.

use onething_elements::{Input, ValueType};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::model::{Bundle, FormField, Requirement};
use crate::text::Text;

/// How a form is asked: a section for each role, its fields in the order of the steps that need them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layout {
    /// The sections, in the order of their first fields.
    pub sections: Vec<Section>,
}

/// What is asked of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The role.
    pub role: String,
    /// What the role is called.
    pub title: Text,
    /// Its fields.
    pub fields: Vec<LayoutField>,
}

/// One field of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayoutField {
    /// Where its value stands in what is filed, as a JSON pointer.
    pub pointer: String,
    /// The element's id.
    pub element: String,
    /// What it is called.
    pub title: Text,
    /// How to ask: `text`, `number`, `date`, `choice`, `switch`, `region`, `address`, `money`,
    /// `mobile` or `file`.
    pub input: &'static str,
    /// `always`, `sometimes` (see `required_when`) or `never`.
    pub required: &'static str,
    /// The conditions of the steps that need it: it is required when one of them holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_when: Vec<String>,
    /// What may be chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<LayoutChoice>,
    /// The steps that use it, once each.
    pub used_by: Vec<String>,
}

/// One value that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayoutChoice {
    /// What is filed.
    pub value: String,
    /// What it is called.
    pub title: Text,
}

impl Bundle {
    /// The schema of what is filed: an object of roles that are objects of attributes. What is
    /// required only in some cases is the layout's to say: a schema knows no departments' answers.
    #[must_use]
    pub fn form_schema(&self) -> Value {
        let mut properties = Map::new();
        let mut required: Vec<&str> = Vec::new();
        for field in &self.form {
            let role = properties.entry(field.role.clone()).or_insert_with(|| {
                json!({
                    "type": "object",
                    "title": field.role_title.zh,
                    "properties": {},
                    "required": [],
                    "additionalProperties": false,
                })
            });
            role["properties"][&field.attribute] = value_schema(field);
            if field.requirement == Requirement::Always {
                if let Some(names) = role["required"].as_array_mut() {
                    names.push(field.attribute.clone().into());
                }
                if !required.contains(&field.role.as_str()) {
                    required.push(&field.role);
                }
            }
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title.zh,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    /// How to ask the form.
    #[must_use]
    pub fn form_layout(&self) -> Layout {
        let mut sections: Vec<Section> = Vec::new();
        for field in &self.form {
            let position = sections
                .iter()
                .position(|section| section.role == field.role);
            let position = position.unwrap_or_else(|| {
                sections.push(Section {
                    role: field.role.clone(),
                    title: field.role_title.clone(),
                    fields: Vec::new(),
                });
                sections.len() - 1
            });
            sections[position].fields.push(self.laid_out(field));
        }
        Layout { sections }
    }

    fn laid_out(&self, field: &FormField) -> LayoutField {
        let (required, steps): (_, &[usize]) = match &field.requirement {
            Requirement::Always => ("always", &[]),
            Requirement::When(steps) => ("sometimes", steps),
            Requirement::Never => ("never", &[]),
        };
        let conditions = steps
            .iter()
            .filter_map(|step| self.steps[*step].when.as_ref());
        let mut required_when: Vec<String> = conditions.map(|when| when.text.clone()).collect();
        required_when.dedup();
        let choices = field.choices.iter().map(|choice| LayoutChoice {
            value: choice.value.clone(),
            title: Text {
                zh: choice.zh.clone(),
                mn: choice.mn.clone().unwrap_or_default(),
                en: choice.en.clone(),
            },
        });
        LayoutField {
            pointer: format!("/{}/{}", field.role, field.attribute),
            element: field.element.clone(),
            title: field.title.clone(),
            input: input(field.input),
            required,
            required_when,
            choices: choices.collect(),
            used_by: field
                .used_by
                .iter()
                .map(|step| self.steps[*step].id.clone())
                .collect(),
        }
    }
}

fn value_schema(field: &FormField) -> Value {
    let mut schema = match field.value_type {
        ValueType::String if field.choices.is_empty() => json!({"type": "string", "minLength": 1}),
        ValueType::String => {
            let choices = field.choices.iter();
            let choices = choices.map(|c| json!({"const": c.value, "title": c.zh}));
            json!({"type": "string", "oneOf": choices.collect::<Vec<_>>()})
        }
        ValueType::Date => json!({"type": "string", "format": "date"}),
        ValueType::Boolean => json!({"type": "boolean"}),
        ValueType::Integer => json!({"type": "integer", "minimum": 0}),
        ValueType::MoneyFen => {
            json!({"type": "integer", "minimum": 0, "description": "a whole number of fen"})
        }
    };
    schema["title"] = field.title.zh.clone().into();
    schema
}

const fn input(of: Input) -> &'static str {
    match of {
        Input::Text => "text",
        Input::Number => "number",
        Input::Date => "date",
        Input::Choice => "choice",
        Input::Switch => "switch",
        Input::Region => "region",
        Input::Address => "address",
        Input::Money => "money",
        Input::Mobile => "mobile",
        Input::File => "file",
        Input::None => "none",
    }
}
