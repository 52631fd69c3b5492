//! What steps may do with time, what they may wait for, and lists that they are repeated for.

use std::time::Duration;

use onething_bundle::{Await, Bundle, Deadline, OnExpiry, Prepared, RequestError, Source};
use prost_reflect::{DynamicMessage, Value};
use serde_json::json;

use super::language::load;

const PERSON: &str = r#"
[roles.person]
kind = "person"
title = { zh = "经办人", mn = "ᠬᠡᠷᠡᠭᠯᠡᠭᠴᠢ", en = "Agent" }
"#;

const LIST: &str = r#"
[[step]]
id = "list"
call = "odd.v1.OddService/List"
fresh_for = "2h"
"#;

const MARK: &str = r#"
[[step]]
id = "mark"
call = "odd.v1.OddService/Mark"
"#;

const SAMPLE: &str = r#"
[sample.form]
person.id_number = "150302196603159977"
"#;

fn repeated(with: &str) -> Bundle {
    let each = format!("for_each = {{ step = \"list\", field = \"listed\" }}\n{with}");
    load(&format!("{PERSON}{LIST}{MARK}{each}"), SAMPLE)
}

/// An answer of `list` with an item for each code.
fn listed(bundle: &Bundle, codes: &[&str]) -> DynamicMessage {
    let mut answer = DynamicMessage::new(bundle.steps[0].answer().unwrap());
    let field = bundle.steps[1].for_each.as_ref().unwrap().field.clone();
    let item = field.kind().as_message().unwrap().clone();
    let items = codes.iter().map(|code| {
        let mut message = DynamicMessage::new(item.clone());
        message.set_field_by_name("credit_code", Value::String((*code).to_owned()));
        Value::Message(message)
    });
    let items = items.collect();
    answer.set_field(&field, Value::List(items));
    answer
}

#[test]
fn a_repeated_step_calls_once_for_each_item() {
    let bundle = repeated("");
    let mark = &bundle.steps[1];
    assert_eq!(
        (mark.after.as_slice(), mark.conditional),
        ([0].as_slice(), true)
    );
    let from = Source::Item {
        field: "credit_code".to_owned(),
    };
    assert_eq!(mark.inputs[0].source, from, "the item says which");
    assert_eq!(
        bundle.form.len(),
        1,
        "the applicant gives only their own number"
    );
    let form = json!({"person": {"id_number": "150302196603159977"}});
    let form = bundle.check_form(&form).unwrap();
    let answer = listed(&bundle, &["a", "b", "c"]);
    let prepared = bundle.request(1, &form, &|_| Some(answer.clone())).unwrap();
    let Prepared::Each(calls) = prepared else {
        panic!("{prepared:?}");
    };
    let codes = calls.iter().map(|call| {
        let code = call.get_field_by_name("credit_code").unwrap();
        code.as_str().unwrap().to_owned()
    });
    assert_eq!(codes.collect::<Vec<_>>(), ["a", "b", "c"]);

    let none = listed(&bundle, &[]);
    let prepared = bundle.request(1, &form, &|_| Some(none.clone())).unwrap();
    assert_eq!(prepared, Prepared::Each(Vec::new()));
    let omitted = bundle.request(1, &form, &|_| None).unwrap();
    assert!(matches!(omitted, Prepared::Omit { .. }), "{omitted:?}");
}

#[test]
fn a_field_of_the_item_can_be_named() {
    let bundle = repeated("with = { note = { item = \"remark\" } }");
    let note = bundle.steps[1].inputs.iter();
    let note = note.clone().find(|input| input.field.name() == "note");
    assert_eq!(
        note.unwrap().source,
        Source::Item {
            field: "remark".to_owned()
        }
    );
}

#[test]
fn time_is_what_the_file_says() {
    let steps = format!(
        "{MARK}correctable = true\n\
         deadline = {{ working_days = 20, on_expiry = \"deemed_granted\" }}\n"
    );
    let bundle = load(
        &steps,
        "[sample.form]\nenterprise.credit_code = \"91150105YYYY00012D\"\n",
    );
    let mark = &bundle.steps[0];
    assert!(mark.correctable);
    let deadline = Deadline {
        working_days: 20,
        on_expiry: OnExpiry::DeemedGranted,
    };
    assert_eq!(mark.deadline, Some(deadline));
    assert_eq!(
        repeated("").steps[0].fresh_for,
        Some(Duration::from_hours(2))
    );
    assert_eq!(
        (bundle.time_limit, bundle.withdrawal.id.as_str()),
        (None, "withdrawn")
    );
    assert!(bundle.partial("withdrawn").is_some());
}

#[test]
fn a_step_can_wait_for_an_act_or_for_time() {
    let waits = r#"
[[step]]
id = "confirm"
await = { signal = "confirm", title = { zh = "确认", mn = "ᠪᠠᠲᠤᠯᠠᠬᠤ", en = "Confirm" }, by = "applicant" }
deadline = { working_days = 5, on_expiry = "compensate" }

[[step]]
id = "objection-period"
await = { timer = "10d" }
after = ["confirm"]
"#;
    let sample = "[sample.form]\nenterprise.credit_code = \"91150105YYYY00012D\"\n";
    let mark = format!("{MARK}after = [\"objection-period\"]\n");
    let bundle = load(&format!("{waits}{mark}"), sample);
    let [confirm, period, _] = bundle.steps.as_slice() else {
        panic!("three steps");
    };
    assert_eq!(
        confirm.awaits,
        Some(Await::Signal {
            name: "confirm".to_owned(),
            by: "applicant".to_owned()
        })
    );
    assert_eq!(
        (confirm.title.en.as_str(), confirm.department.code.as_str()),
        ("Confirm", "applicant")
    );
    let after = Duration::from_hours(240);
    assert_eq!(period.awaits, Some(Await::Timer { after }));
    assert!(confirm.can_fail() && !period.can_fail());
    let form = json!({"enterprise": {"credit_code": "91150105YYYY00012D"}});
    let form = bundle.check_form(&form).unwrap();
    let error = bundle.request(0, &form, &|_| None).unwrap_err();
    assert!(matches!(error, RequestError::CallsNobody { .. }), "{error}");
}

#[test]
fn a_withdrawal_says_how_the_case_ends() {
    let text = r#"
[withdrawal]
title = { zh = "已撤回", mn = "ᠪᠤᠴᠠᠭᠠᠵᠠᠢ", en = "Withdrawn" }
owner = { zh = "窗口", mn = "ᠴᠣᠩᠬᠣ", en = "Window" }
next = { zh = "无", mn = "ᠦᠭᠡᠢ", en = "Nothing" }
"#;
    let sample = "[sample.form]\nenterprise.credit_code = \"91150105YYYY00012D\"\n";
    let bundle = load(&format!("{text}{MARK}"), sample);
    assert_eq!(bundle.partial("withdrawn").unwrap().owner.en, "Window");
}
