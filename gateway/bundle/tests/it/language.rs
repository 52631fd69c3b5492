//! What the language can say beyond the two bundles: explicit sources, every type of field, steps
//! that are left out.

use onething_bundle::{
    Bundle, Code, Omission, Prepared, RequestError, Requirement, Source, load_str,
};
use onething_elements::Dictionary;
use prost_reflect::{DynamicMessage, Value};
use serde_json::json;

use super::support;

pub(crate) const HEAD: &str = r#"
id = "sample"
version = 1
audience = "enterprise"
lead = "ODD"
promise_working_days = 5
title = { zh = "示例", mn = "ᠵᠢᠱᠢᠶ᠎ᠡ", en = "A sample" }

[roles.enterprise]
kind = "enterprise"
title = { zh = "企业", mn = "ᠠᠵᠤ ᠠᠬᠤᠶᠢᠯᠠᠯ", en = "Enterprise" }
"#;

const SAMPLE: &str = r#"
[sample.form]
enterprise.name = "乌海公司"
enterprise.equity_frozen = false
enterprise.open_cases = 0
enterprise.capital_fen = 100
enterprise.founded_on = "2020-02-29"
"#;

pub(crate) fn load(steps: &str, sample: &str) -> Bundle {
    let text = format!("{HEAD}{steps}{sample}");
    let loaded = load_str(
        "sample.toml",
        &text,
        &support::contracts(),
        Dictionary::standard(),
    );
    loaded.unwrap_or_else(|mistakes| {
        let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        panic!("{}", mistakes.join("\n\n"))
    })
}

fn typed(more: &str) -> String {
    format!("[[step]]\nid = \"typed\"\ncall = \"odd.v1.OddService/Typed\"\n{more}\n")
}

fn follow(more: &str) -> String {
    format!("[[step]]\nid = \"follow\"\ncall = \"odd.v1.OddService/Follow\"\n{more}\n")
}

fn filled() -> serde_json::Value {
    json!({"enterprise": {
        "name": "乌海公司",
        "equity_frozen": true,
        "open_cases": 2,
        "capital_fen": 5_000_000_000_i64,
        "founded_on": "2020-02-29",
    }})
}

#[test]
fn every_type_of_element_reaches_its_field() {
    let bundle = load(&typed("with = { note = \"checked\" }"), SAMPLE);
    let form = bundle.check_form(&filled()).unwrap();
    let Prepared::Call(message) = bundle.request(0, &form, &|_| None).unwrap() else {
        panic!("the step applies");
    };
    let field = |name| message.get_field_by_name(name).unwrap().into_owned();
    assert_eq!(field("frozen"), Value::Bool(true));
    assert_eq!(field("open_cases"), Value::I32(2));
    assert_eq!(field("capital_fen"), Value::I64(5_000_000_000));
    assert_eq!(field("founded_on"), Value::String("2020-02-29".into()));
    assert_eq!(field("note"), Value::String("checked".into()));

    let mut huge = filled();
    huge["enterprise"]["open_cases"] = json!(1_i64 << 40);
    let form = bundle.check_form(&huge).unwrap();
    let error = bundle.request(0, &form, &|_| None).unwrap_err();
    assert!(matches!(error, RequestError::Type { field, .. } if field == "open_cases"));

    let wrong = json!({"enterprise": {
        "name": true,
        "equity_frozen": "yes",
        "open_cases": "2",
        "capital_fen": 1.5,
        "founded_on": "2021-02-29",
    }});
    let problems = bundle.check_form(&wrong).unwrap_err();
    assert_eq!(problems.len(), 5, "{problems:?}");
}

#[test]
fn what_an_answer_leaves_out_omits_the_step_that_needs_it() {
    let steps = typed("with = { note = \"x\" }") + &follow("");
    let bundle = load(&steps, SAMPLE);
    assert!(bundle.steps[1].conditional && !bundle.steps[0].conditional);
    let form = bundle.check_form(&filled()).unwrap();
    let mut answer = DynamicMessage::new(bundle.steps[0].answer().unwrap());
    answer.set_field_by_name("registrar", Value::String("150302".into()));
    let omitted = bundle.request(1, &form, &|_| Some(answer.clone())).unwrap();
    let Prepared::Omit {
        why: Omission::Input { field, step },
    } = omitted
    else {
        panic!("the address is missing");
    };
    assert_eq!((field.as_str(), step.as_str()), ("address", "typed"));
    assert!(matches!(
        bundle.request(1, &form, &|_| None),
        Ok(Prepared::Omit { .. })
    ));

    answer.set_field_by_name("address", Value::String("x".into()));
    let called = bundle.request(1, &form, &|_| Some(answer.clone())).unwrap();
    assert!(matches!(called, Prepared::Call(_)));
    assert_eq!(
        bundle.request(9, &form, &|_| None),
        Err(RequestError::UnknownStep(9))
    );
}

#[test]
fn the_applicant_can_be_asked_although_a_step_could_tell() {
    let steps = typed("with = { note = \"x\" }") + &follow("with = { address = { ask = true } }");
    let bundle = load(
        &steps,
        &format!("{SAMPLE}enterprise.address = \"乌海一号\"\n"),
    );
    assert!(bundle.form_field("enterprise", "address").is_some());
    assert_eq!(
        bundle.steps[1].after,
        [0],
        "the registrar still comes from the first step"
    );
    let registrar = bundle.steps[1]
        .inputs
        .iter()
        .find(|i| i.field.name() == "registrar");
    assert_eq!(
        registrar.unwrap().source,
        Source::Step {
            step: 0,
            field: "registrar".to_owned()
        }
    );
}

#[test]
fn what_nobody_is_asked_stays_empty_unless_a_step_gives_it() {
    let unasked = follow("with.registrar.ask = false\nwith.address = \"x\"");
    let alone = load(&unasked, "");
    assert!(alone.form.is_empty());
    let form = alone.check_form(&json!({})).unwrap();
    let Prepared::Call(message) = alone.request(0, &form, &|_| None).unwrap() else {
        panic!("the step applies");
    };
    assert!(!message.has_field_by_name("registrar"));

    let given = load(&(typed("with.note = \"x\"") + &unasked), SAMPLE);
    let registrar = Source::Step {
        step: 0,
        field: "registrar".to_owned(),
    };
    let inputs = &given.steps[1].inputs;
    assert!(inputs.iter().any(|input| input.source == registrar));
}

#[test]
fn what_only_departments_tell_each_other_is_not_asked() {
    let notice = |more: &str| {
        let call = "onething.bank.v1.BankService/NoticeRelocation";
        let role = "[roles.bank]\nkind = \"bank\"\ntitle = { zh = \"银行\", mn = \"ᠪᠠᠩᠬᠢ\", en = \"Bank\" }";
        format!("{role}\n[[step]]\nid = \"notice\"\ncall = \"{call}\"\n{more}\n")
    };
    let sample = "[sample.form]\nenterprise.credit_code = \"$enterprise.credit_code\"\n\
                  enterprise.target_address = \"$enterprise.target_address\"\n";
    let bundle = load(&notice(""), sample);
    let asked: Vec<_> = bundle.form.iter().map(|field| field.path()).collect();
    assert_eq!(
        asked,
        ["enterprise.credit_code", "enterprise.target_address"]
    );

    let text = format!(
        "{HEAD}{}{sample}",
        notice("with.registration_serial.ask = true")
    );
    let contracts = support::contracts();
    let mistakes = load_str("sample.toml", &text, &contracts, Dictionary::standard()).unwrap_err();
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert_eq!(mistakes[0].code, Code::NoSource);
}

#[test]
fn of_several_sources_the_one_that_comes_before_is_meant() {
    let again = typed("with = { note = \"x\" }").replace("\"typed\"", "\"again\"");
    let steps = typed("with = { note = \"x\" }") + &again + &follow("after = [\"again\"]");
    let bundle = load(&steps, SAMPLE);
    assert_eq!(bundle.steps[2].after, [1]);
    assert_eq!(bundle.form.len(), 5, "equal fields are asked once");
    let explicit = follow("with = { address = { step = \"typed\", field = \"registrar\" } }");
    let bundle = load(&(typed("with = { note = \"x\" }") + &explicit), SAMPLE);
    assert!(
        matches!(&bundle.steps[1].inputs[0].source, Source::Step { field, .. } if field == "registrar")
    );
}

#[test]
fn a_field_is_asked_only_where_the_form_says_that_its_step_applies() {
    let steps = typed("with = { note = \"x\" }\nwhen = \"enterprise.open_cases > 1\"");
    let bundle = load(&steps, "[sample.form]\nenterprise.open_cases = 0\n");
    let asked = |name| {
        bundle
            .form_field("enterprise", name)
            .unwrap()
            .requirement
            .clone()
    };
    assert_eq!(asked("open_cases"), Requirement::Always);
    assert_eq!(asked("name"), Requirement::When(vec![0]));
    let few = json!({"enterprise": {"open_cases": 1}});
    let form = bundle.check_form(&few).unwrap();
    assert!(matches!(
        bundle.request(0, &form, &|_| None),
        Ok(Prepared::Omit { .. })
    ));
    let many = json!({"enterprise": {"open_cases": 2}});
    let problems = bundle.check_form(&many).unwrap_err();
    assert!(
        problems.iter().all(|p| p.code == "MISSING") && problems.len() == 4,
        "{problems:?}"
    );
}
