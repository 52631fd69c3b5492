//! `onething bundle check`: whether bundle files are right, in every region.

use std::path::{Path, PathBuf};

use clap::Args;
use onething_bundle::{Bundle, Catalogue, Diagnostic, load_file};
use onething_elements::Dictionary;
use onething_proto::Contracts;

use crate::outcome::Outcome;

/// `onething bundle check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Bundle files, or folders of them; without any, the built-in bundles.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A folder with department files (*.toml) whose calls the bundles may use.
    #[arg(long, value_name = "DIR")]
    pub(crate) departments: Option<PathBuf>,
}

/// Checks each file by itself, and that no two have one id. Exit code 1 after a mistake.
pub(super) fn run(arguments: &Check) -> anyhow::Result<Outcome> {
    let contracts = match &arguments.departments {
        Some(folder) => &onething_declared::contracts(Some(folder))?,
        None => Contracts::standard(),
    };
    let (good, mistakes) = if arguments.files.is_empty() {
        match Catalogue::embedded(contracts, Dictionary::standard()) {
            Ok(catalogue) => (catalogue.into_bundles().collect(), Vec::new()),
            Err(mistakes) => (Vec::new(), mistakes),
        }
    } else {
        files(&arguments.files, contracts)
    };
    for mistake in &mistakes {
        anstream::println!("{mistake}\n");
    }
    for bundle in &good {
        anstream::println!("{}", told(bundle));
    }
    if mistakes.is_empty() {
        return Ok(Outcome::Done);
    }
    let count = match mistakes.len() {
        1 => "1 mistake".to_owned(),
        count => format!("{count} mistakes"),
    };
    anstream::println!("{count}; docs/bundles/diagnostics.md explains each code");
    Ok(Outcome::Unfinished)
}

fn files(named: &[PathBuf], contracts: &Contracts) -> (Vec<Bundle>, Vec<Diagnostic>) {
    let mut good: Vec<Bundle> = Vec::new();
    let mut mistakes = Vec::new();
    for path in named.iter().flat_map(|path| within(path)) {
        match load_file(&path, contracts, Dictionary::standard()) {
            Ok(bundle) if good.iter().any(|known| known.id == bundle.id) => {
                let name = path.display().to_string();
                mistakes.push(Catalogue::duplicate(&name, &bundle.id));
            }
            Ok(bundle) => good.push(bundle),
            Err(found) => mistakes.extend(found),
        }
    }
    (good, mistakes)
}

/// The bundle files of a folder, in order; the path itself when it is none.
fn within(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else {
        return vec![path.to_owned()];
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = paths.filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

/// One line about a bundle that is right.
fn told(bundle: &Bundle) -> String {
    let regions = bundle.variants.iter();
    let regions = regions.filter_map(|variant| Some(variant.region.as_ref()?.to_string()));
    let regions: Vec<_> = regions.collect();
    let everywhere = if regions.is_empty() {
        "the same everywhere".to_owned()
    } else {
        format!("also in {}", regions.join(", "))
    };
    format!(
        "{} version {} is right: {} steps, {} fields asked; {everywhere}",
        bundle.id,
        bundle.version,
        bundle.steps.len(),
        bundle.form.len()
    )
}

/// Prints the JSON Schema of bundle files.
pub(super) fn schema() -> anyhow::Result<Outcome> {
    let schema = serde_json::to_string_pretty(&onething_bundle::json_schema())?;
    anstream::println!("{schema}");
    Ok(Outcome::Done)
}
