//! Reads each part of a bundle file.

use toml::Spanned;
use toml::de::DeTable;

use super::document::{
    Document, Literal, MaterialSyntax, ResultSyntax, RoleSyntax, SampleSyntax, SegmentSyntax,
};
use super::duration::duration;
use super::step::{named, steps};
use super::table::{Table, closest, literal};
use crate::diagnostic::{Code, Mistakes};
use crate::model::{Audience, Before, Partial, Region, WITHDRAWN};

/// How the bundle's constants are named, in the file and in conditions.
pub(crate) const VALUES: &str = "values";

/// Reads the TOML of a file.
pub(crate) fn parse<'i>(source: &'i str, mistakes: &mut Mistakes) -> Option<DeTable<'i>> {
    let (root, errors) = DeTable::parse_recoverable(source);
    for error in &errors {
        mistakes.add(
            Code::Syntax,
            error.span().unwrap_or_default(),
            format!("this is not TOML: {}", error.message()),
            "correct the line; quotes, brackets and `=` must be in pairs and in place",
        );
    }
    errors.is_empty().then(|| root.into_inner())
}

/// Reads a bundle. What it gives is of use only when no mistake was added.
pub(crate) fn read(
    root: &DeTable<'_>,
    region: Option<&Region>,
    mistakes: &mut Mistakes,
) -> Document {
    let mut table = Table::new("the bundle", 0..0, root);
    // The overlays are read before they are laid over.
    let _ = table.get("region");
    let document = Document {
        region: region.cloned(),
        id: id(&mut table, "\"newborn\"", mistakes),
        version: table.required_number("version", "1", mistakes),
        title: table.required_languages("title", mistakes),
        guide: table.languages("guide", mistakes),
        audience: audience(&mut table, mistakes),
        lead: table.required_text("lead", "\"PS\"", mistakes),
        promise_working_days: table.required_number("promise_working_days", "5", mistakes),
        before: before(&mut table, mistakes),
        time_limit: duration(&mut table, "time_limit", mistakes).map(Spanned::into_inner),
        withdrawal: withdrawal(&mut table, mistakes),
        values: values(&mut table, mistakes),
        materials: materials(&mut table, mistakes),
        roles: roles(&mut table, mistakes),
        segments: segments(&mut table, mistakes),
        steps: steps(&mut table, mistakes),
        results: results(&mut table, mistakes),
        sample_span: table
            .get("sample")
            .and_then(|sample| sample.get_ref().get("form"))
            .map(Spanned::span),
        sample: sample(&mut table, mistakes),
    };
    if document.steps.is_empty() {
        table.missing("step", "…` under `[[step]]", mistakes);
    }
    table.finish(mistakes);
    document
}

fn audience(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Audience {
    let audience = table.required_text("audience", "\"person\"", mistakes);
    match audience.get_ref().as_str() {
        // Missing: said already.
        "person" | "" => Audience::Person,
        "enterprise" => Audience::Enterprise,
        other => {
            mistakes.add(
                Code::WrongValue,
                audience.span(),
                format!("`{other}` is no audience"),
                "write \"person\" or \"enterprise\"",
            );
            Audience::Person
        }
    }
}

fn before(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Before {
    let Some(value) = table.get("before") else {
        return Before::default();
    };
    let Some(mut figures) = Table::of("`before`", value, mistakes) else {
        return Before::default();
    };
    let before = Before {
        fields: figures.number("fields", mistakes),
        materials: figures.number("materials", mistakes),
        steps: figures.number("steps", mistakes),
        trips: figures.number("trips", mistakes),
        working_days: figures.number("working_days", mistakes),
    };
    figures.finish(mistakes);
    before
}

/// `[values]`: constants that inputs and conditions can use.
fn values(
    table: &mut Table<'_, '_>,
    mistakes: &mut Mistakes,
) -> Vec<(Spanned<String>, Spanned<Literal>)> {
    let values = named(table, VALUES, mistakes, literal);
    for (name, _) in &values {
        if !is_id(name.get_ref(), '_') {
            bad_id(name, '_', mistakes);
        }
    }
    values
}

/// `[[material]]`: titles of materials that have none yet.
fn materials(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<MaterialSyntax> {
    let mut read = Vec::new();
    for mut material in table.tables("material", "a material", mistakes) {
        read.push(MaterialSyntax {
            id: id(&mut material, "\"…\"", mistakes),
            title: material.required_languages("title", mistakes),
        });
        material.finish(mistakes);
    }
    read
}

fn roles(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<RoleSyntax> {
    let Some(value) = table.get("roles") else {
        return Vec::new();
    };
    let Some(roles) = Table::of("`roles`", value, mistakes) else {
        return Vec::new();
    };
    let mut read = Vec::new();
    for (id, value) in roles.entries() {
        if !is_id(id.get_ref(), '_') {
            bad_id(&id, '_', mistakes);
        } else if id.get_ref() == VALUES {
            let message = "a role cannot be called `values`: conditions mean `[values]` by it";
            mistakes.add(
                Code::BadId,
                id.span(),
                message,
                "give the role another name",
            );
        }
        if let Some(mut role) = Table::of("a role", value, mistakes) {
            read.push(RoleSyntax {
                kind: role.required_text("kind", "\"person\"", mistakes),
                title: role.required_languages("title", mistakes),
                id,
            });
            role.finish(mistakes);
        }
    }
    read
}

/// `[withdrawal]`: what a case ends in that was withdrawn after a first legal effect.
fn withdrawal(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Option<Partial> {
    let value = table.get("withdrawal")?;
    let mut table = Table::of("`withdrawal`", value, mistakes)?;
    let outcome = Partial {
        id: WITHDRAWN.to_owned(),
        title: table.required_languages("title", mistakes),
        owner: table.required_languages("owner", mistakes),
        next: table.required_languages("next", mistakes),
    };
    table.finish(mistakes);
    Some(outcome)
}

fn segments(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<SegmentSyntax> {
    let mut read = Vec::new();
    for mut segment in table.tables("segment", "a segment", mistakes) {
        let id = id(&mut segment, "\"…\"", mistakes);
        let partial = segment
            .get("partial")
            .and_then(|value| Table::of("`partial`", value, mistakes))
            .map(|mut partial| {
                let id = self::id(&mut partial, "\"…\"", mistakes);
                let span = id.span();
                let outcome = Partial {
                    id: id.into_inner(),
                    title: partial.required_languages("title", mistakes),
                    owner: partial.required_languages("owner", mistakes),
                    next: partial.required_languages("next", mistakes),
                };
                partial.finish(mistakes);
                Spanned::new(span, outcome)
            });
        segment.finish(mistakes);
        read.push(SegmentSyntax { id, partial });
    }
    read
}

fn results(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<ResultSyntax> {
    let mut read = Vec::new();
    for mut result in table.tables("result", "a result", mistakes) {
        read.push(ResultSyntax {
            span: result.span(),
            step: result.required_text("step", "\"…\"", mistakes),
            field: result.required_text("field", "\"…\"", mistakes),
            title: result.languages("title", mistakes),
        });
        result.finish(mistakes);
    }
    read
}

fn sample(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<SampleSyntax> {
    let sample = table.get("sample");
    let Some(mut sample) = sample.and_then(|value| Table::of("`sample`", value, mistakes)) else {
        return Vec::new();
    };
    let mut read = Vec::new();
    let form = sample.get("form");
    if let Some(form) = form.and_then(|value| Table::of("`sample.form`", value, mistakes)) {
        for (role, value) in form.entries() {
            let Some(attributes) = Table::of("a role in `sample.form`", value, mistakes) else {
                continue;
            };
            for (attribute, value) in attributes.entries() {
                if let Some(value) = literal(attribute.get_ref(), value, mistakes) {
                    read.push(SampleSyntax {
                        role: role.clone(),
                        attribute,
                        value,
                    });
                }
            }
        }
    }
    sample.finish(mistakes);
    read
}

pub(super) fn id(
    table: &mut Table<'_, '_>,
    example: &str,
    mistakes: &mut Mistakes,
) -> Spanned<String> {
    let id = table.required_text("id", example, mistakes);
    if !id.get_ref().is_empty() && !is_id(id.get_ref(), '-') {
        bad_id(&id, '-', mistakes);
    }
    id
}

fn is_id(id: &str, joint: char) -> bool {
    id.len() <= 64
        && id.split(joint).all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
        && id.starts_with(|c: char| c.is_ascii_lowercase())
}

fn bad_id(id: &Spanned<String>, joint: char, mistakes: &mut Mistakes) {
    let lower: String = id
        .get_ref()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                joint
            }
        })
        .collect();
    let help = if is_id(&lower, joint) {
        format!("write `{lower}`")
    } else {
        format!("use lower-case letters and digits, joined by `{joint}`, at most 64")
    };
    let message = format!("`{}` is no id", id.get_ref());
    mistakes.add(Code::BadId, id.span(), message, help);
}

/// What to write instead of an unknown name.
pub(crate) fn instead<'c>(
    name: &str,
    known: impl IntoIterator<Item = &'c str> + Clone,
    none: &str,
) -> String {
    match closest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let known: Vec<_> = known.into_iter().collect();
            if known.is_empty() {
                none.to_owned()
            } else {
                format!("there are: {}", known.join(", "))
            }
        }
    }
}
