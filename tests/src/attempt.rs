//! `onething try` as a program, with the databases that it leaves behind.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::process::{Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{case::Case, process::program, registers::Databases};

/// How many persons the suite of `onething try` has, and the seed of its population.
const POPULATION: (&str, &str) = ("40", "1");

/// One case that `onething try` carried out.
#[derive(Debug)]
pub struct Attempt {
    /// How the command ended.
    pub code: i32,
    /// The case at its end.
    pub case: Case,
    /// Everything that `--json` printed.
    pub report: Value,
    folder: TempDir,
}

impl Attempt {
    /// Carries out a bundle's sample case, in which a step is refused if one is named.
    ///
    /// # Panics
    /// When the command prints no report.
    pub async fn new(bundle: &str, refuse: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().display().to_string();
        let mut arguments = vec!["try", bundle, "--json", "--keep", &kept];
        arguments.extend(refuse.iter().flat_map(|step| ["--refuse", *step]));
        let output = onething(&arguments).await;
        let text = String::from_utf8(output.stdout).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| {
            let told = String::from_utf8_lossy(&output.stderr);
            panic!("{arguments:?}: {error}\n{text}\n{told}")
        });
        Self {
            code: output.status.code().unwrap(),
            case: Case::new(report["case"].clone()),
            report,
            folder,
        }
    }

    /// What the departments' databases have afterwards.
    pub async fn databases(&self) -> Databases {
        Databases::read(self.folder.path()).await
    }
}

/// What the departments' databases have before anybody has filed anything.
///
/// # Panics
/// When they cannot be seeded.
pub async fn databases_at_the_start() -> Databases {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().display().to_string();
    let (persons, seed) = POPULATION;
    let arguments = [
        "seed",
        "--persons",
        persons,
        "--seed",
        seed,
        "--data",
        &kept,
    ];
    let seeded = onething(&arguments).await;
    assert!(seeded.status.success(), "{seeded:?}");
    Databases::read(folder.path()).await
}

async fn onething(arguments: &[&str]) -> Output {
    let mut command = Command::new(program("onething"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ONETHING__") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command.kill_on_drop(true).output().await.unwrap()
}
