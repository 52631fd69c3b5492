//! A department in Python, as it should be and with each mistake.

use std::{path::Path, process::Stdio};

use futures::{StreamExt, stream};
use onething_population::Population;
use onething_tests::{Certificate, Process, Python, program};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::{check_with, sample, with};

const HEALTH: &str = "onething.health.v1.HealthService";
const HOME_VISITS: &str = "onething.home_visit.v1.HomeVisitService";

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
