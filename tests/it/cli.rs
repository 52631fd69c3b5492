//! The `onething` program as a newcomer uses it: what it prints and how it exits.

use std::process::{Command, Output, Stdio};

use onething_bundle::ActionKind;
use onething_elements::{BirthCertificate, ResidentNumber};
use onething_tests::{bundle_steps, program};
use serde_json::Value;

fn onething(arguments: &[&str]) -> Output {
    let mut command = Command::new(program("onething"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ONETHING__") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Runs `onething try` and gives what it prints, which must be plain: it goes into a pipe.
fn attempt(arguments: &[&str], exit_code: i32) -> String {
    let output = onething(&[&["try"], arguments].concat());
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(
        output.status.code(),
        Some(exit_code),
        "{arguments:?}\n{out}\n{err}"
    );
    assert!(
        !out.contains('\u{1b}') && !err.contains('\u{1b}'),
        "escape codes in a pipe: {out}"
    );
    out
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// The JSON object that `--json` prints and nothing beside it.
fn json(arguments: &[&str], exit_code: i32) -> Value {
    let text = attempt(&[arguments, &["--json"]].concat(), exit_code);
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert!(value.is_object());
    assert_eq!(value["exit_code"], exit_code);
    value
}

fn certificate<'a>(report: &'a Value, step: &str) -> &'a str {
    let certificates = report["case"]["certificates"].as_array().unwrap();
    let found = certificates
        .iter()
        .find(|certificate| certificate["step"] == step);
    found.unwrap_or_else(|| panic!("{step}: {certificates:#?}"))["value"]
        .as_str()
        .unwrap()
}

fn read_back<'a>(report: &'a Value, what: &str) -> &'a str {
    let facts = report["read_back"].as_array().unwrap();
    let fact = facts.iter().find(|fact| fact["what"] == what);
    fact.unwrap_or_else(|| panic!("{what}: {facts:#?}"))["value"]
        .as_str()
        .unwrap()
}

#[test]
fn a_newborn_is_done_and_every_number_is_printed() {
    let report = json(&["newborn"], 0);
    BirthCertificate::parse(certificate(&report, "birth-certificate")).unwrap();
    ResidentNumber::parse(certificate(&report, "birth-registration")).unwrap();
    // The same population, but another day of birth is another number: read this run's text.
    let text = attempt(&["newborn"], 0);
    for step in [
        "birth-certificate",
        "birth-registration",
        "medical-insurance",
        "social-security-card",
    ] {
        assert!(text.contains(certificate(&report, step)), "{step}: {text}");
    }
    for step in bundle_steps("newborn") {
        assert!(
            text.lines().any(|line| line.contains(&step.id)),
            "no line for {}: {text}",
            step.id
        );
    }
}

#[test]
fn a_relocation_is_done_under_the_same_code() {
    let report = json(&["enterprise-relocation"], 0);
    let code = read_back(&report, "credit code");
    assert_eq!(read_back(&report, "registrar"), "150602");
    assert_eq!(read_back(&report, "archive held by"), "150602");
    assert_eq!(read_back(&report, "locked"), "no");
    let text = attempt(&["enterprise-relocation"], 0);
    assert!(text.contains(code) && text.contains("150602"), "{text}");
}

#[test]
fn a_relocation_refused_before_the_licence_is_undone() {
    let steps = bundle_steps("enterprise-relocation");
    let pivot = steps
        .iter()
        .find(|step| step.kind == ActionKind::Pivot)
        .unwrap();
    let before: Vec<_> = steps
        .iter()
        .filter(|step| pivot.behind.contains(&step.id) && !step.optional)
        .collect();
    assert!(before.len() >= 4);
    for refused in before.into_iter().chain([pivot]) {
        let report = json(&["enterprise-relocation", "--refuse", &refused.id], 3);
        let undone: Vec<_> = report["undone"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap())
            .collect();
        let must = steps.iter().filter(|step| {
            step.kind == ActionKind::Compensable && refused.behind.contains(&step.id)
        });
        for step in must {
            assert!(
                undone.contains(&step.id.as_str()),
                "{}: {undone:?}",
                refused.id
            );
        }
        for (place, id) in undone.iter().enumerate() {
            let step = steps.iter().find(|step| step.id == *id).unwrap();
            assert!(
                !undone[..place].iter().any(|e| step.behind.contains(*e)),
                "{undone:?}"
            );
        }
        assert_eq!(read_back(&report, "locked"), "no");
        assert_eq!(read_back(&report, "registrar"), "150302");
        assert_eq!(read_back(&report, "archive held by"), "150302");
    }
}

#[test]
fn a_refused_relocation_says_what_was_undone_and_why() {
    let text = attempt(
        &["enterprise-relocation", "--refuse", "transfer-archive"],
        3,
    );
    assert!(text.contains("MATTER_SUSPENDED"), "{text}");
    let (_, list) = text.split_once("Undone, in this order").unwrap();
    let place = |id: &str| {
        let mut lines = list.lines();
        let found = lines.find_map(|line| {
            let (number, rest) = line.trim_start().split_once(". ")?;
            rest.starts_with(id)
                .then(|| number.parse::<usize>().unwrap())
        });
        found.unwrap_or_else(|| panic!("{id} is not listed: {text}"))
    };
    assert_eq!(place("approve-release"), 1, "{text}");
    // The lock and the acceptance do not build on each other.
    assert_eq!(
        place("lock-record") + place("accept-relocation"),
        2 + 3,
        "{text}"
    );
}

#[test]
fn a_newborn_refused_insurance_is_partly_done() {
    let report = json(&["newborn", "--refuse", "medical-insurance"], 4);
    let number = certificate(&report, "birth-registration");
    let card = certificate(&report, "social-security-card");
    assert!(read_back(&report, "resident").starts_with(number));
    assert_eq!(read_back(&report, "social security card"), card);
    assert_eq!(read_back(&report, "medical insurance"), "none");
    let [remainder] = report["case"]["remainders"].as_array().unwrap().as_slice() else {
        panic!("{report:#?}")
    };
    let text = attempt(&["newborn", "--refuse", "medical-insurance"], 4);
    for part in [number, card, "MATTER_SUSPENDED"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for part in ["title", "owner", "next"] {
        let part = remainder[part]["en"].as_str().unwrap();
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_mistake_is_answered_with_what_there_is() {
    let complaint = |arguments: &[&str]| {
        let output = onething(&[&["try"], arguments].concat());
        let code = output.status.code().unwrap();
        assert!(![0, 3, 4].contains(&code), "{arguments:?} exits {code}");
        text(output.stderr)
    };
    let unknown = complaint(&["no-such-thing"]);
    assert!(
        unknown.contains("newborn") && unknown.contains("enterprise-relocation"),
        "{unknown}"
    );
    let unknown = complaint(&["newborn", "--refuse", "no-such-step"]);
    assert!(unknown.contains("medical-insurance"), "{unknown}");
    let forward = bundle_steps("enterprise-relocation")
        .into_iter()
        .find(|step| step.kind == ActionKind::Forward)
        .unwrap();
    let must = complaint(&["enterprise-relocation", "--refuse", &forward.id]);
    assert!(must.contains("transfer-archive"), "{must}");
    let nowhere = complaint(&["newborn", "--region", "159901"]);
    assert!(nowhere.contains("`159901` is no division"), "{nowhere}");
    assert_eq!(onething(&["fly"]).status.code(), Some(2));
}

#[test]
fn a_sample_case_is_filed_in_a_region_for_a_family_that_lives_there() {
    let report = json(&["newborn", "--region", "150100"], 0);
    assert_eq!(report["case"]["region"], Value::Null, "the same everywhere");
    let household = read_back(&report, "household");
    assert!(household.starts_with("HK1501"), "{household}");
    let report = json(&["school-enrollment", "--region", "150105"], 0);
    assert_eq!(report["case"]["region"]["code"], "150100");
    let certificates = report["case"]["certificates"].as_array().unwrap();
    let chosen = certificates
        .iter()
        .any(|c| c["value"] == "赛罕区蒙古族小学");
    assert!(
        chosen,
        "the parents of a third child choose: {certificates:#?}"
    );
    let text = attempt(&["school-enrollment", "--region", "150105"], 0);
    assert!(text.contains(" · as in 150100\n"), "{text}");
}
