//! The connector's own settings: where department files come from besides the built-in ones.

use std::path::Path;

use onething_runtime::{Problem, Settings};
use serde::Deserialize;

use crate::Catalogue;

/// The connector's own settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorSettings {
    /// `[connector]`
    pub connector: ConnectorSection,
}

/// `[connector]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorSection {
    /// A folder whose `*.toml` files declare departments, beside the built-in ones or in place of
    /// those of the same service; empty: none.
    pub departments_dir: String,
}

impl ConnectorSection {
    /// The folder, if one is set.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        (!self.departments_dir.is_empty()).then(|| Path::new(&self.departments_dir))
    }
}

impl Settings for ConnectorSettings {
    fn problems(&self) -> Vec<Problem> {
        match Catalogue::load(self.connector.folder()) {
            Ok(_) => Vec::new(),
            Err(problems) => problems
                .0
                .iter()
                .map(|problem| Problem::new("connector.departments_dir", problem.to_string()))
                .collect(),
        }
    }
}
