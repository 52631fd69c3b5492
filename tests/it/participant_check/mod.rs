//! `onething participant check`: our own departments pass, a department in Python passes, and each
//! mistake that a department can make is caught by the name of the rule that it breaks.

mod caller;
mod departments;
mod python;
mod schools;

use std::process::Stdio;

use onething_tests::program;
use serde_json::{Value, json};

/// What a check printed and how it ended.
pub(crate) struct Checked {
    exit_code: Option<i32>,
    out: String,
    err: String,
}

impl Checked {
    /// The report of `--json`.
    fn report(&self) -> Value {
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

fn sample(service: &str, method: &str, succeeds: &Value, refused: &Value) -> Value {
    let mut sample = json!({ "name": format!("{service}/{method}"), "succeeds": succeeds });
    if !refused.is_null() {
        sample["refused"] = refused.clone();
    }
    sample
}

/// A message with some fields other than in another.
fn with(message: &Value, fields: Value) -> Value {
    let mut other = message.clone();
    let other_fields = other.as_object_mut().unwrap();
    other_fields.extend(fields.as_object().unwrap().clone());
    other
}
