//! What can be wrong with one of the department's data tables. It knows none of them.

/// A data table that means nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    /// It is no such table.
    #[error("the table of {table}")]
    Toml {
        table: &'static str,
        #[source]
        source: toml::de::Error,
    },
    /// An entry means nothing, or one is missing.
    #[error("the table of {table}: {entry}: {problem}")]
    Entry {
        table: &'static str,
        entry: String,
        problem: &'static str,
    },
}

/// Reads a table out of its text.
///
/// # Errors
/// [`TableError::Toml`].
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    table: &'static str,
    text: &str,
) -> Result<T, TableError> {
    toml::from_str(text).map_err(|source| TableError::Toml { table, source })
}
