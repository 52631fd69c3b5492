//! Loading: the built-in department files, then those of a folder, each proved, or every problem
//! at once.

use std::{collections::BTreeMap, fs, io, path::Path};

use onething_proto::Contracts;

use super::department::Department;
use crate::{
    declaration::Declaration,
    problem::{Examined, Problem, Problems},
};

/// The departments that need no other file.
const BUILT_IN: &[(&str, &str)] = &[
    ("bank.toml", include_str!("../../departments/bank.toml")),
    ("health.toml", include_str!("../../departments/health.toml")),
    (
        "housing_fund.toml",
        include_str!("../../departments/housing_fund.toml"),
    ),
    ("post.toml", include_str!("../../departments/post.toml")),
    ("tax.toml", include_str!("../../departments/tax.toml")),
];

/// The departments behind the connector, by code.
#[derive(Debug)]
pub struct Catalogue {
    departments: BTreeMap<String, Department>,
}

impl Catalogue {
    /// Loads the built-in departments and those of a folder's `*.toml` files. A file of the folder
    /// takes the place of a built-in one for the same service.
    ///
    /// # Errors
    /// Everything that is wrong with any of the files.
    pub fn load(folder: Option<&Path>) -> Result<Self, Problems> {
        let contracts = Contracts::standard();
        let mut problems = Vec::new();
        let built_in = BUILT_IN
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let mut found = Self::prove(built_in, contracts, &mut problems);
        let files = folder.map_or_else(|| Ok(Vec::new()), files_of);
        match files {
            Ok(files) => {
                let own = Self::prove(files.into_iter(), contracts, &mut problems);
                for (code, department) in own {
                    found.insert(code, department);
                }
            }
            Err(error) => problems.push(Problem {
                file: folder.map_or_else(String::new, |folder| folder.display().to_string()),
                line: 1,
                place: String::new(),
                message: format!("the folder cannot be read: {}", error.kind()),
            }),
        }
        if problems.is_empty() {
            Ok(Self { departments: found })
        } else {
            Err(Problems(problems))
        }
    }

    /// Proves some files, which declare one department each.
    fn prove(
        files: impl Iterator<Item = (String, String)>,
        contracts: &Contracts,
        problems: &mut Vec<Problem>,
    ) -> BTreeMap<String, Department> {
        let mut found: BTreeMap<String, Department> = BTreeMap::new();
        for (name, text) in files {
            let mut examined = Examined::new(&name, &text);
            match toml::from_str::<Declaration>(&text) {
                Ok(declared) => {
                    let department = Department::check(&declared, contracts, &mut examined);
                    if let Some(department) = department {
                        if found.contains_key(&department.code) {
                            let message = "another file declares this department as well";
                            examined.report(declared.service.span(), "", message);
                        }
                        found.insert(department.code.clone(), department);
                    }
                }
                Err(error) => examined.report(
                    error.span().unwrap_or_default(),
                    "",
                    error.message().replace('\n', " "),
                ),
            }
            problems.extend(examined.into_problems());
        }
        found
    }

    pub(crate) fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.values()
    }

    pub(crate) fn department(&self, code: &str) -> Option<&Department> {
        self.departments.get(code)
    }
}

/// The `*.toml` files of a folder, by name.
fn files_of(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let name = path.file_name().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
