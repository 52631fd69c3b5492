//! `onething participant check`: our own departments pass, a department in Python passes, and each
//! mistake that a department can make is caught by the name of the rule that it breaks.

use std::{path::Path, process::Stdio};

use futures::{StreamExt, stream};
use onething_population::Population;
use onething_tests::{Certificate, Process, Python, Suite, program};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

const CIVIL_AFFAIRS: &str = "onething.civil_affairs.v1.CivilAffairsService";
const HEALTH: &str = "onething.health.v1.HealthService";
const HOME_VISITS: &str = "onething.home_visit.v1.HomeVisitService";
const PUBLIC_SECURITY: &str = "onething.public_security.v1.PublicSecurityService";
const REGISTRY: &str = "onething.enterprise_registry.v1.EnterpriseRegistryService";
const SOCIAL_SECURITY: &str = "onething.social_security.v1.SocialSecurityService";

/// What a check printed and how it ended.
pub(crate) struct Checked {
    exit_code: Option<i32>,
    out: String,
    err: String,
}

impl Checked {
    /// The report of `--json`.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// The names of the checks that ended so.
    fn names(&self, verdict: &str) -> Vec<String> {
        let report = self.report();
        let checks = report["checks"].as_array().unwrap().iter();
        let named = checks.filter(|check| check["verdict"] == verdict);
        named
            .map(|check| check["check"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Asserts that every check passed.
    pub(crate) fn passed(&self) {
        let report = self.report();
        let checks = report["checks"].as_array().unwrap().iter();
        let others: Vec<_> = checks.filter(|check| check["verdict"] != "PASS").collect();
        assert!(others.is_empty(), "{others:#?}");
        assert_eq!(self.exit_code, Some(0));
    }
}

/// Runs the check against a department.
async fn check(url: &str, arguments: &[&str]) -> Checked {
    let mut command = tokio::process::Command::new(program("onething"));
    command
        .args(["participant", "check", url])
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await.unwrap();
    Checked {
        exit_code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Writes a file of samples and checks with it.
pub(crate) async fn check_with(
    url: &str,
    samples: &[Value],
    methods: &[&str],
    more: &[&str],
) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("samples.json");
    std::fs::write(&file, json!({ "method": samples }).to_string()).unwrap();
    let file = file.display().to_string();
    let mut arguments = vec!["--json", "--samples", &file];
    for method in methods {
        arguments.extend(["--method", method]);
    }
    arguments.extend(more);
    check(url, &arguments).await
}

pub(crate) fn sample(service: &str, method: &str, succeeds: &Value, refused: &Value) -> Value {
    let mut sample = json!({ "name": format!("{service}/{method}"), "succeeds": succeeds });
    if !refused.is_null() {
        sample["refused"] = refused.clone();
    }
    sample
}

/// A message with some fields other than in another.
pub(crate) fn with(message: &Value, fields: Value) -> Value {
    let mut other = message.clone();
    let other_fields = other.as_object_mut().unwrap();
    other_fields.extend(fields.as_object().unwrap().clone());
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_departments_keep_the_rules() {
    let suite = Suite::start().await;
    let population = &suite.samples.population;
    let url = |name: &str| suite.departments().url(name);
    let family = population.sample_family().unwrap();
    let mother = &family.mother.id_number;

    let married = sample(
        CIVIL_AFFAIRS,
        "GetMarriage",
        &json!({ "id_number": mother }),
        &json!({ "id_number": "x" }),
    );
    check_with(&url("civil-affairs"), &[married], &["GetMarriage"], &[])
        .await
        .passed();

    let enterprise = &suite.samples.mover(0)["enterprise"];
    let request = json!({
        "credit_code": enterprise["credit_code"],
        "target_registrar": enterprise["target_registrar"],
    });
    let acceptance = with(
        &request,
        json!({
            "target_address": enterprise["target_address"],
            "premises_right": enterprise["premises_right"],
            "resolution_date": enterprise["resolution_date"],
        }),
    );
    let nowhere = json!({ "target_registrar": enterprise["registrar"] });
    let samples = [
        sample(
            REGISTRY,
            "LockRecord",
            &request,
            &with(&request, nowhere.clone()),
        ),
        sample(
            REGISTRY,
            "AcceptRelocation",
            &acceptance,
            &with(&acceptance, nowhere),
        ),
    ];
    let methods = ["LockRecord", "AcceptRelocation"];
    check_with(&url("enterprise-registry"), &samples, &methods, &[])
        .await
        .passed();
    let code = enterprise["credit_code"].as_str().unwrap();
    let after = suite.departments().enterprise(code).await;
    assert_eq!(after.lock_number, "", "the lock is left behind");

    let household = json!({
        "mother_id_number": mother,
        "father_id_number": family.father.id_number,
        "follows": "mother",
    });
    let birth = json!({
        "birth_certificate_number": "U150009999",
        "child_name": family.child_name,
        "child_sex": family.birth.child_sex.code(),
        "born_on": family.birth.born_on().to_string(),
        "mother_id_number": mother,
        "father_id_number": family.father.id_number,
        "household_id": family.household.id,
    });
    let seal = json!({ "credit_code": code, "registrar": enterprise["target_registrar"] });
    let samples = [
        sample(
            PUBLIC_SECURITY,
            "FindParentHousehold",
            &household,
            &with(
                &household,
                json!({ "mother_id_number": "x", "father_id_number": "x" }),
            ),
        ),
        sample(
            PUBLIC_SECURITY,
            "RegisterBirth",
            &birth,
            &with(&birth, json!({ "household_id": "HK150302-9999999" })),
        ),
        sample(PUBLIC_SECURITY, "RefileSeal", &seal, &Value::Null),
    ];
    let methods = ["FindParentHousehold", "RegisterBirth", "RefileSeal"];
    let checked = check_with(&url("public-security"), &samples, &methods, &[]).await;
    checked.passed();
    // What nothing undoes is named.
    assert_eq!(checked.report()["left"].as_array().unwrap().len(), 2);

    let holder = json!({ "id_number": suite.samples.newcomer(), "name": family.child_name });
    let enrolment = with(&holder, json!({ "region": family.household.region }));
    let samples = [
        sample(
            SOCIAL_SECURITY,
            "IssueSocialSecurityCard",
            &holder,
            &with(&holder, json!({ "id_number": "x" })),
        ),
        sample(
            SOCIAL_SECURITY,
            "EnrollResidentMedicalInsurance",
            &enrolment,
            &with(&enrolment, json!({ "region": "000000" })),
        ),
    ];
    let methods = ["IssueSocialSecurityCard", "EnrollResidentMedicalInsurance"];
    check_with(&url("social-security"), &samples, &methods, &[])
        .await
        .passed();

    let certificate = json!({
        "record_number": family.birth.record_number,
        "child_name": family.child_name,
        "mother_id_number": mother,
        "mother_name": family.mother.name,
        "father_id_number": family.father.id_number,
        "father_name": family.father.name,
    });
    let samples = [sample(
        HEALTH,
        "IssueBirthCertificate",
        &certificate,
        &with(&certificate, json!({ "record_number": "none" })),
    )];
    check_with(&url("connector"), &samples, &["IssueBirthCertificate"], &[])
        .await
        .passed();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_samples_it_says_what_to_write() {
    let suite = Suite::start().await;
    let url = suite.departments().url("civil-affairs");
    let plain = check(&url, &["--method", "GetMarriage"]).await;
    assert_eq!(plain.exit_code, Some(1), "{}", plain.out);
    for text in [
        "SKIPPED  query-answers",
        "write [[method.succeeds]] under [[method]]",
        "CivilAffairsService/GetMarriage",
        "--template",
        "Nothing is broken, but not everything could be checked (11 passed, 0 failed, 2 skipped)",
    ] {
        let flat = plain.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&text), "no {text:?} in {}", plain.out);
    }
    assert!(!plain.out.contains('\u{1b}'), "escape codes in a pipe");

    // The template is well formed: only its empty values are refused.
    let template = check(&url, &["--template", "--method", "GetMarriage"]).await;
    assert_eq!(template.exit_code, Some(0), "{}", template.err);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("samples.toml");
    std::fs::write(&file, &template.out).unwrap();
    let samples = file.display().to_string();
    let filled = check(
        &url,
        &["--json", "--samples", &samples, "--method", "GetMarriage"],
    )
    .await;
    assert_eq!(filled.names("FAIL"), ["query-answers"], "{}", filled.out);
    assert_eq!(filled.names("SKIPPED"), [""; 0]);

    let whole = check(&suite.departments().url("connector"), &["--template"]).await;
    assert!(whole.out.contains("THAT CANNOT BE UNDONE"), "{}", whole.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_of_the_caller_are_told() {
    let suite = Suite::start().await;
    let url = suite.departments().url("civil-affairs");
    let name = format!("{CIVIL_AFFAIRS}/GetMarriage");
    let mistakes = [
        (
            json!({ "name": name, "succeeds": { "id": "x" } }),
            "unrecognized field",
        ),
        (
            json!({ "name": name, "succeed": {} }),
            "unknown field `succeed`",
        ),
        (
            json!({ "name": "x.y/Z" }),
            "the department has no such method",
        ),
        (
            json!({ "name": name, "metadata": { "onething-epoch": "1" } }),
            "set by the check",
        ),
    ];
    for (entry, expected) in mistakes {
        let checked = check_with(&url, &[entry], &[], &[]).await;
        assert_eq!(checked.exit_code, Some(1));
        assert!(
            checked.err.contains(expected),
            "no {expected:?} in {}",
            checked.err
        );
    }
    let unknown = check(&url, &["--method", "Nothing"]).await;
    assert!(
        unknown.err.contains("has no action Nothing"),
        "{}",
        unknown.err
    );
    // The gateway is no participant.
    let gateway = check(&suite.gateway.url(), &["--json"]).await;
    assert_eq!(gateway.names("FAIL"), ["described", "participant-service"]);
    let nobody = check("http://127.0.0.1:1", &[]).await;
    assert_eq!(nobody.exit_code, Some(1));
    assert!(nobody.err.contains("nobody speaks gRPC"), "{}", nobody.err);
}

/// The Python department by itself, with what its samples need.
struct Alone {
    process: Process,
    samples: Vec<Value>,
    _folder: tempfile::TempDir,
}

async fn alone(python: &Python, population: &Population, fault: Option<&str>) -> Alone {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate {
        number: "U150000001".to_owned(),
        child_name: "安".to_owned(),
    };
    let path: &Path = folder.path();
    let spec = python.department("health", path, population, &certificate, fault);
    let birth = &population.expected_births[0];
    let mother = json!({ "mother_id_number": birth.mother_id_number });
    let issue = with(
        &mother,
        json!({ "record_number": birth.record_number, "child_name": "安" }),
    );
    let open = json!({
        "birth_certificate_number": certificate.number,
        "child_name": certificate.child_name,
    });
    let visits = json!({ "birth_certificate_number": certificate.number });
    let mut later = json!({ "name": format!("{HOME_VISITS}/GrantHomeVisits"), "pending": visits });
    later["decide"] = json!({
        "call": format!("{HOME_VISITS}/Decide"),
        "request": with(&visits, json!({ "granted": true })),
    });
    later["refused"] = json!({ "birth_certificate_number": "U150000009" });
    let samples = vec![
        sample(
            HEALTH,
            "FindBirthRecord",
            &mother,
            &json!({ "mother_id_number": "x" }),
        ),
        sample(
            HEALTH,
            "IssueBirthCertificate",
            &issue,
            &with(&issue, json!({ "record_number": "x" })),
        ),
        sample(
            HEALTH,
            "OpenVaccinationRecord",
            &open,
            &with(&open, json!({ "child_name": "x" })),
        ),
        later,
    ];
    Alone {
        process: Process::start(spec).await,
        samples,
        _folder: folder,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_in_python_keeps_every_rule() {
    let Some(python) = Python::find() else {
        return;
    };
    let population = Population::generate(40, 1, onething_tests::today());
    let alone = alone(&python, &population, None).await;
    let checked = check_with(&alone.process.url(), &alone.samples, &[], &[]).await;
    checked.passed();
    let names = checked.names("PASS");
    assert!(names.len() >= 60, "{names:?}");
    // A second time: the certificate is issued, so there must be another sample for it.
    let again = check_with(
        &alone.process.url(),
        &alone.samples,
        &["IssueBirthCertificate"],
        &[],
    )
    .await;
    assert_eq!(again.names("FAIL"), ["takes-effect"], "{}", again.out);
    assert!(again.out.contains("ALREADY_CERTIFIED"), "{}", again.out);
}

/// A person stops the check while a decision is awaited: what it did until then is undone.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_is_stopped_leaves_nothing() {
    let Some(python) = Python::find() else {
        return;
    };
    let population = Population::generate(40, 1, onething_tests::today());
    let alone = alone(&python, &population, None).await;
    let file = python.folder().join("samples.json");
    std::fs::write(&file, json!({ "method": alone.samples }).to_string()).unwrap();
    let mut checking = tokio::process::Command::new(program("onething"))
        .args([
            "participant",
            "check",
            &alone.process.url(),
            "--method",
            VISITS,
        ])
        .arg("--samples")
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(checking.stdout.take().unwrap()).lines();
    let mut told = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        // The next rule waits for a decision that falls due.
        if line.contains("pending-withdrawn") {
            let script = format!("kill -INT {}", checking.id().unwrap());
            let status = std::process::Command::new("sh")
                .args(["-c", &script])
                .status()
                .unwrap();
            assert!(status.success());
        }
        told.push_str(&line);
        told.push('\n');
    }
    assert_eq!(checking.wait().await.unwrap().code(), Some(1), "{told}");
    assert!(
        told.contains("Stopped; what was done until then is undone"),
        "{told}"
    );
    assert!(told.contains("PASS     nothing-left"), "{told}");
    assert!(
        !told.contains("decisions-live"),
        "it was not stopped: {told}"
    );
}

const ISSUE: &str = "IssueBirthCertificate";
const OPEN: &str = "OpenVaccinationRecord";
const VISITS: &str = "GrantHomeVisits";

/// Each mistake, an action in which it shows, and the rule that must catch it.
const CAUGHT: [(&str, &str, &str); 27] = [
    ("forgets-tombstones", OPEN, "late-call"),
    ("ignores-digest", OPEN, "digest"),
    ("ignores-epoch-at-call", OPEN, "stale-epoch-at-call"),
    ("ignores-epoch-at-undo", OPEN, "stale-epoch-at-undo"),
    ("ignores-epoch-at-outcome", OPEN, "stale-epoch-at-outcome"),
    ("keeps-the-first-epoch", OPEN, "higher-epoch"),
    ("annuls-twice", OPEN, "undo-twice"),
    ("only-says-undone", OPEN, "undo"),
    ("annuls-pivots", ISSUE, "already-effective"),
    ("refuses-without-detail", OPEN, "refusal"),
    ("refuses-with-undeclared-reason", OPEN, "refusal"),
    ("forgets-refusals", OPEN, "refusal-recorded"),
    ("does-it-again", ISSUE, "same-call-twice"),
    ("looks-before-it-locks", OPEN, "at-once"),
    ("opens-any-round", OPEN, "round-not-open"),
    ("wants-no-key", OPEN, "key-required"),
    ("tells-other-bytes", OPEN, "outcome-succeeded"),
    ("lists-newest-first", OPEN, "effects-in-order"),
    ("lists-by-offset", OPEN, "effects-in-order"),
    ("opens-forgotten-keys", OPEN, "forgotten-call"),
    ("moves-the-time-earlier", VISITS, "pending-due"),
    ("keeps-withdrawn-reviews", VISITS, "pending-withdrawn"),
    (
        "decides-what-was-withdrawn",
        VISITS,
        "withdrawn-stays-closed",
    ),
    ("waits-for-ever", VISITS, "deemed-refused"),
    ("forgets-the-cursor", VISITS, "decisions-replayed"),
    ("streams-once", VISITS, "decisions-replayed"),
    ("ends-the-stream", VISITS, "decisions-live"),
];

/// Departments at a time: starting one costs more than checking it.
const AT_A_TIME: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_is_caught_by_the_name_of_the_rule() {
    let Some(python) = Python::find() else {
        return;
    };
    // No mistake is left out; those that end the process are another test's.
    let mut known = python.faults();
    known.retain(|fault| !fault.starts_with("dies-"));
    let caught: Vec<_> = CAUGHT.iter().map(|(fault, _, _)| *fault).collect();
    assert_eq!(known, caught);

    let population = Population::generate(40, 1, onething_tests::today());
    let all = CAUGHT.iter().map(|(fault, method, rule)| {
        let (python, population) = (&python, &population);
        async move {
            let alone = alone(python, population, Some(fault)).await;
            let more = ["--patience", "3"];
            let checked = check_with(&alone.process.url(), &alone.samples, &[method], &more).await;
            let failed = checked.names("FAIL");
            assert_eq!(checked.exit_code, Some(1), "{fault}: {}", checked.out);
            assert!(
                failed.iter().any(|name| name == rule),
                "{fault}: {rule} is not among {failed:?}: {}",
                checked.out
            );
            // Each failure says what was seen and what to fix.
            for check in checked.report()["checks"].as_array().unwrap() {
                if check["verdict"] == "FAIL" {
                    assert!(
                        check["reason"].is_string() && check["fix"].is_string(),
                        "{check}"
                    );
                }
            }
            println!("{fault}: {}", failed.join(", "));
        }
    });
    stream::iter(all)
        .buffer_unordered(AT_A_TIME)
        .collect::<Vec<_>>()
        .await;
}
