//! The story of a simulated case: a line for each thing that happens, then how it ends.

use anstyle::Style;
use onething_bundle::{Await, Bundle, Form, Step};
use onething_saga::{Event, SagaEvent, SagaView};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::outcome::Outcome;
use crate::page::{BACK, BAD, FAINT, GOOD, STRONG, fill, paint};

/// Tells what happens to a case.
pub(super) struct Story<'b> {
    bundle: &'b Bundle,
    quiet: bool,
    told: Vec<Value>,
    widths: (usize, usize),
}

impl<'b> Story<'b> {
    /// The story of a case of this bundle; `quiet` prints nothing before the end.
    pub(super) fn new(bundle: &'b Bundle, quiet: bool) -> Self {
        let steps = bundle.steps.iter();
        let widths = (
            steps.clone().map(|s| s.department.title.zh.width()).max(),
            steps.map(|s| s.id.width()).max(),
        );
        Self {
            bundle,
            quiet,
            told: Vec::new(),
            widths: (widths.0.unwrap_or_default(), widths.1.unwrap_or_default()),
        }
    }

    /// Who files what.
    pub(super) fn begin(&self, form: &Form, refuse: Option<&str>) {
        let title = format!("{} · {}", self.bundle.title.zh, self.bundle.title.en);
        self.say(&paint(STRONG, &title));
        let what = format!(
            "simulated: scripted departments, {} fields filed, {} shared items queried by the planner",
            form.iter().count(),
            self.bundle.plan.inserted.len()
        );
        self.say(&paint(FAINT, &what));
        if let Some(step) = refuse {
            self.say(&paint(BACK, &format!("The script refuses {step}.")));
        }
        self.say("");
    }

    /// One thing that happened.
    pub(super) fn tell(&mut self, event: &SagaEvent) {
        self.told.push(json!({
            "event": event.event.kind(),
            "step": event.step,
            "segment": event.segment,
            "state": event.state,
        }));
        let position = event
            .step
            .as_ref()
            .and_then(|step| self.bundle.step_index(step));
        let Some(position) = position else {
            return self.tell_segment(event);
        };
        let step = &self.bundle.steps[position];
        let inserted = self.bundle.plan.is_inserted(position);
        match &event.event {
            Event::Succeeded { .. } if step.awaits.is_some() => {
                let who = match &step.awaits {
                    Some(Await::Signal { by, .. }) => format!("the script acts as {by}"),
                    _ => "the period passes".to_owned(),
                };
                self.line(GOOD, "✓", step, &who);
            }
            Event::Succeeded { .. } if inserted => {
                self.line(GOOD, "⇣", step, "prefilled by the planner's query");
            }
            Event::Succeeded { .. } => self.line(GOOD, "✓", step, ""),
            Event::Refused { refusal, .. } => {
                self.line(BAD, "✗", step, &format!("refused: {}", refusal.reason));
            }
            Event::Omitted { .. } => self.line(FAINT, "–", step, "does not apply"),
            Event::Waiting { .. } => self.line(BACK, "…", step, "an officer decides later"),
            Event::Expanded { .. } => self.line(FAINT, "↻", step, "once for each item"),
            Event::Undone { .. } => self.line(BACK, "↶", step, "undone"),
            Event::UndoFailed { reason, .. } => {
                self.line(BAD, "✗", step, &format!("cannot be undone: {reason}"));
            }
            _ => {}
        }
    }

    fn tell_segment(&self, event: &SagaEvent) {
        let segment = event.segment.as_deref().unwrap_or_default();
        match &event.event {
            Event::SegmentFailed { .. } => {
                let note = format!("  the segment {segment} goes backward: all of it is undone");
                self.say(&paint(BACK, &note));
            }
            Event::SegmentDropped { .. } => {
                let note = format!("  the segment {segment} is not begun: it builds on that");
                self.say(&paint(FAINT, &note));
            }
            _ => {}
        }
    }

    /// How it ended.
    pub(super) fn end(&self, view: &SagaView, outcome: Outcome) -> anyhow::Result<()> {
        let declared = view
            .outcomes
            .iter()
            .filter_map(|id| self.bundle.partial(id));
        if self.quiet {
            let outcomes: Vec<_> = declared.collect();
            let story = json!({
                "bundle": self.bundle.id,
                "outcome": view.state,
                "exit_code": outcome.code(),
                "declared": outcomes,
                "story": self.told,
            });
            anstream::println!("{}", serde_json::to_string_pretty(&story)?);
            return Ok(());
        }
        let ended = match outcome {
            Outcome::Done => paint(GOOD, "Completed"),
            Outcome::Compensated => format!("{}: nothing is left in force", paint(BACK, "Undone")),
            Outcome::Partial => format!("{}: what was decided stands", paint(BACK, "Partly done")),
            _ => paint(BAD, "Not ended"),
        };
        anstream::println!("\n{ended}");
        for partial in declared {
            anstream::println!("  {} · {}", partial.title.zh, partial.title.en);
            anstream::println!("    who   {} · {}", partial.owner.zh, partial.owner.en);
            anstream::println!("    next  {} · {}", partial.next.zh, partial.next.en);
        }
        Ok(())
    }

    fn line(&self, style: Style, mark: &str, step: &Step, note: &str) {
        let dash = if note.is_empty() { "" } else { " — " };
        self.say(&format!(
            "  {} {}  {}  {}{dash}{}",
            paint(style, mark),
            fill(&step.department.title.zh, self.widths.0),
            fill(&step.id, self.widths.1),
            step.title.zh,
            paint(style, note)
        ));
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            anstream::println!("{line}");
        }
    }
}
