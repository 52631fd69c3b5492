//! Reads the steps of a bundle file: what each does, waits for and takes.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::document::{AwaitSyntax, DeadlineSyntax, ForEachSyntax, StepSyntax, WithSyntax};
use super::duration::duration;
use super::read::id;
use super::table::{Table, closest, literal, text, wrong};
use crate::diagnostic::{Code, Mistakes};
use crate::model::OnExpiry;

/// Reads every step.
pub(super) fn steps(table: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Vec<StepSyntax> {
    let mut read = Vec::new();
    for mut step in table.tables("step", "a step", mistakes) {
        let id = id(&mut step, "\"…\"", mistakes);
        let call = step.text("call", mistakes);
        let awaits = awaits(&mut step, mistakes);
        one_of(&step, call.as_ref(), awaits.is_some(), mistakes);
        let roles = named(&mut step, "roles", mistakes, text);
        let after = step.texts("after", mistakes);
        let when = step.text("when", mistakes);
        let with = named(&mut step, "with", mistakes, with);
        let segment = step.text("segment", mistakes);
        let optional = step.flag("optional", mistakes);
        let correctable = set("correctable", &mut step, mistakes);
        let deadline = deadline(&mut step, mistakes);
        let fresh_for = duration(&mut step, "fresh_for", mistakes);
        let in_person = set("in_person", &mut step, mistakes);
        let for_each = for_each(&mut step, mistakes);
        step.finish(mistakes);
        read.push(StepSyntax {
            id,
            call,
            awaits,
            roles,
            after,
            when,
            with,
            segment,
            optional,
            correctable,
            deadline,
            fresh_for,
            in_person,
            for_each,
            inserted: false,
        });
    }
    read
}

/// A table whose keys the writer chooses, read value by value.
pub(super) fn named<T>(
    table: &mut Table<'_, '_>,
    key: &'static str,
    mistakes: &mut Mistakes,
    read: fn(&str, &Spanned<DeValue<'_>>, &mut Mistakes) -> Option<T>,
) -> Vec<(Spanned<String>, T)> {
    let Some(value) = table.get(key) else {
        return Vec::new();
    };
    let Some(named) = Table::of(key, value, mistakes) else {
        return Vec::new();
    };
    let mut entries = Vec::new();
    for (name, value) in named.entries() {
        if let Some(value) = read(name.get_ref(), value, mistakes) {
            entries.push((name, value));
        }
    }
    entries
}

fn with(key: &str, value: &Spanned<DeValue<'_>>, mistakes: &mut Mistakes) -> Option<WithSyntax> {
    if !value.get_ref().is_table() {
        return literal(key, value, mistakes).map(WithSyntax::Literal);
    }
    let mut table = Table::of("an explicit source", value, mistakes)?;
    let said = table.has("ask");
    let ask = table.flag("ask", mistakes);
    let step = table.text("step", mistakes);
    let field = table.text("field", mistakes);
    let item = table.text("item", mistakes);
    let constant = table.text("value", mistakes);
    let source = match (ask, step, field, item, constant) {
        (true, None, None, None, None) => Some(WithSyntax::Ask),
        (false, None, None, None, None) if said => Some(WithSyntax::Unasked),
        (false, Some(step), Some(field), None, None) => Some(WithSyntax::Step { step, field }),
        (false, None, None, Some(item), None) => Some(WithSyntax::Item(item)),
        (false, None, None, None, Some(constant)) => Some(WithSyntax::Value(constant)),
        _ => {
            let expected = "a value, `{ step = \"…\", field = \"…\" }`, `{ value = \"…\" }`, \
                            `{ item = \"…\" }`, `{ ask = true }`, or `{ ask = false }`";
            wrong(mistakes, value, key, expected, value.get_ref());
            None
        }
    };
    table.finish(mistakes);
    source
}

/// A step either calls or waits.
fn one_of(
    step: &Table<'_, '_>,
    call: Option<&Spanned<String>>,
    awaits: bool,
    mistakes: &mut Mistakes,
) {
    match (call, awaits || step.has("await")) {
        (None, false) if !step.has("call") => {
            let example = "\"onething.identity.v1.IdentityService/VerifyPerson\"";
            step.missing("call", example, mistakes);
        }
        (Some(call), true) => mistakes.add(
            Code::CallsAndAwaits,
            call.span(),
            "the step both calls a department and waits",
            "take out `call` or `await`; if both are meant, make two steps of it",
        ),
        _ => {}
    }
}

fn awaits(step: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Option<Spanned<AwaitSyntax>> {
    let value = step.get("await")?;
    let mut table = Table::of("`await`", value, mistakes)?;
    let signal = table.text("signal", mistakes);
    let timer = duration(&mut table, "timer", mistakes);
    let told = table.has("signal") || table.has("timer");
    let awaits = match (signal, timer) {
        (Some(name), None) => Some(AwaitSyntax::Signal {
            name,
            title: table.required_languages("title", mistakes),
            by: table.required_text("by", "\"applicant\"", mistakes),
        }),
        (None, Some(after)) => Some(AwaitSyntax::Timer {
            after: after.into_inner(),
            title: table.languages("title", mistakes),
        }),
        // Said already: what is there is of the wrong type.
        (None, None) if told => None,
        _ => {
            mistakes.add(
                Code::WrongValue,
                value.span(),
                "`await` waits for exactly one thing: an act or a time",
                "write `{ signal = \"…\", title = …, by = \"…\" }` or `{ timer = \"10d\" }`",
            );
            None
        }
    };
    if awaits.is_some() {
        table.finish(mistakes);
    }
    awaits.map(|awaits| Spanned::new(value.span(), awaits))
}

/// Where a flag stands, if it is set.
fn set(
    flag: &'static str,
    step: &mut Table<'_, '_>,
    mistakes: &mut Mistakes,
) -> Option<Range<usize>> {
    let span = step.get(flag).map(Spanned::span);
    span.filter(|_| step.flag(flag, mistakes))
}

fn deadline(step: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Option<DeadlineSyntax> {
    let value = step.get("deadline")?;
    let mut table = Table::of("`deadline`", value, mistakes)?;
    let working_days = table.required_positive("working_days", "3", mistakes);
    let on_expiry = table.required_text("on_expiry", "\"escalate\"", mistakes);
    table.finish(mistakes);
    let name = on_expiry.get_ref().as_str();
    let known = OnExpiry::ALL.iter().find(|known| known.as_str() == name);
    if let Some(known) = known {
        return Some(DeadlineSyntax {
            working_days,
            on_expiry: Spanned::new(on_expiry.span(), *known),
        });
    }
    if !name.is_empty() {
        let names = OnExpiry::ALL.map(OnExpiry::as_str);
        let help = closest(name, names).map_or_else(
            || format!("write one of: {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("`{name}` is nothing that can happen when the time is over");
        mistakes.add(Code::WrongValue, on_expiry.span(), message, help);
    }
    None
}

fn for_each(step: &mut Table<'_, '_>, mistakes: &mut Mistakes) -> Option<ForEachSyntax> {
    let value = step.get("for_each")?;
    let mut table = Table::of("`for_each`", value, mistakes)?;
    let for_each = ForEachSyntax {
        step: table.required_text("step", "\"…\"", mistakes),
        field: table.required_text("field", "\"…\"", mistakes),
    };
    table.finish(mistakes);
    Some(for_each)
}
