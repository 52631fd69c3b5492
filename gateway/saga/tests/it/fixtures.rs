//! Small definitions.

use std::time::Duration;

use onething_saga::{Definition, Kind, Segment, SegmentIndex, Step, StepIndex};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A definition out of lines like `b compensable 0 after a` (name, kind, segment, predecessors), with
/// `?` after the name for an optional step.
pub(crate) fn definition(lines: &[&str]) -> Definition {
    let mut steps: Vec<Step> = Vec::new();
    let mut segments = 0;
    for line in lines {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let kind = match words.next().unwrap() {
            "query" => Kind::Query,
            "compensable" => Kind::Compensable,
            "pivot" => Kind::Pivot,
            "forward" => Kind::Forward,
            other => panic!("no kind {other}"),
        };
        let segment: u16 = words.next().unwrap().parse().unwrap();
        segments = segments.max(segment + 1);
        let mut step = Step::new(
            name.trim_end_matches('?'),
            kind,
            SegmentIndex(segment),
            "department",
        );
        step.optional = name.ends_with('?');
        step.max_elapsed = MINUTE;
        step.undo_max_elapsed = MINUTE;
        step.call_timeout = Duration::from_secs(5);
        if words.next() == Some("after") {
            for before in words {
                let index = steps.iter().position(|known| known.id == before).unwrap();
                step.after.push(StepIndex::from(index));
            }
        }
        steps.push(step);
    }
    let segments = (0..segments)
        .map(|n| Segment {
            id: format!("segment{n}"),
            partial: Some(format!("without{n}")),
        })
        .collect();
    let (name, withdrawal) = ("test".to_owned(), "withdrawn".to_owned());
    Definition {
        name,
        version: 1,
        steps,
        segments,
        withdrawal,
        time_limit: None,
    }
}
