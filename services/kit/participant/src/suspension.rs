//! Matters that a department does not accept at present (暂停受理).

use serde::{Deserialize, Serialize};

use crate::{MATTER_SUSPENDED, Refusal};

/// One suspended matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// The method's full name.
    pub method: String,
    /// Only for this step of a bundle; for every caller when empty.
    #[serde(default)]
    pub step: String,
    /// What to tell the applicant; a general sentence when empty.
    #[serde(default)]
    pub note: String,
}

/// All suspended matters of a department.
#[derive(Debug, Clone, Default)]
pub struct Suspensions(Vec<Suspension>);

impl Suspensions {
    /// The refusal that a call meets, if its matter is suspended.
    pub fn refusal(&self, method: &str, step: &str) -> Option<Refusal> {
        let hit = |s: &&Suspension| s.method == method && (s.step.is_empty() || s.step == step);
        self.0.iter().find(hit).map(|suspension| {
            let note = match suspension.note.as_str() {
                "" => "The department does not accept this matter at present.",
                note => note,
            };
            Refusal::new(MATTER_SUSPENDED, note)
        })
    }
}

impl From<Vec<Suspension>> for Suspensions {
    fn from(suspensions: Vec<Suspension>) -> Self {
        Self(suspensions)
    }
}
