//! `/v1/bundles`: what can be filed, and with which form.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use onething_bundle::{Bundle, Explanation, FormField, Layout, Region, Requirement, Text};
use onething_elements::{Choice, Dictionary};
use serde::Serialize;

use super::{
    problem::Problem,
    saga_query::{UNKNOWN, boolean, read as parameters},
    segment::Segment,
};
use crate::{
    announced::{Announced, Member, announced, departments},
    cases::Cases,
};

/// A bundle in a list.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    id: &'a str,
    /// Whether it can be filed. One that cannot is announced and has neither version nor promise.
    defined: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    title: &'a Text,
    audience: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    promise_working_days: Option<u32>,
    lead: Member,
    departments: Vec<Member>,
    /// Whether it is uncertain that an announced one belongs to the region's map.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubtful: Option<bool>,
}

/// Whether those are asked for as well that nobody has defined yet.
#[derive(Debug)]
pub(super) struct All(bool);

impl<S: Send + Sync> FromRequestParts<S> for All {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut all = false;
        parameters(parts, state, |name, value| {
            match name {
                "all" => all = boolean(value)?,
                _ => return Err(UNKNOWN),
            }
            Ok(())
        })
        .await?;
        Ok(Self(all))
    }
}

/// The region as which a bundle is asked for.
#[derive(Debug)]
pub(super) struct In(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for In {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut region = None;
        parameters(parts, state, |name, value| {
            match name {
                "region" => region = Some(value.to_owned()),
                _ => return Err(UNKNOWN),
            }
            Ok(())
        })
        .await?;
        Ok(Self(region))
    }
}

/// A bundle with its form and items.
#[derive(Debug, Serialize)]
struct Detail<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    /// The region whose overlay it is; null for the bundle as it is everywhere.
    region: Option<&'a Region>,
    /// What an applicant should know first; null where the bundle says nothing.
    guide: Option<&'a Text>,
    form: Vec<Field<'a>>,
    /// What a case's `form` must look like, as JSON Schema (2020-12).
    schema: serde_json::Value,
    /// How to ask it.
    layout: Layout,
    items: Vec<Item<'a>>,
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    step: &'a str,
    title: &'a Text,
    department: Department<'a>,
    /// Whether those whom it concerns have to appear at the department.
    in_person: bool,
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
        defined: true,
        version: Some(bundle.version),
        title: &bundle.title,
        audience: bundle.audience.as_str(),
        promise_working_days: Some(bundle.promise_working_days),
        lead: Member::from(&bundle.lead),
        departments: departments(bundle),
        doubtful: None,
    }
}

fn not_defined(announced: &Announced) -> Summary<'_> {
    Summary {
        id: &announced.id,
        defined: false,
        version: None,
        title: &announced.title,
        audience: announced.audience.as_str(),
        promise_working_days: None,
        lead: announced.lead.clone(),
        departments: announced.departments.clone(),
        doubtful: Some(announced.doubtful),
    }
}

/// `GET /v1/bundles`: every bundle that can be filed; with `?all=true` also those that are announced.
pub(super) async fn list(State(cases): State<Cases>, All(all): All) -> Json<serde_json::Value> {
    let bundles = cases.plans().bundles();
    let mut listed: Vec<_> = bundles.iter().map(|b| summary(b)).collect();
    if all {
        let defined = |id: &str| cases.plans().bundle(id).is_some();
        let open = announced().iter().filter(|entry| !defined(&entry.id));
        listed.extend(open.map(not_defined));
        listed.sort_by_key(|bundle| bundle.id);
    }
    Json(serde_json::json!({ "bundles": listed }))
}

/// `GET /v1/bundles/{bundle}`: one bundle, with the fields that an applicant is asked; with
/// `?region=CODE` as it is there.
pub(super) async fn read(
    State(cases): State<Cases>,
    Segment(id): Segment,
    In(region): In,
) -> Result<Json<serde_json::Value>, Problem> {
    let bundle = cases.bundle(&id, region.as_deref())?;
    let items = bundle.steps.iter().map(|step| Item {
        step: &step.id,
        title: &step.title,
        department: Department {
            code: &step.department.code,
            title: &step.department.title,
        },
        in_person: step.in_person,
    });
    let detail = Detail {
        summary: summary(&bundle),
        region: bundle.region.as_ref(),
        guide: bundle.guide.as_ref(),
        form: bundle.form.iter().map(field).collect(),
        schema: bundle.form_schema(),
        layout: bundle.form_layout(),
        items: items.collect(),
    };
    Ok(Json(serde_json::to_value(detail).unwrap_or_default()))
}

/// `GET /v1/bundles/{bundle}/explanation`: where each field comes from, which materials are left, and
/// what was cut; with `?region=CODE` as it is there.
pub(super) async fn explain(
    State(cases): State<Cases>,
    Segment(id): Segment,
    In(region): In,
) -> Result<Json<Explanation>, Problem> {
    let bundle = cases.bundle(&id, region.as_deref())?;
    Ok(Json(bundle.explain(Dictionary::standard())))
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
