//! The planner: what shared items spare the applicant, in a small world that does not grow.

use std::collections::BTreeSet;

use onething_bundle::{Bundle, Code, FormField, Source, Spared, load_str};
use onething_elements::Dictionary;
use onething_proto::Contracts;

use super::support;

const RENAMING: &str = include_str!("../shared/renaming.toml");

fn load(text: &str, contracts: &Contracts) -> Bundle {
    let loaded = load_str("renaming.toml", text, contracts, Dictionary::standard());
    loaded.unwrap_or_else(|mistakes| {
        let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        panic!("{}", mistakes.join("\n\n"))
    })
}

fn asked(bundle: &Bundle) -> Vec<String> {
    bundle.form.iter().map(FormField::path).collect()
}

fn ids(bundle: &Bundle) -> Vec<&str> {
    bundle.steps.iter().map(|step| step.id.as_str()).collect()
}

fn step<'b>(bundle: &'b Bundle, id: &str) -> &'b onething_bundle::Step {
    &bundle.steps[bundle.step_index(id).unwrap()]
}

fn after<'b>(bundle: &'b Bundle, id: &str) -> Vec<&'b str> {
    let after = step(bundle, id).after.iter();
    after.map(|s| bundle.steps[*s].id.as_str()).collect()
}

#[test]
fn what_shared_items_give_is_not_asked() {
    let bundle = load(RENAMING, &support::small_world());
    assert_eq!(asked(&bundle), ["enterprise.credit_code", "changed.name"]);
    assert_eq!(
        ids(&bundle),
        [
            "reserve",
            "f02-get-enterprise",
            "f01-get-person-representative",
            "register",
            "f03-get-office",
            "tax",
            "f05-get-account",
            "account"
        ]
    );
    assert_eq!(bundle.plan.inserted, [1, 2, 4, 6]);
}

#[test]
fn one_item_s_result_is_another_s_key() {
    let bundle = load(RENAMING, &support::small_world());
    assert_eq!(
        after(&bundle, "f01-get-person-representative"),
        ["f02-get-enterprise"]
    );
    assert_eq!(after(&bundle, "f03-get-office"), ["f02-get-enterprise"]);
    let person = step(&bundle, "f01-get-person-representative");
    let enterprise = bundle.step_index("f02-get-enterprise").unwrap();
    assert_eq!(
        person.inputs[0].source,
        Source::Step {
            step: enterprise,
            field: "representative_id_number".to_owned()
        }
    );
    assert_eq!(
        after(&bundle, "register"),
        [
            "reserve",
            "f02-get-enterprise",
            "f01-get-person-representative",
            // It can be refused, and what needs it can not: so it is asked before the effect.
            "f03-get-office",
        ]
    );
}

#[test]
fn queries_join_the_segment_that_can_be_refused_anyway() {
    let bundle = load(RENAMING, &support::small_world());
    let segment = |id: &str| bundle.segments[step(&bundle, id).segment].id.as_str();
    assert_eq!(segment("f02-get-enterprise"), "register");
    assert_eq!(segment("f01-get-person-representative"), "register");
    assert_eq!(segment("f03-get-office"), "register");
    // Nothing depends on the account with its life: refused, the field stays empty.
    assert_eq!(segment("f05-get-account"), "f05-get-account");
    assert!(step(&bundle, "f05-get-account").optional);
    assert!(!step(&bundle, "f02-get-enterprise").optional);
    let age = step(&bundle, "f01-get-person-representative").fresh_for;
    assert_eq!(age.unwrap().as_secs(), 3600);
}

#[test]
fn without_an_item_the_applicant_is_asked_again() {
    let without = |item: &str| {
        let sample = "
enterprise.name = \"旧名公司\"
representative.id_number = \"150302196603159977\"
representative.name = \"其其格\"
tax.office = \"第一税务所\"
";
        let text = format!("{RENAMING}{sample}");
        let bundle = load_without(item, &text);
        asked(&bundle).into_iter().collect::<BTreeSet<_>>()
    };
    let all = without("none");
    assert_eq!(all.len(), 2);
    let more = |item: &str| -> Vec<String> { without(item).difference(&all).cloned().collect() };
    assert_eq!(more("F01"), ["representative.name"]);
    assert_eq!(
        more("F02"),
        ["enterprise.name", "representative.id_number", "tax.office"],
        "the person's name is still looked up, by the number that is asked now"
    );
    assert_eq!(more("F03"), ["tax.office"]);
    assert_eq!(more("F05"), ["bank.account_number"]);
}

/// The bundle in a world without an item; its sample fills in what is then asked.
fn load_without(item: &str, text: &str) -> Bundle {
    let contracts = support::contracts_without(item);
    let loaded = load_str("renaming.toml", text, &contracts, Dictionary::standard());
    loaded.unwrap_or_else(|mistakes| {
        let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        panic!("without {item}: {}", mistakes.join("\n\n"))
    })
}

#[test]
fn the_order_of_steps_and_files_does_not_matter() {
    let contracts = support::small_world();
    let written = load(RENAMING, &contracts);
    let (head, steps) = RENAMING.split_once("[[step]]").unwrap();
    let (steps, tail) = steps.split_once("[[segment]]").unwrap();
    let mut steps: Vec<&str> = steps.split("[[step]]").collect();
    steps.reverse();
    let turned = format!(
        "{head}[[step]]{}\n[[segment]]{tail}",
        steps.join("\n[[step]]")
    );
    let turned = load(&turned, &contracts);
    let set = |bundle: &Bundle| -> BTreeSet<String> {
        ids(bundle).iter().map(|i| (*i).to_owned()).collect()
    };
    assert_eq!(set(&written), set(&turned));
    for id in ids(&written) {
        let edges = |bundle: &Bundle| -> BTreeSet<String> {
            after(bundle, id).into_iter().map(str::to_owned).collect()
        };
        assert_eq!(edges(&written), edges(&turned), "{id}");
    }
}

#[test]
fn what_the_bundle_says_stays_as_written() {
    let contracts = support::small_world();
    let text = RENAMING.replace(
        "call = \"shared.v1.TaxService/UpdateTaxpayer\"",
        "call = \"shared.v1.TaxService/UpdateTaxpayer\"\nwith = { office = { ask = true } }",
    );
    let text = format!("{text}tax.office = \"第一税务所\"\n");
    let bundle = load(&text, &contracts);
    assert!(asked(&bundle).contains(&"tax.office".to_owned()));
    assert!(bundle.step_index("f03-get-office").is_none());
    let office = ("tax".to_owned(), "tax.office".to_owned());
    assert_eq!(bundle.plan.spared.get(&office), Some(&Spared::Wish));

    let listed = RENAMING.replacen(
        "[[step]]",
        "[[step]]\nid = \"look-up\"\ncall = \"shared.v1.RegistryService/GetEnterprise\"\n\n[[step]]",
        1,
    );
    let bundle = load(&listed, &contracts);
    assert!(bundle.step_index("f02-get-enterprise").is_none());
    assert!(after(&bundle, "f03-get-office").contains(&"look-up"));
}

#[test]
fn a_query_applies_when_what_needs_it_applies() {
    let text = RENAMING.replace(
        "call = \"shared.v1.TaxService/UpdateTaxpayer\"",
        "call = \"shared.v1.TaxService/UpdateTaxpayer\"\nwhen = \"changed.name != ''\"",
    );
    let bundle = load(&text, &support::small_world());
    let when = step(&bundle, "f03-get-office").when.as_ref().unwrap();
    assert_eq!(when.text, "changed.name != ''");
    assert!(step(&bundle, "f02-get-enterprise").when.is_none());
}

#[test]
fn of_whom_an_item_tells_must_be_clear() {
    let text = r#"
id = "files"
version = 1
audience = "person"
lead = "REG"
promise_working_days = 2
title = { zh = "档案", mn = "ᠳᠠᠩᠰᠠ", en = "Files" }
[roles.husband]
kind = "person"
title = { zh = "丈夫", mn = "ᠨᠥᠬᠥᠷ", en = "Husband" }
[roles.wife]
kind = "person"
title = { zh = "妻子", mn = "ᠭᠡᠷᠭᠡᠢ", en = "Wife" }
[roles.archive]
kind = "archive"
title = { zh = "档案", mn = "ᠳᠠᠩᠰᠠ", en = "File" }
[[step]]
id = "join"
call = "shared.v1.RegistryService/JoinFiles"
"#;
    let sample = "[sample.form]
husband.id_number = \"150302196603159977\"
wife.id_number = \"152525198802299995\"
";
    let contracts = support::small_world();
    let load = |text: &str| load_str("files.toml", text, &contracts, Dictionary::standard());
    let mistakes = load(&format!("{text}{sample}")).unwrap_err();
    let doubt = mistakes
        .iter()
        .find(|m| m.code == Code::AmbiguousItem)
        .unwrap();
    assert!(
        doubt.message.contains("F04 with person = `husband`"),
        "{doubt}"
    );
    assert!(
        doubt.message.contains("F04 with person = `wife`"),
        "{doubt}"
    );

    let listed = format!(
        "{text}\n[[step]]\nid = \"file\"\ncall = \"shared.v1.RegistryService/GetFile\"\n\
         roles = {{ person = \"wife\" }}\n{sample}"
    );
    let bundle = load(&listed).unwrap();
    assert_eq!(asked(&bundle), ["husband.id_number", "wife.id_number"]);
}
