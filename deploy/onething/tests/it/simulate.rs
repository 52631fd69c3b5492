//! `onething bundle simulate`: a line for each step, in an order that the bundle allows, and how the case
//! ends.

use onething_bundle::Bundle;

use crate::program::{built_in, bundle};

/// The lines of a story that are about a step: sign, step and the whole line.
fn lines<'p>(of: &Bundle, page: &'p str) -> Vec<(char, String, &'p str)> {
    let lines = page.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let sign = words.next()?.chars().next()?;
        let step = words.find(|word| of.step_index(word).is_some())?;
        (!sign.is_alphanumeric()).then(|| (sign, step.to_owned(), line))
    });
    lines.collect()
}

/// Which steps have a sign, in the order of the story.
fn with(sign: char, lines: &[(char, String, &str)]) -> Vec<String> {
    let lines = lines.iter().filter(|(of, ..)| *of == sign);
    lines.map(|(_, step, _)| step.clone()).collect()
}

#[test]
fn a_case_that_nothing_refuses_does_every_step_after_those_before_it() {
    for id in ["newborn", "marriage-hukou", "enterprise-relocation"] {
        let of = built_in(id);
        let (code, page) = bundle(&["simulate", id]);
        assert_eq!(code, 0, "{page}");
        assert!(
            page.starts_with(&format!("{} · {}\n", of.title.zh, of.title.en)),
            "{page}"
        );
        let fields = format!("{} fields filed", of.form.len());
        assert!(page.contains(&fields), "{fields}: {page}");
        let lines = lines(&of, &page);
        let done: Vec<_> = lines
            .iter()
            .filter(|(sign, ..)| "✓⇣".contains(*sign))
            .collect();
        assert_eq!(done.len(), of.steps.len(), "{page}");
        for (at, (_, step, line)) in done.iter().enumerate() {
            let step = &of.steps[of.step_index(step).unwrap()];
            assert!(line.contains(&step.title.zh), "{line}");
            assert!(line.contains(&step.department.title.zh), "{line}");
            for earlier in &step.after {
                let earlier = &of.steps[*earlier].id;
                let before = done[..at].iter().any(|(_, done, _)| done == earlier);
                assert!(before, "{} without {earlier}: {page}", step.id);
            }
        }
        assert!(page.trim_end().ends_with("Completed"), "{page}");
    }
}

#[test]
fn a_refusal_before_the_legal_effect_is_undone_in_reverse() {
    let of = built_in("enterprise-relocation");
    let arguments = [
        "simulate",
        "enterprise-relocation",
        "--refuse",
        "transfer-archive",
    ];
    let (code, page) = bundle(&arguments);
    assert_eq!(code, 3, "{page}");
    assert!(
        page.contains("The script refuses transfer-archive.\n"),
        "{page}"
    );
    let lines = lines(&of, &page);
    assert_eq!(with('✗', &lines), ["transfer-archive"], "{page}");
    // Those of which there was an effect, the last first.
    let undone = with('↶', &lines);
    assert_eq!(undone.first().unwrap(), "approve-release", "{page}");
    assert!(undone.contains(&"lock-record".to_owned()), "{page}");
    let done = with('✓', &lines);
    for step in &undone {
        assert!(done.contains(step), "{step} was not done: {page}");
    }
    let not_begun = page
        .lines()
        .filter(|line| line.contains("is not begun: it builds on that"));
    assert_eq!(not_begun.count(), of.segments.len() - 1, "{page}");
    assert!(
        page.trim_end()
            .ends_with("Undone: nothing is left in force"),
        "{page}"
    );
}

#[test]
fn a_refusal_after_a_legal_effect_ends_as_the_bundle_declares() {
    for (id, step) in [
        ("newborn", "medical-insurance"),
        ("marriage-hukou", "joining"),
    ] {
        let of = built_in(id);
        let (code, page) = bundle(&["simulate", id, "--refuse", step]);
        assert_eq!(code, 4, "{page}");
        let lines = lines(&of, &page);
        assert_eq!(with('✗', &lines), [step], "{page}");
        let segment = &of.segments[of.steps[of.step_index(step).unwrap()].segment];
        let partial = segment.partial.as_ref().unwrap();
        let (_, end) = page
            .split_once("Partly done: what was decided stands\n")
            .unwrap();
        for text in [&partial.title, &partial.owner, &partial.next] {
            let said = format!("{} · {}", text.zh, text.en);
            assert!(end.contains(&said), "{said}: {end}");
        }
        // What took effect before is not undone.
        let pivots = of.segments.iter().filter_map(|segment| segment.pivot);
        for pivot in pivots.map(|at| &of.steps[at].id) {
            assert!(!with('↶', &lines).contains(pivot), "{pivot}: {page}");
        }
    }
}

#[test]
fn json_tells_the_same_story_as_an_object() {
    let arguments = [
        "simulate",
        "newborn",
        "--refuse",
        "medical-insurance",
        "--json",
    ];
    let (code, told) = bundle(&arguments);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &told["exit_code"]), (4, &serde_json::json!(4)));
    assert_eq!(told["declared"][0]["id"], "without-medical-insurance");
    let story = told["story"].as_array().unwrap();
    let of = |event: &str| -> Vec<&str> {
        let events = story.iter().filter(|happened| happened["event"] == event);
        events
            .map(|happened| happened["step"].as_str().unwrap())
            .collect()
    };
    assert_eq!(of("refused"), ["medical-insurance"]);
    assert!(of("succeeded").contains(&"birth-certificate"));
}
