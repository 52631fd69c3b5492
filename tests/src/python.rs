//! The department in Python: its modules are generated from the contracts, then it is a process as any
//! other, in the place of one of ours.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use onething_population::Population;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    foreign::Foreign,
    process::{Program, Spec},
};

/// The contracts that the department needs.
const CONTRACTS: [&str; 4] = [
    "onething/annotations/v1/annotations.proto",
    "onething/health/v1/health.proto",
    "onething/home_visit/v1/home_visit.proto",
    "onething/participant/v1/participant.proto",
];

/// A Python that can run the department, with the modules generated for it.
#[derive(Debug)]
pub struct Python {
    interpreter: PathBuf,
    sources: PathBuf,
    generated: TempDir,
}

/// A birth certificate that the department knows from the start.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// Its number: a letter and nine digits.
    pub number: String,
    /// The child's name on it.
    pub child_name: String,
}

impl Python {
    /// The Python of `tests/run`; `None` only if the caller asked for the embedded suites alone.
    ///
    /// # Panics
    /// When there is none, or the modules cannot be generated.
    #[must_use]
    pub fn find() -> Option<Self> {
        let interpreter = Foreign::Python.find()?;
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        let generated = tempfile::tempdir().unwrap();
        let output = Command::new(&interpreter)
            .args(["-m", "grpc_tools.protoc", "-I"])
            .arg(sources.parent().unwrap().parent().unwrap().join("proto"))
            .arg("-I")
            .arg(sources.join("proto"))
            .arg(format!("--python_out={}", generated.path().display()))
            .args(CONTRACTS)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Some(Self {
            interpreter,
            sources,
            generated,
        })
    }

    /// A folder of its own, as long as it is needed.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.generated.path()
    }

    /// The mistakes that the department can be told to make.
    ///
    /// # Panics
    /// When they cannot be read.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.sources.join("department/faults.py")).unwrap();
        let lines = text.lines();
        lines
            .filter_map(|line| line.strip_prefix("@fault(\"")?.strip_suffix("\")"))
            .map(str::to_owned)
            .collect()
    }

    /// The department in the place of the service `name`: it knows the population's births and one
    /// certificate, and makes a mistake if told to.
    #[must_use]
    pub fn department(
        &self,
        name: &'static str,
        folder: &Path,
        population: &Population,
        certificate: &Certificate,
        fault: Option<&str>,
    ) -> Spec {
        let births: Vec<_> = population
            .expected_births
            .iter()
            .map(|birth| {
                json!({
                    "record_number": birth.record_number,
                    "mother_id_number": birth.mother_id_number,
                    "hospital": birth.hospital,
                    "born_on": birth.born_on().to_string(),
                    "child_sex": birth.child_sex.code(),
                })
            })
            .collect();
        let certificates = json!([{
            "number": certificate.number.trim_start_matches('U').parse::<u32>().unwrap(),
            "child_name": certificate.child_name,
        }]);
        let file = |what: &str, content: String| {
            let path = folder.join(format!("{name}-{what}.json"));
            std::fs::write(&path, content).unwrap();
            path.display().to_string()
        };
        let mut arguments = vec![
            self.sources.join("department").display().to_string(),
            "--database".to_owned(),
            folder
                .join(format!("{name}-python.db"))
                .display()
                .to_string(),
            "--births".to_owned(),
            file("births", json!(births).to_string()),
            "--certificates".to_owned(),
            file("certificates", certificates.to_string()),
        ];
        if let Some(fault) = fault {
            arguments.extend(["--fault".to_owned(), fault.to_owned()]);
        }
        Spec::new(name, folder).run_by(Program {
            path: self.interpreter.clone(),
            arguments,
            environment: vec![
                (
                    "PYTHONPATH".to_owned(),
                    self.generated.path().display().to_string(),
                ),
                // The sources' folder stays as it is.
                ("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()),
            ],
        })
    }
}
