//! `onething bundle graph`: every step in its department's lane, every arrow, every point of legal
//! effect, as Mermaid text and as a picture.

use std::collections::{BTreeMap, BTreeSet};

use onething_bundle::{ActionKind, Bundle};

use crate::{
    program::{assert_kept, built_in, printed},
    xml::{self, Element},
};

const BUNDLES: [&str; 3] = ["newborn", "marriage-hukou", "enterprise-relocation"];

fn mermaid(id: &str) -> String {
    printed(&["graph", id, "--format", "mermaid"])
}

#[test]
fn the_mermaid_texts_of_two_bundles_are_as_kept() {
    for id in ["newborn", "marriage-hukou"] {
        assert_kept(&format!("{id}.mermaid"), &mermaid(id));
    }
}

/// Every step that comes before another, at any distance.
fn before(bundle: &Bundle) -> BTreeSet<(String, String)> {
    let direct = bundle.steps.iter().flat_map(|step| {
        let earlier = step.after.iter().map(|at| bundle.steps[*at].id.clone());
        earlier.map(|earlier| (earlier, step.id.clone()))
    });
    closed(direct.collect())
}

/// The arrows with all that they imply.
fn closed(mut arrows: BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    loop {
        let further = arrows.iter().flat_map(|(from, over)| {
            let on = arrows.iter().filter(move |(start, _)| start == over);
            on.map(|(_, to)| (from.clone(), to.clone()))
        });
        let all: BTreeSet<_> = arrows.iter().cloned().chain(further).collect();
        if all.len() == arrows.len() {
            return all;
        }
        arrows = all;
    }
}

#[test]
fn mermaid_has_each_step_in_its_lane_and_arrows_that_say_the_order() {
    for id in BUNDLES {
        let (bundle, text) = (built_in(id), mermaid(id));
        let mut lane = "";
        let mut lanes = BTreeMap::new();
        let mut arrows = BTreeSet::new();
        for line in text.lines().map(str::trim) {
            if let Some(subgraph) = line.strip_prefix("subgraph n_") {
                lane = subgraph.split('[').next().unwrap();
            } else if let Some((from, to)) = line.split_once("> ") {
                let step = |name: &str| name.strip_prefix("n_").unwrap().replace('_', "-");
                let from = from.split(' ').next().unwrap();
                arrows.insert((step(from), step(to)));
            } else if let Some((_, node)) = line.split_once("<small>") {
                let step = node.split(['<', ' ']).next().unwrap();
                assert_eq!(lanes.insert(step, lane), None, "{id}: {step} twice");
                let step = &bundle.steps[bundle.step_index(step).unwrap()];
                assert!(line.contains(&step.title.zh), "{id}: {line}");
                let pivot = step.kind == ActionKind::Pivot;
                assert_eq!(line.ends_with(":::pivot"), pivot, "{id}: {line}");
                assert_eq!(line.contains("[[\""), pivot, "{id}: {line}");
            }
        }
        for step in &bundle.steps {
            assert_eq!(lanes[step.id.as_str()], step.department.code, "{id}");
        }
        assert_eq!(lanes.len(), bundle.steps.len(), "{id}");
        assert_eq!(closed(arrows.clone()), before(&bundle), "{id}");
        for arrow in &arrows {
            let mut less = arrows.clone();
            less.remove(arrow);
            assert!(!closed(less).contains(arrow), "{id}: {arrow:?} is implied");
        }
    }
}

/// The boxes of the steps: what each says when pointed at, and its frame.
fn boxes(svg: &Element) -> Vec<(&str, &Element)> {
    let groups = svg.within.iter().filter(|element| element.name == "g");
    let titled =
        groups.filter_map(|group| Some((group.all("title").first()?.text.as_str(), group)));
    let boxes = titled.map(|(title, group)| (title, group.all("rect")[0]));
    boxes.collect()
}

#[test]
fn a_picture_shows_each_step_once_where_no_other_is() {
    for id in BUNDLES {
        let bundle = built_in(id);
        let svg = xml::read(&printed(&["graph", id]));
        assert_eq!(svg.name, "svg");
        let boxes = boxes(&svg);
        assert_eq!(boxes.len(), bundle.steps.len(), "{id}");
        let texts: Vec<_> = svg.all("text").iter().map(|t| t.text.as_str()).collect();
        for (step, (title, frame)) in bundle.steps.iter().zip(&boxes) {
            let said = format!("{} · {}", step.title.zh, step.title.en);
            assert!(title.starts_with(&said), "{id}: {title}");
            if let Some(when) = &step.when {
                assert!(title.ends_with(&format!("when {}", when.text)), "{title}");
            }
            assert!(texts.contains(&step.id.as_str()), "{id}: {}", step.id);
            let pivot = step.kind == ActionKind::Pivot;
            assert_eq!(
                frame.attributes["stroke"] == "#c62828",
                pivot,
                "{id}: {title}"
            );
            assert!(frame.number("x") + frame.number("width") <= svg.number("width"));
            assert!(frame.number("y") + frame.number("height") <= svg.number("height"));
        }
        for (at, (title, one)) in boxes.iter().enumerate() {
            for (_, other) in &boxes[at + 1..] {
                let apart = |from: &str, size: &str| {
                    (one.number(from) - other.number(from)).abs() >= one.number(size)
                };
                assert!(
                    apart("x", "width") || apart("y", "height"),
                    "{id}: {title} is covered"
                );
            }
        }
        for segment in &bundle.segments {
            let named = format!("环节组 segment {}", segment.id);
            let line = texts.iter().find(|text| text.starts_with(&named)).unwrap();
            let partial = segment.partial.as_ref();
            assert!(
                partial.is_none_or(|p| line.contains(&p.title.zh)),
                "{id}: {line}"
            );
        }
    }
}

#[test]
fn arrows_of_a_picture_go_from_left_to_right_and_are_those_of_the_text() {
    for id in BUNDLES {
        let svg = xml::read(&printed(&["graph", id]));
        let paths = svg.all("path");
        let arrows = paths
            .iter()
            .filter(|path| path.attributes.contains_key("marker-end"));
        let mut count = 0;
        for arrow in arrows {
            let path = &arrow.attributes["d"];
            let numbers = path.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<i64> = numbers.filter_map(|n| n.parse().ok()).collect();
            assert!(numbers[0] < numbers[numbers.len() - 2], "{id}: {path}");
            count += 1;
        }
        let text = mermaid(id);
        let lines = text.lines().filter(|line| line.contains("-> n_")).count();
        assert_eq!(count, lines, "{id}");
    }
}

#[test]
fn who_has_to_appear_is_marked_in_the_picture() {
    let marked = |id: &str| {
        let svg = xml::read(&printed(&["graph", id]));
        let groups = svg.all("g");
        let flagged = groups.iter().filter(|group| {
            let texts = group.all("text");
            texts.len() > 1 && texts.iter().any(|text| text.text.contains('⚑'))
        });
        let titles = flagged.map(|group| group.all("title")[0].text.clone());
        titles.collect::<Vec<_>>()
    };
    let marriage = marked("marriage-hukou");
    assert_eq!(marriage.len(), 1, "{marriage:?}");
    assert!(marriage[0].starts_with("结婚登记 · "), "{marriage:?}");
    assert_eq!(marked("newborn"), [""; 0]);
}

#[test]
fn a_picture_is_written_into_a_file_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("newborn.svg");
    let out = ["graph", "newborn", "--out", file.to_str().unwrap()];
    assert_eq!(printed(&out), "");
    let written = std::fs::read_to_string(file).unwrap();
    assert_eq!(written, printed(&["graph", "newborn"]));
}
