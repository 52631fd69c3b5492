//! Live progress: a line per step as it ends, in the order in which they end.

use std::collections::HashMap;

use onething_bundle::{Await, Bundle};
use serde_json::Value;

use super::{
    client::{Case, Happening},
    people::Played,
};
use crate::page::{BACK, BAD, FAINT, GOOD, STRONG, duration, fill, paint};

/// Prints what happens to a case.
#[derive(Debug)]
pub(super) struct Progress<'a> {
    bundle: &'a Bundle,
    quiet: bool,
    undoing: bool,
    not_begun: Vec<String>,
    started: HashMap<String, String>,
    widths: (usize, usize),
}

impl<'a> Progress<'a> {
    /// Progress of a case of this bundle; `quiet` prints nothing.
    pub(super) fn new(bundle: &'a Bundle, quiet: bool) -> Self {
        use unicode_width::UnicodeWidthStr;
        let widest = |of: fn(&onething_bundle::Step) -> &str| {
            bundle
                .steps
                .iter()
                .map(|step| of(step).width())
                .max()
                .unwrap_or_default()
        };
        let widths = (widest(|s| &s.department.title.zh), widest(|s| &s.id));
        Self {
            bundle,
            quiet,
            undoing: false,
            not_begun: Vec::new(),
            started: HashMap::new(),
            widths,
        }
    }

    /// Shows what is filed.
    pub(super) fn begin(&self, form: &Value, note: Option<&str>) {
        if self.quiet {
            return;
        }
        let title = format!("{} · {}", self.bundle.title.zh, self.bundle.title.en);
        anstream::println!("{}", paint(STRONG, &title));
        anstream::println!(
            "{}",
            paint(
                FAINT,
                "The applicant, out of a synthetic population, files:"
            )
        );
        for field in &self.bundle.form {
            let value = form
                .get(&field.role)
                .and_then(|role| role.get(&field.attribute));
            let value = match value {
                None => continue,
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            let whose = format!("{} · {}", field.role_title.zh, field.title.zh);
            anstream::println!("  {} {value}", fill(&whose, 34));
        }
        if let Some(note) = note {
            anstream::println!("{}", paint(BACK, note));
        }
    }

    /// Names the case.
    pub(super) fn filed(&self, case: &Case) {
        if self.quiet {
            return;
        }
        let trace = case.trace_id.as_deref().unwrap_or("none");
        let mut line = format!("case {} · trace {trace}", case.id);
        if let Some(region) = &case.region {
            line += &format!(" · as in {}", region.code);
        }
        anstream::println!("{}\n", paint(FAINT, &line));
    }

    /// Shows one thing that happened.
    pub(super) fn show(&mut self, happening: &Happening) {
        if self.quiet {
            return;
        }
        let Some(step) = happening.step.clone() else {
            return self.show_case(happening);
        };
        let took = |began: &HashMap<String, String>| {
            began
                .get(&step)
                .map(|from| duration(from, &happening.at))
                .unwrap_or_default()
        };
        match happening.kind.as_str() {
            "step.intended" => {
                self.started.insert(step, happening.at.clone());
            }
            "step.undo_intended" => {
                if !std::mem::replace(&mut self.undoing, true) {
                    let note = "  what was done of this part is undone, in reverse order:";
                    anstream::println!("{}", paint(BACK, note));
                }
                self.started.insert(step, happening.at.clone());
            }
            "step.succeeded" => self.line(GOOD, "✓", &step, &took(&self.started), ""),
            "step.refused" => {
                let reason = happening.reason.as_deref().unwrap_or_default();
                let why = format!("refused: {reason}");
                self.line(BAD, "✗", &step, &took(&self.started), &why);
            }
            "step.omitted" => self.line(FAINT, "–", &step, "", "does not apply"),
            "step.in_doubt" => {
                self.line(
                    BACK,
                    "?",
                    &step,
                    "",
                    "no definite answer; asking again with the same key",
                );
            }
            "step.waiting" => self.line(BACK, "…", &step, "", "an officer decides later"),
            "step.awaited" => self.line(BACK, "…", &step, "", &self.awaited(&step)),
            "step.returned" => {
                let reason = happening.reason.as_deref().unwrap_or_default();
                let why = format!("returned for correction: {reason}");
                self.line(BACK, "↩", &step, "", &why);
            }
            "step.corrected" => self.line(BACK, "✎", &step, "", "corrected"),
            "step.given_up" => self.line(BAD, "✗", &step, "", "given up; undoing it too"),
            "step.undone" => self.line(BACK, "↶", &step, &took(&self.started), "undone"),
            "step.undo_failed" => {
                let reason = happening.reason.as_deref().unwrap_or_default();
                self.line(BAD, "✗", &step, "", &format!("cannot be undone: {reason}"));
            }
            _ => {}
        }
    }

    /// Says what the command did for somebody.
    pub(super) fn played(&self, played: &Played) {
        if self.quiet {
            return;
        }
        let item = match played.item.as_str() {
            "" => String::new(),
            item => format!("#{item}"),
        };
        let who = match played.who.as_str() {
            "officer" => "the officer".to_owned(),
            other => format!("the {other}"),
        };
        let did = match played.did {
            "approve" => "approves".to_owned(),
            "refuse" => format!("refuses: {}", played.reason),
            "withdraw" => "withdraws the case".to_owned(),
            _ => "acts".to_owned(),
        };
        let step = &played.step;
        let note = format!("    ☞ onething plays {who} of {step}{item}, who {did}");
        anstream::println!("{}", paint(FAINT, &note));
    }

    fn awaited(&self, step: &str) -> String {
        let mut steps = self.bundle.steps.iter();
        match steps.find(|known| known.id == step).map(|s| &s.awaits) {
            Some(Some(Await::Signal { by, .. })) => format!("waits for the {by}"),
            _ => "waits for its time".to_owned(),
        }
    }

    fn show_case(&mut self, happening: &Happening) {
        match happening.kind.as_str() {
            "segment.dropped" => self.not_begun.extend(happening.segment.clone()),
            "case.ended" if !self.not_begun.is_empty() => {
                let note = format!(
                    "  not begun, because it depends on that: {}",
                    self.not_begun.join(", ")
                );
                anstream::println!("{}", paint(FAINT, &note));
            }
            _ => {}
        }
    }

    fn line(&self, style: anstyle::Style, mark: &str, step: &str, took: &str, note: &str) {
        let known = self.bundle.steps.iter().find(|known| known.id == step);
        let (department, title) = known.map_or(("", ""), |s| (&s.department.title.zh, &s.title.zh));
        anstream::println!(
            "  {} {}  {}  {:>8}  {title}{}{}",
            paint(style, mark),
            fill(department, self.widths.0),
            fill(step, self.widths.1),
            took,
            if note.is_empty() { "" } else { " — " },
            paint(style, note),
        );
    }
}
