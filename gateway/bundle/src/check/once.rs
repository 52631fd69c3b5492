//! Names stand once, and names that are written lead somewhere.

use std::collections::{BTreeSet, HashSet};

use toml::Spanned;

use super::calls::Call;
use super::conditions::Proposition;
use crate::diagnostic::{Code, Mistakes};
use crate::model::{Await, WITHDRAWN};
use crate::syntax::{Document, instead};

/// Steps, segments and partial outcomes have ids of their own, and steps name declared segments.
pub(super) fn names(document: &Document, mistakes: &mut Mistakes) {
    unique("step", document.steps.iter().map(|step| &step.id), mistakes);
    let materials = document.materials.iter().map(|material| &material.id);
    unique("material", materials, mistakes);
    unique(
        "segment",
        document.segments.iter().map(|segment| &segment.id),
        mistakes,
    );
    // A withdrawal is an outcome of every bundle.
    let mut outcomes = HashSet::from([WITHDRAWN]);
    for partial in document.segments.iter().filter_map(|s| s.partial.as_ref()) {
        if !outcomes.insert(partial.get_ref().id.as_str()) {
            let message = format!("two partial outcomes are called `{}`", partial.get_ref().id);
            let help = "give one of them another id";
            mistakes.add(Code::DuplicateId, partial.span(), message, help);
        }
    }
    let segments = document.segments.iter().map(|s| s.id.get_ref().as_str());
    for named in document
        .steps
        .iter()
        .filter(|step| !step.inserted)
        .filter_map(|step| step.segment.as_ref())
    {
        if !segments.clone().any(|segment| segment == named.get_ref()) {
            let none = "declare it: `[[segment]]` with its `id`";
            mistakes.add(
                Code::UnknownSegment,
                named.span(),
                format!("the bundle declares no segment `{}`", named.get_ref()),
                instead(named.get_ref(), segments.clone(), none),
            );
        }
    }
}

fn unique<'a>(what: &str, ids: impl Iterator<Item = &'a Spanned<String>>, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id.get_ref()) {
            let message = format!("two {what}s are called `{}`", id.get_ref());
            mistakes.add(
                Code::DuplicateId,
                id.span(),
                message,
                "give one of them another id",
            );
        }
    }
}

/// Every declared role is a role of some call or condition.
pub(super) fn roles(
    document: &Document,
    calls: &[Call<'_>],
    propositions: &[Option<Proposition>],
    mistakes: &mut Mistakes,
) {
    let slots = calls.iter().flat_map(|call| {
        let items = call.repeat.iter().flat_map(|repeat| &repeat.gives);
        call.takes.iter().chain(&call.gives).chain(items)
    });
    let carried = slots.filter_map(|slot| slot.carries.as_ref().map(|(role, _)| role.as_str()));
    let asked = propositions.iter().flatten().flat_map(|p| &p.attributes);
    let acting = calls.iter().filter_map(|call| match &call.awaits {
        Some(Await::Signal { by, .. }) => Some(by.as_str()),
        _ => None,
    });
    let used: BTreeSet<&str> = carried
        .chain(asked.map(|a| a.role.as_str()))
        .chain(acting)
        .collect();
    // In a region, a role may be there for a step that is left out.
    let everywhere = document.region.is_none();
    for role in &document.roles {
        if everywhere && !used.contains(role.id.get_ref().as_str()) {
            mistakes.add(
                Code::UnusedRole,
                role.id.span(),
                format!("no step speaks of the role `{}`", role.id.get_ref()),
                "map a call's role to it, or take it out",
            );
        }
    }
}
