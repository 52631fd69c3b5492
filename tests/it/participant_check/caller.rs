//! What whoever runs the check is told.

use onething_tests::Suite;
use serde_json::json;

use super::{check, check_with};

const CIVIL_AFFAIRS: &str = "onething.civil_affairs.v1.CivilAffairsService";

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
