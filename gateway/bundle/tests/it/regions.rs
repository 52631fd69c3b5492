//! What differs from place to place and from year to year, and the constants that it differs in.

use onething_bundle::{Bundle, Prepared};
use prost_reflect::Value;
use serde_json::json;

use super::language::load;
use super::support;

const STEPS: &str = r#"
[values]
most_open_cases = 3
remark = "as everywhere"

[[step]]
id = "typed"
call = "odd.v1.OddService/Typed"
with.note.value = "remark"
with.name.ask = true
with.frozen.ask = true
with.open_cases.ask = true
with.capital_fen.ask = true
with.founded_on.ask = true
when = "enterprise.open_cases < values.most_open_cases"

[[step]]
id = "mark"
call = "odd.v1.OddService/Mark"
after = ["typed"]

[[result]]
step = "mark"
field = "name"
"#;

const REGIONS: &str = r#"
[[region]]
code = "150000"
values.most_open_cases = 4

[[region]]
code = "150100"
promise_working_days = 3
title.en = "A sample in Hohhot"
values.remark = "Hohhot"

[[region]]
code = "150100"
years = [2026]
values.most_open_cases = 9

[[region]]
code = "150105"
without = ["mark"]

[[region.step]]
id = "typed"
optional = true

[[region.step]]
id = "seal"
call = "odd.v1.OddService/Seal"
after = ["typed"]
"#;

const SAMPLE: &str = r#"
[sample.form]
enterprise.name = "乌海公司"
enterprise.equity_frozen = false
enterprise.open_cases = 0
enterprise.capital_fen = 100
enterprise.founded_on = "2020-02-29"
enterprise.credit_code = "91150105YYYY00012D"
"#;

fn bundle() -> Bundle {
    load(&format!("{STEPS}{REGIONS}"), SAMPLE)
}

/// The note of the request when so many cases are open; `None` when the step does not apply.
fn note(bundle: &Bundle, open_cases: i64) -> Option<String> {
    let form = json!({"enterprise": {
        "name": "乌海公司",
        "equity_frozen": true,
        "open_cases": open_cases,
        "capital_fen": 1,
        "founded_on": "2020-02-29",
        "credit_code": "91150105YYYY00012D",
    }});
    let form = bundle.check_form(&form).unwrap();
    match bundle
        .request(bundle.step_index("typed").unwrap(), &form, &|_| None)
        .unwrap()
    {
        Prepared::Call(message) => match message.get_field_by_name("note").unwrap().as_ref() {
            Value::String(note) => Some(note.clone()),
            other => panic!("{other:?}"),
        },
        Prepared::Omit { .. } => None,
        Prepared::Each(_) => panic!("not repeated"),
    }
}

#[test]
fn the_nearest_overlay_applies_over_the_wider_ones() {
    let bundle = bundle();
    let keys: Vec<_> = bundle
        .variants
        .iter()
        .map(|variant| variant.key())
        .collect();
    assert_eq!(
        keys,
        [
            "sample@150000",
            "sample@150100",
            "sample@150100-2026",
            "sample@150105",
            "sample@150105-2026"
        ]
    );
    let there = |code, year| bundle.in_region(code, year).map(|variant| variant.key());
    for (code, year, key) in [
        ("150000", 2025, "sample@150000"),
        ("150302", 2026, "sample@150000"),
        ("150100", 2025, "sample@150100"),
        ("150102", 2026, "sample@150100-2026"),
        ("150105", 2025, "sample@150105"),
        ("150105", 2026, "sample@150105-2026"),
    ] {
        assert_eq!(there(code, year).as_deref(), Some(key), "{code} {year}");
    }
    assert_eq!(there("999999", 2026), None);
    assert_eq!(bundle.key(), "sample");
}

#[test]
fn a_value_is_the_region_s() {
    let bundle = bundle();
    assert_eq!(note(&bundle, 2).as_deref(), Some("as everywhere"));
    assert_eq!(note(&bundle, 3), None);
    let region = bundle.in_region("150302", 2025).unwrap();
    assert_eq!(note(region, 3).as_deref(), Some("as everywhere"));
    assert_eq!(note(region, 4), None);
    let hohhot = bundle.in_region("150100", 2026).unwrap();
    assert_eq!(note(hohhot, 8).as_deref(), Some("Hohhot"));
    assert_eq!(hohhot.promise_working_days, 3);
    assert_eq!(hohhot.title.en, "A sample in Hohhot");
    assert_eq!(hohhot.title.zh, bundle.title.zh, "what is not said stays");
}

#[test]
fn a_region_leaves_steps_out_changes_some_and_adds_others() {
    let bundle = bundle();
    let district = bundle.in_region("150105", 2026).unwrap();
    let steps: Vec<_> = district
        .steps
        .iter()
        .map(|s| (s.id.as_str(), s.optional))
        .collect();
    assert_eq!(steps, [("typed", true), ("seal", false)]);
    assert!(district.results.is_empty(), "the result went with its step");
    assert_eq!((bundle.steps.len(), bundle.results.len()), (2, 1));
}

#[test]
fn starting_school_follows_the_announcement_of_hohhot_there_alone() {
    let everywhere = support::bundle("school-enrollment");
    let keys: Vec<_> = everywhere.variants.iter().map(|v| v.key()).collect();
    assert_eq!(keys, ["school-enrollment@150100"]);
    assert!(everywhere.in_region("150302", 2026).is_none(), "Wuhai");
    let hohhot = everywhere.in_region("150105", 2026).unwrap();
    let guide = |bundle: &Bundle| bundle.guide.clone().unwrap();
    let (here, there) = (guide(hohhot), guide(&everywhere));
    for (text, said) in [
        (&there.zh, "8月31日"),
        (&there.en, "by 31 August"),
        (&here.zh, "12月31日"),
        (&here.zh, "三孩及以上自主选择学校"),
        (&here.en, "within the calendar year"),
        (&here.en, "in class A, on trial"),
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    assert!(here.zh != there.zh && here.mn != there.mn && here.en != there.en);
    // Besides, education's tables make the difference: only the choice of the school is a step.
    let steps = |bundle: &Bundle| -> Vec<_> { bundle.steps.iter().map(|s| s.id.clone()).collect() };
    let chosen = [steps(&everywhere), vec!["school-choice".to_owned()]];
    assert_eq!(steps(hohhot), chosen.concat());
    assert!(hohhot.form_field("choice", "name").is_some());
    assert!(everywhere.form_field("choice", "name").is_none());
}
