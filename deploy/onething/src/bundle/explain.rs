//! `onething bundle explain`: the figures, then every field with where it comes from, then every
//! material with what becomes of it.

use anstyle::Style;
use onething_bundle::{Cut, Explanation, Fate, FieldSource, Origin, Spared, Text};
use onething_elements::Dictionary;

use super::Explain;
use crate::outcome::Outcome;
use crate::page::{BACK, FAINT, GOOD, STRONG, fill, paint};
use crate::table::Table;

/// Explains a bundle.
pub(super) fn run(arguments: &Explain) -> anyhow::Result<Outcome> {
    let bundle = arguments.which.load()?;
    let explanation = bundle.explain(Dictionary::standard());
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&explanation)?);
        return Ok(Outcome::Done);
    }
    for line in page(&explanation) {
        anstream::println!("{line}");
    }
    Ok(Outcome::Done)
}

fn page(explanation: &Explanation) -> Vec<String> {
    let mut which = format!("{} version {}", explanation.bundle, explanation.version);
    if let Some(region) = &explanation.region {
        which += &format!(" in {region}");
    }
    let mut lines = vec![
        paint(STRONG, &both(&explanation.title)),
        paint(FAINT, &which),
        String::new(),
    ];
    lines.extend(figures(explanation));
    lines.extend(asked(explanation));
    lines.extend(prefilled(explanation));
    lines.extend(produced(explanation));
    lines.extend(papers(explanation));
    lines.extend(appearances(explanation));
    lines
}

fn both(text: &Text) -> String {
    format!("{} · {}", text.zh, text.en)
}

fn heading(zh: &str, en: &str, count: usize) -> Vec<String> {
    vec![
        String::new(),
        format!(
            "{} {}",
            paint(STRONG, &format!("{zh} · {en}")),
            paint(FAINT, &count.to_string())
        ),
    ]
}

fn figures(of: &Explanation) -> Vec<String> {
    let mut table = Table::new(["", "before", "now", "cut"]);
    let mut row = |name: &str, cut: Cut| {
        let before = cut
            .before
            .map_or("–".to_owned(), |before| before.to_string());
        let percent = cut.percent().map_or(String::new(), |p| format!("−{p} %"));
        table.add(
            [name.to_owned(), before, cut.after.to_string(), percent],
            Style::new(),
        );
    };
    row(
        "填写 fields",
        Cut {
            before: Some(of.fields.before),
            after: of.fields.asked - of.fields.asked_only_when,
        },
    );
    row("材料 materials", of.materials);
    row("环节 steps", of.steps);
    row("跑动 trips", of.trips);
    row("工作日 working days", of.working_days);
    let mut lines = table.lines("  ");
    let fields = &of.fields;
    let some = match fields.asked_only_when {
        0 => String::new(),
        some => format!(" ({some} of them only of some)"),
    };
    lines.push(paint(
        FAINT,
        &format!(
            "  fields: {} asked{some}, {} merged with another, {} prefilled, {} produced, {} stated",
            fields.asked, fields.merged, fields.prefilled, fields.produced, fields.stated
        ),
    ));
    lines
}

fn of(
    explanation: &Explanation,
    which: fn(&Origin) -> bool,
) -> impl Iterator<Item = &FieldSource> + Clone {
    explanation.sources.iter().filter(move |s| which(&s.origin))
}

fn whose(source: &FieldSource) -> String {
    format!("{} · {}", source.role_title.zh, source.title.zh)
}

fn path(source: &FieldSource) -> String {
    let attribute = source.element.split_once('.').map_or("", |(_, a)| a);
    format!("{}.{attribute}", source.role)
}

fn uses(source: &FieldSource) -> String {
    let mut steps: Vec<&str> = source.used_by.iter().map(String::as_str).collect();
    steps.dedup();
    match steps.as_slice() {
        [first, second, rest @ ..] if rest.len() > 1 => {
            format!("{first}, {second} and {} more", rest.len())
        }
        all => all.join(", "),
    }
}

fn asked(explanation: &Explanation) -> Vec<String> {
    let rows = of(explanation, |o| matches!(o, Origin::Asked { .. }));
    let mut lines = heading("申请人填写", "Asked of the applicant", rows.clone().count());
    let mut table = Table::new(["", "field", "when", "used by"]);
    let mut notes = Vec::new();
    for source in rows {
        let Origin::Asked {
            required,
            only_when,
            because,
        } = &source.origin
        else {
            continue;
        };
        let when = match (only_when, *required) {
            (Some(condition), _) => format!("only when {condition}"),
            (None, "always") => "always".to_owned(),
            (None, "sometimes") => "in some cases".to_owned(),
            (None, _) => "as they wish".to_owned(),
        };
        table.add(
            [whose(source), path(source), when, uses(source)],
            Style::new(),
        );
        let note = because.as_ref().map(|because| match because {
            Spared::Wish => {
                "a shared item gives it; the bundle leaves it to the applicant".to_owned()
            }
            Spared::KeysUnknown(item) => {
                format!("{item} gives it, but what it is asked by is not known without it")
            }
            Spared::TooLate(item) => format!(
                "{item} gives it, but only after it is needed, or where the bundle provides for no refusal"
            ),
        });
        notes.extend(note.map(|note| paint(BACK, &format!("  {}: {note}", path(source)))));
    }
    lines.extend(table.lines("  "));
    lines.extend(notes);
    lines
}

fn prefilled(explanation: &Explanation) -> Vec<String> {
    let rows = of(explanation, |o| matches!(o, Origin::Prefilled { .. }));
    if rows.clone().next().is_none() {
        return Vec::new();
    }
    let mut lines = heading(
        "数据共享预填",
        "Prefilled by shared items",
        rows.clone().count(),
    );
    let mut table = Table::new(["", "field", "from", "by", "fresh for", "asked by"]);
    for source in rows {
        let Origin::Prefilled {
            item,
            item_title,
            department,
            by,
            fresh_for_seconds,
            inserted,
            ..
        } = &source.origin
        else {
            continue;
        };
        let from = format!("{item} {}（{}）", item_title.zh, department.title.zh);
        let who = if *inserted { "planner" } else { "bundle" };
        table.add(
            [
                whose(source),
                path(source),
                from,
                by.join(", "),
                span(*fresh_for_seconds),
                who.to_owned(),
            ],
            GOOD,
        );
    }
    lines.extend(table.lines("  "));
    let mut bases: Vec<(&str, Vec<&str>)> = Vec::new();
    for item in &explanation.shared_items {
        match bases
            .iter_mut()
            .find(|(basis, _)| *basis == item.legal_basis)
        {
            Some((_, items)) if items.contains(&item.item.as_str()) => {}
            Some((_, items)) => items.push(&item.item),
            None => bases.push((&item.legal_basis, vec![&item.item])),
        }
    }
    for (basis, items) in bases {
        lines.push(paint(FAINT, &format!("  {}: {basis}", items.join(", "))));
    }
    lines
}

fn produced(explanation: &Explanation) -> Vec<String> {
    let rows = of(explanation, |o| {
        matches!(o, Origin::Produced { .. } | Origin::Stated)
    });
    if rows.clone().next().is_none() {
        return Vec::new();
    }
    let mut lines = heading(
        "前序环节产生",
        "Produced by an earlier step",
        rows.clone().count(),
    );
    let mut table = Table::new(["", "field", "from", "used by"]);
    for source in rows {
        let from = match &source.origin {
            Origin::Produced {
                step_title,
                department,
                ..
            } => format!("{}（{}）", step_title.zh, department.title.zh),
            _ => "the bundle states it".to_owned(),
        };
        table.add(
            [whose(source), path(source), from, uses(source)],
            Style::new(),
        );
    }
    lines.extend(table.lines("  "));
    lines
}

fn papers(explanation: &Explanation) -> Vec<String> {
    if explanation.papers.is_empty() {
        return Vec::new();
    }
    let copies = explanation.papers.iter().map(|p| p.required_by.len()).sum();
    let mut lines = heading("材料", "Materials, copies before", copies);
    let mut table = Table::new(["", "material", "copies", "now"]);
    for paper in &explanation.papers {
        let (mark, now, style) = match &paper.fate {
            Fate::Remains => ("•", "handed in once".to_owned(), STRONG),
            Fate::OneForm => ("–", "the one form".to_owned(), FAINT),
            Fate::Issued { step_title, .. } => ("–", format!("issued by {}", step_title.zh), FAINT),
            Fate::Replaced {
                item, item_title, ..
            } => ("–", format!("{item} {}", item_title.zh), FAINT),
        };
        table.add(
            [
                mark.to_owned(),
                format!("{} · {}", paper.title.zh, paper.title.en),
                paper.required_by.len().to_string(),
                now,
            ],
            style,
        );
    }
    lines.extend(table.lines("  "));
    lines
}

fn appearances(explanation: &Explanation) -> Vec<String> {
    let of = &explanation.in_person;
    if of.is_empty() {
        return Vec::new();
    }
    let mut lines = heading("到场办理", "Done in person", of.len());
    let mut table = Table::new(["", "step", "at"]);
    for appearance in of {
        table.add(
            [
                both(&appearance.title),
                appearance.step.clone(),
                both(&appearance.department.title),
            ],
            STRONG,
        );
    }
    lines.extend(table.lines("  "));
    lines
}

/// A span of time for people.
fn span(seconds: u64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 3_600 == 0 => format!("{} h", s / 3_600),
        s => fill(&format!("{} min", s / 60), 0),
    }
}
