//! Reads the contracts of department files into the descriptors that are known already.

use std::{fs, io, path::Path};

use onething_proto::Contracts;
use prost::Message;

use crate::{
    check,
    declaration::Declaration,
    problem::{Examined, Problem, Problems},
};

/// A department file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// The `*.toml` files of a folder, by name.
///
/// # Errors
/// When the folder or one of its files cannot be read.
pub fn files_of(folder: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let name = path.file_name().unwrap_or_default();
            files.push(File {
                name: name.to_string_lossy().into_owned(),
                text: fs::read_to_string(&path)?,
            });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The standard contracts, and those that a folder's department files declare.
///
/// # Errors
/// Everything that is wrong with the contracts in the files.
pub fn contracts(folder: Option<&Path>) -> Result<Contracts, Problems> {
    let files = match folder.map(files_of) {
        None => Vec::new(),
        Some(Ok(files)) => files,
        Some(Err(error)) => return Err(Problems(vec![unreadable(folder, &error)])),
    };
    let (contracts, problems) = read(&files, Contracts::standard());
    if problems.is_empty() {
        Ok(contracts)
    } else {
        Err(Problems(problems))
    }
}

/// That a folder cannot be read.
pub(crate) fn unreadable(folder: Option<&Path>, error: &io::Error) -> Problem {
    let name = folder.map_or_else(String::new, |folder| folder.display().to_string());
    Problem::of_file(name, format!("the folder cannot be read: {}", error.kind()))
}

/// Adds the contracts that files declare to those that are known, with everything that is wrong with
/// them. A file without a `[contract]` declares none.
#[must_use]
pub fn read(files: &[File], known: &Contracts) -> (Contracts, Vec<Problem>) {
    let mut contracts = known.clone();
    let mut problems = Vec::new();
    for file in files {
        let mut examined = Examined::new(&file.name, &file.text);
        match toml::from_str::<Declaration>(&file.text) {
            Ok(declared) => {
                if let Some(found) = check::contract(&declared, &contracts, &mut examined)
                    && examined.is_clean()
                {
                    match contracts.with_file(&found.encode_to_vec()) {
                        Ok(more) => contracts = more,
                        // Every name and number was checked: this is for what nobody thought of.
                        Err(error) => examined.report(
                            declared.service.map_or(0..0, |service| service.span()),
                            "contract",
                            format!("it makes no descriptors: {error}"),
                        ),
                    }
                }
            }
            Err(error) => examined.malformed(&error),
        }
        problems.extend(examined.into_problems());
    }
    (contracts, problems)
}

#[cfg(test)]
mod tests;
