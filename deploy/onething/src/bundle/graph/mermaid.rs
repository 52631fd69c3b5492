//! A bundle as Mermaid text.

use std::fmt::Write as _;

use onething_bundle::{ActionKind, Bundle, Step};

use super::layout::layout;

/// Draws a bundle.
pub(super) fn draw(bundle: &Bundle) -> String {
    let layout = layout(bundle);
    let mut text = format!(
        "---\ntitle: {} · {}\n---\nflowchart LR\n",
        bundle.title.zh, bundle.title.en
    );
    for (lane, department) in layout.lanes.iter().enumerate() {
        let department = department.department;
        let title = quoted(&format!(
            "{} · {}",
            department.title.zh, department.title.en
        ));
        let _ = writeln!(text, "  subgraph {}[\"{title}\"]", name(&department.code));
        let here = layout.places.iter().enumerate();
        for (step, _) in here.filter(|(_, place)| place.lane == lane) {
            let _ = writeln!(text, "    {}", node(bundle, step));
        }
        text.push_str("  end\n");
    }
    for (from, to) in &layout.arrows {
        let (from, to) = (&bundle.steps[*from], &bundle.steps[*to]);
        let arrow = if to.when.is_some() { "-.->" } else { "-->" };
        let _ = writeln!(text, "  {} {arrow} {}", name(&from.id), name(&to.id));
    }
    text.push_str(
        "  classDef query stroke-dasharray: 4 3\n  classDef inserted stroke-dasharray: 1 3\n  \
         classDef pivot stroke:#c62828,stroke-width:3px\n  classDef forward stroke:#2e7d32\n",
    );
    text
}

fn node(bundle: &Bundle, position: usize) -> String {
    let step = &bundle.steps[position];
    let segment = &bundle.segments[step.segment];
    let mut label = format!("{}<br/><small>{}", step.title.zh, step.id);
    if segment.steps.len() > 1 || segment.id != step.id {
        let _ = write!(label, " ⟨{}⟩", segment.id);
    }
    if let Some(when) = &step.when {
        let _ = write!(label, "<br/>when {}", when.text);
    }
    label.push_str("</small>");
    let label = quoted(&label);
    let (open, close) = if step.kind == ActionKind::Pivot {
        ("[[\"", "\"]]")
    } else if step.awaits.is_some() {
        ("([\"", "\"])")
    } else {
        ("[\"", "\"]")
    };
    format!(
        "{}{open}{label}{close}:::{}",
        name(&step.id),
        class(bundle, position, step)
    )
}

fn class(bundle: &Bundle, position: usize, step: &Step) -> &'static str {
    match step.kind {
        _ if bundle.plan.is_inserted(position) => "inserted",
        ActionKind::Pivot => "pivot",
        ActionKind::Forward => "forward",
        ActionKind::Query => "query",
        _ => "compensable",
    }
}

/// A name that Mermaid takes for no keyword.
fn name(id: &str) -> String {
    format!("n_{}", id.replace('-', "_"))
}

fn quoted(text: &str) -> String {
    text.replace('"', "#quot;").replace(" < ", " &lt; ")
}
