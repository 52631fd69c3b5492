//! The department's own settings.

use onething_runtime::{Problem, Settings};
use serde::Deserialize;

/// Nobody keeps a finding public for longer, in working days: an officer still has time to close it
/// before the `retirement` bundle's limit of twenty.
const LONGEST_PUBLICITY: u32 = 15;

/// The department's own sections.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocialSecuritySettings {
    /// `[archive]`
    pub archive: ArchiveSection,
}

/// `[archive]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveSection {
    /// For how many working days the finding of an archive's examination is public before a
    /// retirement is approved; 0: it may be closed at once.
    pub publicity_working_days: u32,
}

impl Settings for SocialSecuritySettings {
    fn problems(&self) -> Vec<Problem> {
        if self.archive.publicity_working_days <= LONGEST_PUBLICITY {
            return Vec::new();
        }
        let what = format!("is at most {LONGEST_PUBLICITY}");
        vec![Problem::new("archive.publicity_working_days", what)]
    }
}
