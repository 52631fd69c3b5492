//! `onething bundle explain` for people: the figures, and where each field and material comes from.

use onething_elements::Dictionary;

use crate::program::{assert_kept, built_in, bundle, complaint, printed};

#[test]
fn the_pages_of_two_bundles_are_as_kept() {
    for id in ["newborn", "marriage-hukou"] {
        assert_kept(&format!("{id}.explain.txt"), &printed(&["explain", id]));
    }
}

/// The numbers in a line of the table of figures.
fn figures(page: &str, name: &str) -> (Option<u32>, u32) {
    let line = page.lines().find(|line| line.contains(name)).unwrap();
    let (_, numbers) = line.split_once(name).unwrap();
    let mut numbers = numbers.split_whitespace();
    let before = numbers.next().unwrap().parse().ok();
    (before, numbers.next().unwrap().parse().unwrap())
}

#[test]
fn the_figures_and_every_field_are_those_that_are_computed() {
    for id in ["newborn", "marriage-hukou", "enterprise-info-change"] {
        let bundle = built_in(id);
        let of = bundle.explain(Dictionary::standard());
        let page = printed(&["explain", id]);
        assert!(
            page.starts_with(&format!("{} · {}\n", of.title.zh, of.title.en)),
            "{page}"
        );
        for (name, cut) in [
            ("材料 materials", of.materials),
            ("环节 steps", of.steps),
            ("跑动 trips", of.trips),
            ("工作日 working days", of.working_days),
        ] {
            assert_eq!(
                figures(&page, name),
                (cut.before, cut.after),
                "{id}: {name}"
            );
        }
        let (_, asked) = page.split_once("申请人填写 · ").unwrap();
        let (asked, _) = asked.split_once("\n\n").unwrap();
        for field in &bundle.form {
            let rows = asked.lines().filter(|line| {
                let mut words = line.split_whitespace();
                words.any(|word| word == field.path())
            });
            assert_eq!(rows.count(), 1, "{id}: {}", field.path());
        }
        for paper in &of.papers {
            let title = format!("{} · {}", paper.title.zh, paper.title.en);
            assert!(page.contains(&title), "{id}: {title}");
        }
        for item in &of.shared_items {
            assert!(page.contains(&item.legal_basis), "{id}: {}", item.item);
        }
    }
}

#[test]
fn who_has_to_appear_is_told_where_somebody_has() {
    let marriage = printed(&["explain", "marriage-hukou"]);
    let (_, at) = marriage
        .split_once("到场办理 · Done in person 1\n")
        .unwrap();
    assert!(
        at.contains("结婚登记") && at.contains("民政 · Civil affairs"),
        "{at}"
    );
    assert!(!printed(&["explain", "newborn"]).contains("到场办理"));
}

#[test]
fn a_region_is_named_where_its_overlay_is_explained() {
    let head = |region: &str| {
        let page = printed(&["explain", "school-enrollment", "--region", region]);
        page.lines().nth(1).unwrap().to_owned()
    };
    assert!(head("150105").ends_with(" in 150100"), "{}", head("150105"));
    assert!(!head("150302").contains(" in "), "{}", head("150302"));
    let asked = |region: &str, fields: &str| {
        let page = printed(&["explain", "school-enrollment", "--region", region]);
        page.contains(&format!("Asked of the applicant {fields}\n"))
    };
    assert!(asked("150105", "3") && asked("150302", "2"));
}

#[test]
fn what_there_is_not_is_answered_with_what_there_is() {
    let nowhere = complaint(&["explain", "newborn", "--region", "159901"]);
    assert!(nowhere.contains("`159901` is no division"), "{nowhere}");
    let unknown = complaint(&["graph", "new-born"]);
    assert!(
        unknown.contains("`new-born`") && unknown.contains("newborn, retirement"),
        "{unknown}"
    );
    let no_step = complaint(&["simulate", "newborn", "--refuse", "delivery"]);
    assert!(
        no_step.contains("`delivery` cannot be refused") && no_step.contains("medical-insurance"),
        "{no_step}"
    );
}

#[test]
fn json_is_the_explanation_itself() {
    let (code, told) = bundle(&["explain", "newborn", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let of = built_in("newborn").explain(Dictionary::standard());
    assert_eq!((code, told), (0, serde_json::to_value(of).unwrap()));
}
