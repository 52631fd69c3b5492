//! A bundle as an SVG picture that needs nothing but itself: a lane for each department, a box for
//! each step with its segment's colour, a thick frame at each point of legal effect.

use std::fmt::Write as _;

use onething_bundle::{ActionKind, Bundle, Step};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::layout::{Layout, Place, layout};

const LABEL: usize = 150;
const BOX: (usize, usize) = (196, 58);
const GAP: (usize, usize) = (46, 16);
const TOP: usize = 74;
const PAD: usize = 14;
/// Colours that can be told apart, also in print, one for each segment in turn.
const COLOURS: [&str; 10] = [
    "#1565c0", "#ef6c00", "#2e7d32", "#6a1b9a", "#00838f", "#ad1457", "#9e9d24", "#4e342e",
    "#283593", "#00695c",
];

/// Draws a bundle.
pub(super) fn draw(bundle: &Bundle) -> String {
    Picture {
        bundle,
        layout: layout(bundle),
    }
    .draw()
}

struct Picture<'b> {
    bundle: &'b Bundle,
    layout: Layout<'b>,
}

impl Picture<'_> {
    fn draw(&self) -> String {
        let width = self.width();
        let lanes_end = self.lane_top(self.layout.lanes.len());
        let legend = self.legend(lanes_end + 26);
        let height = lanes_end + 40 + 22 * (self.bundle.segments.len() + 2);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" \
             font-family=\"'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif\">\n\
             <title>{}</title>\n<style>.q{{stroke-dasharray:5 3}}.i{{stroke-dasharray:1.5 3}}\
             .n{{fill:#202124}}.s{{fill:#5f6368;font-size:11px}}</style>\n\
             <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#80868b\"/></marker></defs>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
            escaped(&self.bundle.title.en)
        );
        let _ = writeln!(
            svg,
            "<text x=\"16\" y=\"32\" font-size=\"20\" font-weight=\"600\" class=\"n\">{}</text>\n\
             <text x=\"16\" y=\"54\" class=\"s\">{} · {} v{}</text>",
            escaped(&self.bundle.title.zh),
            escaped(&self.bundle.title.en),
            self.bundle.id,
            self.bundle.version
        );
        self.lanes(&mut svg);
        for (from, to) in &self.layout.arrows {
            self.arrow(*from, *to, &mut svg);
        }
        for position in 0..self.bundle.steps.len() {
            self.step(position, &mut svg);
        }
        svg.push_str(&legend);
        svg.push_str("</svg>\n");
        svg
    }

    fn width(&self) -> usize {
        let columns = LABEL + PAD * 2 + self.layout.columns * (BOX.0 + GAP.0);
        columns.max(720)
    }

    fn lane_top(&self, lane: usize) -> usize {
        let above = self.layout.lanes[..lane].iter();
        let heights = above.map(|lane| lane.rows * (BOX.1 + GAP.1) + GAP.1);
        TOP + heights.sum::<usize>()
    }

    /// The upper left corner of a step's box.
    fn corner(&self, place: Place) -> (usize, usize) {
        let x = LABEL + PAD + place.column * (BOX.0 + GAP.0);
        let y = self.lane_top(place.lane) + GAP.1 + place.row * (BOX.1 + GAP.1);
        (x, y)
    }

    fn lanes(&self, svg: &mut String) {
        for (at, lane) in self.layout.lanes.iter().enumerate() {
            let top = self.lane_top(at);
            let height = self.lane_top(at + 1) - top;
            let fill = if at % 2 == 0 { "#f6f8fa" } else { "#ffffff" };
            let middle = top + height / 2;
            let _ = writeln!(
                svg,
                "<rect x=\"0\" y=\"{top}\" width=\"{}\" height=\"{height}\" fill=\"{fill}\"/>\n\
                 <text x=\"16\" y=\"{}\" font-size=\"14\" font-weight=\"600\" class=\"n\">{}</text>\n\
                 <text x=\"16\" y=\"{}\" class=\"s\">{}</text>",
                self.width(),
                middle - 2,
                escaped(&fitting(&lane.department.title.zh, 18)),
                middle + 15,
                escaped(&fitting(&lane.department.title.en, 22)),
            );
        }
    }

    fn arrow(&self, from: usize, to: usize, svg: &mut String) {
        let (from, to) = (self.layout.places[from], self.layout.places[to]);
        let (start, end) = (self.corner(from), self.corner(to));
        let (x1, y1) = (start.0 + BOX.0, start.1 + BOX.1 / 2);
        let (x2, y2) = (end.0 - 2, end.1 + BOX.1 / 2);
        // A long way runs in the gap between the rows, so that it hides behind no other box.
        let far = to.column > from.column + 1;
        let path = if far {
            let lane = if y2 >= y1 {
                end.1 - GAP.1 / 2
            } else {
                end.1 + BOX.1 + GAP.1 / 2
            };
            format!(
                "M{x1} {y1}C{} {y1} {} {lane} {} {lane}L{} {lane}C{} {lane} {} {y2} {x2} {y2}",
                x1 + 26,
                x1 + 14,
                x1 + GAP.0,
                x2 - GAP.0 + 6,
                x2 - 14,
                x2 - 26
            )
        } else {
            format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + 24, x2 - 24)
        };
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"#9aa0a6\" stroke-width=\"1.3\" marker-end=\"url(#a)\"/>"
        );
    }

    fn step(&self, position: usize, svg: &mut String) {
        let step = &self.bundle.steps[position];
        let (x, y) = self.corner(self.layout.places[position]);
        let colour = colour(step.segment);
        let pivot = step.kind == ActionKind::Pivot;
        let inserted = self.bundle.plan.is_inserted(position);
        let class = match step.kind {
            _ if inserted => "i",
            ActionKind::Query => "q",
            _ => "",
        };
        let (frame, thick) = if pivot { ("#c62828", 3) } else { (colour, 1) };
        let round = if step.awaits.is_some() { BOX.1 / 2 } else { 6 };
        let mut hint = format!("{} · {}", step.title.zh, step.title.en);
        if let Some(when) = &step.when {
            let _ = write!(hint, "\nwhen {}", when.text);
        }
        let _ = writeln!(
            svg,
            "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"{round}\" \
             fill=\"#fff\" stroke=\"{frame}\" stroke-width=\"{thick}\" class=\"{class}\"/>\
             <rect x=\"{}\" y=\"{}\" width=\"5\" height=\"{}\" rx=\"2\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{}\" font-size=\"13\" class=\"n\">{}</text>\
             <text x=\"{}\" y=\"{}\" class=\"s\">{}</text>{}</g>",
            escaped(&hint),
            BOX.0,
            BOX.1,
            x + 6,
            y + 8,
            BOX.1 - 16,
            x + 18,
            y + 25,
            escaped(&fitting(&step.title.zh, 26)),
            x + 18,
            y + 44,
            escaped(&fitting(&step.id, 28)),
            marks(step, x, y),
        );
    }

    fn legend(&self, top: usize) -> String {
        let mut svg = String::new();
        let mut y = top;
        let mut line = |mark: &str, text: &str| {
            let _ = writeln!(
                svg,
                "<g transform=\"translate(16 {y})\">{mark}<text x=\"30\" y=\"0\" font-size=\"12\" class=\"n\">{}</text></g>",
                escaped(text)
            );
            y += 22;
        };
        for (at, segment) in self.bundle.segments.iter().enumerate() {
            let mut text = format!("环节组 segment {}", segment.id);
            if let Some(partial) = &segment.partial {
                let _ = write!(
                    text,
                    "：若不予办理 if refused → {} · {}",
                    partial.title.zh, partial.title.en
                );
            }
            let mark = format!(
                "<rect x=\"6\" y=\"-11\" width=\"5\" height=\"14\" rx=\"2\" fill=\"{}\"/>",
                colour(at)
            );
            line(&mark, &text);
        }
        line(
            "<rect x=\"0\" y=\"-11\" width=\"20\" height=\"14\" rx=\"3\" fill=\"#fff\" stroke=\"#c62828\" stroke-width=\"3\"/>",
            "法律生效点 point of legal effect: from here on its segment only goes forward",
        );
        line(
            "<rect x=\"0\" y=\"-11\" width=\"20\" height=\"14\" rx=\"3\" fill=\"#fff\" stroke=\"#5f6368\" class=\"q\"/>",
            "只读 query · 点线 dotted: a shared item that the planner queries by itself · ↻ for each · ? optional · ◇ conditional · ⏳ decided later · ⚑ in person · → only forward",
        );
        svg
    }
}

/// Small signs in a box's corner.
fn marks(step: &Step, x: usize, y: usize) -> String {
    let signs = [
        (step.when.is_some(), "◇"),
        (step.optional, "?"),
        (step.for_each.is_some(), "↻"),
        (step.decides_later, "⏳"),
        (step.in_person, "⚑"),
        (step.kind == ActionKind::Forward, "→"),
    ];
    let signs: Vec<&str> = signs
        .iter()
        .filter(|(has, _)| *has)
        .map(|(_, sign)| *sign)
        .collect();
    format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" class=\"s\">{}</text>",
        x + BOX.0 - 8,
        y + BOX.1 - 8,
        signs.join(" ")
    )
}

fn colour(segment: usize) -> &'static str {
    COLOURS[segment % COLOURS.len()]
}

/// A text cut to a width, in half-width characters.
fn fitting(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut + "…"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
