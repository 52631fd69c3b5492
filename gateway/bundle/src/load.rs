//! Loads a bundle from a file or a text.

use std::path::Path;

use onething_elements::Dictionary;
use onething_proto::Contracts;

use crate::check::build;
use crate::diagnostic::{Code, Diagnostic, Mistakes, SourceFile};
use crate::model::Bundle;
use crate::syntax::read;

/// Loads a bundle from a file.
///
/// # Errors
/// Every mistake that could be judged, in the order of the file. Nothing loads half.
pub fn load_file(
    path: &Path,
    contracts: &Contracts,
    dictionary: &Dictionary,
) -> Result<Bundle, Vec<Diagnostic>> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => load_str(&name, &text, contracts, dictionary),
        Err(error) => Err(vec![Diagnostic::of_file(
            Code::Unreadable,
            &name,
            &format!("the file cannot be read: {error}"),
            "name a TOML file in UTF-8 that this program may read",
        )]),
    }
}

/// Loads a bundle from a text; `name` stands in its diagnostics.
///
/// # Errors
/// Every mistake that could be judged, in the order of the file. Nothing loads half.
pub fn load_str(
    name: &str,
    text: &str,
    contracts: &Contracts,
    dictionary: &Dictionary,
) -> Result<Bundle, Vec<Diagnostic>> {
    let source = SourceFile::new(name, text);
    let mut mistakes = Mistakes::default();
    let document = read(text, &mut mistakes);
    if let Some(document) = document
        && mistakes.is_empty()
        && let Some(mut bundle) = build(&document, contracts, dictionary, &source, &mut mistakes)
        && mistakes.is_empty()
    {
        text.clone_into(&mut bundle.text);
        return Ok(bundle);
    }
    Err(mistakes.into_diagnostics(&source))
}
