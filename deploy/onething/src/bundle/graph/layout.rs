//! Where each step of a bundle stands in a picture: its lane is its department, its column the longest
//! way to it, its row within the lane the first that is free.

use std::collections::BTreeMap;

use onething_bundle::{Bundle, Department};

/// A bundle laid out.
pub(super) struct Layout<'b> {
    /// The lanes from top to bottom, each with the rows it takes.
    pub(super) lanes: Vec<Lane<'b>>,
    /// Where each step stands, by its position in the bundle.
    pub(super) places: Vec<Place>,
    /// How many columns there are.
    pub(super) columns: usize,
    /// The arrows, without those that others imply.
    pub(super) arrows: Vec<(usize, usize)>,
}

/// One department's lane.
pub(super) struct Lane<'b> {
    pub(super) department: &'b Department,
    pub(super) rows: usize,
}

/// A step's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) lane: usize,
    pub(super) column: usize,
    /// Within the lane, from 0.
    pub(super) row: usize,
}

/// Lays a bundle out.
pub(super) fn layout(bundle: &Bundle) -> Layout<'_> {
    let columns = columns(bundle);
    let mut lanes: Vec<Lane<'_>> = Vec::new();
    let mut taken: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut places = Vec::new();
    for (step, column) in bundle.steps.iter().zip(&columns) {
        let known = lanes
            .iter()
            .position(|l| l.department.code == step.department.code);
        let lane = known.unwrap_or_else(|| {
            lanes.push(Lane {
                department: &step.department,
                rows: 1,
            });
            lanes.len() - 1
        });
        let row = taken.entry((lane, *column)).or_default();
        places.push(Place {
            lane,
            column: *column,
            row: *row,
        });
        *row += 1;
        lanes[lane].rows = lanes[lane].rows.max(*row);
    }
    Layout {
        lanes,
        places,
        columns: columns.iter().max().map_or(0, |last| last + 1),
        arrows: arrows(bundle),
    }
}

/// The longest way to each step.
fn columns(bundle: &Bundle) -> Vec<usize> {
    let mut columns = vec![0; bundle.steps.len()];
    // A loaded bundle has no cycle, so this settles after as many rounds as it has steps.
    for _ in &bundle.steps {
        for (at, step) in bundle.steps.iter().enumerate() {
            let before = step.after.iter().map(|earlier| columns[*earlier] + 1);
            columns[at] = before.max().unwrap_or_default();
        }
    }
    columns
}

/// Each step's predecessors but those that another predecessor comes after.
fn arrows(bundle: &Bundle) -> Vec<(usize, usize)> {
    let mut arrows = Vec::new();
    for (at, step) in bundle.steps.iter().enumerate() {
        let implied = |earlier: usize| {
            let mut others = step.after.iter().filter(|other| **other != earlier);
            others.any(|other| comes_after(bundle, *other, earlier))
        };
        let direct = step.after.iter().filter(|earlier| !implied(**earlier));
        arrows.extend(direct.map(|earlier| (*earlier, at)));
    }
    arrows
}

fn comes_after(bundle: &Bundle, later: usize, earlier: usize) -> bool {
    let mut open = vec![later];
    let mut seen = vec![false; bundle.steps.len()];
    while let Some(step) = open.pop() {
        for before in &bundle.steps[step].after {
            if *before == earlier {
                return true;
            }
            if !std::mem::replace(&mut seen[*before], true) {
                open.push(*before);
            }
        }
    }
    false
}
