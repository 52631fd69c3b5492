//! `/v1/bundles`: what can be filed, and with which form.

use axum::{Json, extract::State};
use onething_bundle::{Bundle, FormField, Requirement, Text};
use onething_elements::Choice;
use serde::Serialize;

use super::{problem::Problem, segment::Segment};
use crate::cases::{Cases, SubmitError};

/// A bundle in a list.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    id: &'a str,
    version: u32,
    title: &'a Text,
    audience: &'a str,
    promise_working_days: u32,
}

/// A bundle with its form and items.
#[derive(Debug, Serialize)]
struct Detail<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    form: Vec<Field<'a>>,
    items: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    step: &'a str,
    title: &'a Text,
    department: Department<'a>,
}

#[derive(Debug, Serialize)]
struct Department<'a> {
    code: &'a str,
    title: &'a Text,
}

/// One field that the applicant is asked: `form.<role>.<attribute>` of a case.
#[derive(Debug, Serialize)]
struct Field<'a> {
    role: &'a str,
    role_title: &'a Text,
    attribute: &'a str,
    element: &'a str,
    title: &'a Text,
    required: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<Choices<'a>>,
}

#[derive(Debug, Serialize)]
struct Choices<'a> {
    value: &'a str,
    title: Title<'a>,
}

#[derive(Debug, Serialize)]
struct Title<'a> {
    zh: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mn: Option<&'a str>,
    en: &'a str,
}

fn summary(bundle: &Bundle) -> Summary<'_> {
    Summary {
        id: &bundle.id,
        version: bundle.version,
        title: &bundle.title,
        audience: bundle.audience.as_str(),
        promise_working_days: bundle.promise_working_days,
    }
}

/// `GET /v1/bundles`: every bundle.
pub(super) async fn list(State(cases): State<Cases>) -> Json<serde_json::Value> {
    let bundles: Vec<_> = cases
        .plans()
        .bundles()
        .into_iter()
        .map(|b| summary(b))
        .collect();
    Json(serde_json::json!({ "bundles": bundles }))
}

/// `GET /v1/bundles/{bundle}`: one bundle, with the fields that an applicant is asked.
pub(super) async fn read(
    State(cases): State<Cases>,
    Segment(id): Segment,
) -> Result<Json<serde_json::Value>, Problem> {
    let bundle = cases
        .plans()
        .bundle(&id)
        .ok_or(SubmitError::UnknownBundle)?;
    let items = bundle.steps.iter().map(|step| Item {
        step: &step.id,
        title: &step.title,
        department: Department {
            code: &step.department.code,
            title: &step.department.title,
        },
    });
    let detail = Detail {
        summary: summary(bundle),
        form: bundle.form.iter().map(field).collect(),
        items: items.collect(),
    };
    Ok(Json(serde_json::to_value(detail).unwrap_or_default()))
}

fn field(of: &FormField) -> Field<'_> {
    Field {
        role: &of.role,
        role_title: &of.role_title,
        attribute: &of.attribute,
        element: &of.element,
        title: &of.title,
        required: match of.requirement {
            Requirement::Always => "always",
            Requirement::When(_) => "sometimes",
            Requirement::Never => "never",
        },
        choices: of.choices.iter().map(choice).collect(),
    }
}

fn choice(of: &Choice) -> Choices<'_> {
    Choices {
        value: &of.value,
        title: Title {
            zh: &of.zh,
            mn: of.mn.as_deref(),
            en: &of.en,
        },
    }
}
