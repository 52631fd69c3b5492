//! Region overlays: what `[[region]]` changes, laid over the bundle's own tables before anything is
//! checked. Every span keeps pointing into the one file, so a mistake is shown where it was written.

use std::collections::BTreeMap;

use onething_elements::Divisions;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::read::instead;
use super::table::{Table, wrong};
use crate::diagnostic::{Code, Mistakes};
use crate::model::Region;

/// Lists of tables and the keys by which their entries are the same entry.
const LISTS: [(&str, &[&str]); 4] = [
    ("step", &["id"]),
    ("segment", &["id"]),
    ("result", &["step", "field"]),
    ("material", &["id"]),
];

/// What makes a bundle the bundle it is.
const FIXED: [&str; 4] = ["id", "version", "audience", "region"];

/// A bundle's tables in one region.
pub(crate) struct Variant<'i> {
    pub(crate) region: Region,
    pub(crate) tables: DeTable<'i>,
}

/// One `[[region]]`.
struct Overlay<'a, 'i> {
    code: Spanned<String>,
    years: Vec<u16>,
    without: Vec<Spanned<String>>,
    tables: &'a DeTable<'i>,
}

/// The bundle in every region that an overlay names, and in every year for which one is different.
pub(crate) fn variants<'i>(root: &DeTable<'i>, mistakes: &mut Mistakes) -> Vec<Variant<'i>> {
    let overlays = overlays(root, mistakes);
    let divisions = Divisions::standard();
    let mut variants: BTreeMap<Region, DeTable<'i>> = BTreeMap::new();
    for named in &overlays {
        let covers = |other: &&Overlay<'_, '_>| {
            divisions.is_within(named.code.get_ref(), other.code.get_ref())
        };
        let years = overlays
            .iter()
            .filter(covers)
            .flat_map(|other| &other.years);
        let years = std::iter::once(None).chain(years.copied().map(Some));
        for year in years {
            let applies = |other: &&Overlay<'_, '_>| {
                other.years.is_empty() || year.is_some_and(|year| other.years.contains(&year))
            };
            let mut applied: Vec<_> = overlays.iter().filter(covers).filter(applies).collect();
            // The wider first and then the narrower; for one place, the lasting before the year's.
            applied.sort_by_key(|o| (divisions.path(o.code.get_ref()).count(), o.years.len()));
            let Some(nearest) = applied.last() else {
                continue;
            };
            let region = Region {
                code: nearest.code.get_ref().clone(),
                year: year.filter(|_| applied.iter().any(|o| !o.years.is_empty())),
            };
            if variants.contains_key(&region) {
                continue;
            }
            let mut tables = root.clone();
            tables.remove("region");
            for overlay in applied {
                lay(&mut tables, overlay, mistakes);
            }
            variants.insert(region, tables);
        }
    }
    let variants = variants.into_iter();
    variants
        .map(|(region, tables)| Variant { region, tables })
        .collect()
}

fn overlays<'a, 'i>(root: &'a DeTable<'i>, mistakes: &mut Mistakes) -> Vec<Overlay<'a, 'i>> {
    let Some(value) = root.get("region") else {
        return Vec::new();
    };
    let Some(items) = value.get_ref().as_array() else {
        let expected = "a list of tables, each headed `[[region]]`";
        wrong(mistakes, value, "region", expected, value.get_ref());
        return Vec::new();
    };
    let mut read: Vec<Overlay<'a, 'i>> = Vec::new();
    for item in items {
        let Some(mut table) = Table::of("a region", item, mistakes) else {
            continue;
        };
        let overlay = Overlay {
            code: table.required_text("code", "\"150100\"", mistakes),
            years: years(&mut table, mistakes),
            without: table.texts("without", mistakes),
            // `Table::of` gave a table.
            tables: match item.get_ref() {
                DeValue::Table(tables) => tables,
                _ => continue,
            },
        };
        fixed(overlay.tables, mistakes);
        if known(&overlay.code, mistakes) && first(&overlay, &read, mistakes) {
            read.push(overlay);
        }
    }
    read
}

fn years(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<u16> {
    let Some(value) = table.get("years") else {
        return Vec::new();
    };
    let expected = "a list of years, such as `[2025, 2026]`";
    let items = value.get_ref().as_array();
    let Some(items) = items.filter(|items| !items.is_empty()) else {
        wrong(mistakes, value, "years", expected, value.get_ref());
        return Vec::new();
    };
    let year = |item: &Spanned<DeValue<'_>>| {
        let year = item.get_ref().as_integer()?.as_str().parse().ok();
        year.filter(|year| (2000..=2100).contains(year))
    };
    let mut years = Vec::new();
    for item in items {
        match year(item) {
            Some(year) => years.push(year),
            None => wrong(
                mistakes,
                item,
                "years",
                "a year from 2000 to 2100",
                item.get_ref(),
            ),
        }
    }
    years
}

/// What a region cannot change.
fn fixed(tables: &DeTable<'_>, mistakes: &mut Mistakes) {
    for key in FIXED {
        if let Some((key, _)) = tables.get_key_value(key) {
            mistakes.add(
                Code::NotForRegions,
                key.span(),
                format!("a region cannot change `{}`", key.get_ref()),
                "take it out: it is one bundle everywhere",
            );
        }
    }
}

fn known(code: &Spanned<String>, mistakes: &mut Mistakes) -> bool {
    let divisions = Divisions::standard();
    let known = divisions.get(code.get_ref()).is_some();
    // Missing: said already.
    if !known && !code.get_ref().is_empty() {
        mistakes.add(
            Code::UnknownRegion,
            code.span(),
            format!("`{}` is no region, league or county", code.get_ref()),
            "write the six digits of GB/T 2260, such as \"150100\" for Hohhot",
        );
    }
    known
}

fn first(overlay: &Overlay<'_, '_>, read: &[Overlay<'_, '_>], mistakes: &mut Mistakes) -> bool {
    let same = read.iter().any(|other| {
        let shared = other.years.iter().any(|year| overlay.years.contains(year));
        let both_lasting = other.years.is_empty() && overlay.years.is_empty();
        other.code.get_ref() == overlay.code.get_ref() && (shared || both_lasting)
    });
    if same {
        mistakes.add(
            Code::DuplicateRegion,
            overlay.code.span(),
            format!(
                "two regions are `{}` in the same time",
                overlay.code.get_ref()
            ),
            "put their changes together, or give them different `years`",
        );
    }
    !same
}

/// Lays one region's tables over the bundle's.
fn lay<'i>(tables: &mut DeTable<'i>, overlay: &Overlay<'_, 'i>, mistakes: &mut Mistakes) {
    for step in &overlay.without {
        if !leave_out(tables, step.get_ref()) {
            unknown_step(tables, step, mistakes);
        }
    }
    for (key, value) in overlay.tables {
        let name: &str = key.get_ref();
        if ["code", "years", "without"].contains(&name) || FIXED.contains(&name) {
            continue;
        }
        let list = LISTS.iter().find(|(list, _)| *list == name);
        match (list, tables.get_mut(name), value.get_ref()) {
            (Some((_, keys)), Some(own), DeValue::Array(changes)) if own.get_ref().is_array() => {
                if let DeValue::Array(own) = own.get_mut() {
                    entries(name, own, changes, keys, mistakes);
                }
            }
            (None, Some(own), _) => over(own, value),
            _ => {
                tables.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Lays a list's entries over those with the same keys; the others are added.
fn entries<'i>(
    list: &str,
    own: &mut DeArray<'i>,
    changes: &DeArray<'i>,
    keys: &[&str],
    mistakes: &mut Mistakes,
) {
    let named = |entry: &Spanned<DeValue<'_>>| -> Option<Vec<String>> {
        let entry = entry.get_ref();
        let part = |key: &&str| Some(entry.get(*key)?.get_ref().as_str()?.to_owned());
        keys.iter().map(part).collect()
    };
    for change in changes {
        let name = named(change);
        let same = own
            .iter_mut()
            .find(|entry| name.is_some() && named(entry) == name);
        if let Some(same) = same {
            over(same, change);
            continue;
        }
        let does = ["call", "await"].map(|key| change.get_ref().get(key).is_some());
        match change.get_ref().get("id") {
            // A change of a step that is not there, rather than a new one.
            Some(id) if list == "step" && does == [false, false] && id.get_ref().is_str() => {
                let known: Vec<_> = own.iter().filter_map(|entry| named(entry)?.pop()).collect();
                let name = id.get_ref().as_str().unwrap_or_default();
                mistakes.add(
                    Code::UnknownStep,
                    id.span(),
                    format!("the bundle has no step `{name}`"),
                    instead(name, known.iter().map(String::as_str), "add `call` to it"),
                );
            }
            _ => own.push(change.clone()),
        }
    }
}

/// Lays one value over another: tables key by key, everything else whole.
fn over<'i>(own: &mut Spanned<DeValue<'i>>, change: &Spanned<DeValue<'i>>) {
    if let (DeValue::Table(tables), DeValue::Table(changes)) = (own.get_mut(), change.get_ref()) {
        for (key, value) in changes {
            match tables.get_mut(key.get_ref().as_ref()) {
                Some(own) => over(own, value),
                None => drop(tables.insert(key.clone(), value.clone())),
            }
        }
    } else {
        *own = change.clone();
    }
}

/// Takes a step out, with its results, the segment that is it alone, and every `after` that names
/// it. Whether there was one.
fn leave_out(tables: &mut DeTable<'_>, step: &str) -> bool {
    let is = |entry: &Spanned<DeValue<'_>>, key: &str| {
        let value = entry.get_ref().get(key).map(Spanned::get_ref);
        value.and_then(DeValue::as_str) == Some(step)
    };
    let mut found = false;
    for (list, key) in [("step", "id"), ("segment", "id"), ("result", "step")] {
        let Some(DeValue::Array(entries)) = tables.get_mut(list).map(Spanned::get_mut) else {
            continue;
        };
        let kept = entries.iter().filter(|entry| !is(entry, key)).cloned();
        let kept: DeArray<'_> = kept.collect();
        found |= list == "step" && kept.len() < entries.len();
        *entries = kept;
    }
    if let Some(DeValue::Array(steps)) = tables.get_mut("step").map(Spanned::get_mut) {
        for entry in steps.iter_mut() {
            let DeValue::Table(entry) = entry.get_mut() else {
                continue;
            };
            if let Some(DeValue::Array(after)) = entry.get_mut("after").map(Spanned::get_mut) {
                let others = after.iter().filter(|a| a.get_ref().as_str() != Some(step));
                *after = others.cloned().collect();
            }
        }
    }
    found
}

fn unknown_step(tables: &DeTable<'_>, step: &Spanned<String>, mistakes: &mut Mistakes) {
    let steps = tables
        .get("step")
        .and_then(|steps| steps.get_ref().as_array());
    let ids = steps.into_iter().flat_map(|steps| steps.iter());
    let ids = ids.filter_map(|step| step.get_ref().get("id")?.get_ref().as_str());
    let ids: Vec<_> = ids.collect();
    mistakes.add(
        Code::UnknownStep,
        step.span(),
        format!("the bundle has no step `{}`", step.get_ref()),
        instead(step.get_ref(), ids.iter().copied(), "there are none"),
    );
}
