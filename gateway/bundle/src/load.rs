//! Loads a bundle from a file or a text.

use std::path::Path;
use std::sync::Arc;

use onething_elements::Dictionary;
use onething_proto::Contracts;
use toml::de::DeTable;

use crate::check::build;
use crate::diagnostic::{Code, Diagnostic, Mistakes, SourceFile};
use crate::model::{Bundle, Region};
use crate::syntax::{parse, read, variants};

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
    if let Some(tables) = parse(text, &mut mistakes) {
        let loader = Loader {
            contracts,
            dictionary,
            source,
        };
        let variants = variants(&tables, &mut mistakes);
        let bundle = loader.bundle(&tables, None, &mut mistakes);
        let mut regional = Vec::new();
        for variant in &variants {
            let mut own = Mistakes::default();
            let built = loader.bundle(&variant.tables, Some(&variant.region), &mut own);
            regional.extend(built.map(Arc::new));
            mistakes.add_regional(own, &variant.region);
        }
        if let Some(mut bundle) = bundle
            && mistakes.is_empty()
        {
            text.clone_into(&mut bundle.text);
            bundle.variants = regional;
            return Ok(bundle);
        }
    }
    Err(mistakes.into_diagnostics(&source))
}

/// What the tables of a bundle are read and checked with.
struct Loader<'a> {
    contracts: &'a Contracts,
    dictionary: &'a Dictionary,
    source: SourceFile<'a>,
}

impl Loader<'_> {
    /// The bundle that the tables say; `None` after a mistake.
    fn bundle(
        &self,
        tables: &DeTable<'_>,
        region: Option<&Region>,
        mistakes: &mut Mistakes,
    ) -> Option<Bundle> {
        let document = read(tables, region, mistakes);
        if !mistakes.is_empty() {
            return None;
        }
        let (contracts, dictionary) = (self.contracts, self.dictionary);
        build(&document, contracts, dictionary, &self.source, mistakes)
    }
}
