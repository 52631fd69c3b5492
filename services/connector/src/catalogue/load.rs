//! Loading: the built-in department files, then those of a folder, each proved, or every problem
//! at once.

use std::{collections::BTreeMap, path::Path};

use onething_declared::{Examined, File, Problem, Problems, files_of};
use onething_proto::Contracts;

use super::department::Department;
use crate::declaration::Declaration;

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
    (
        "commerce.toml",
        include_str!("../../departments/commerce.toml"),
    ),
    (
        "finance.toml",
        include_str!("../../departments/finance.toml"),
    ),
    ("court.toml", include_str!("../../departments/court.toml")),
    (
        "industry.toml",
        include_str!("../../departments/industry.toml"),
    ),
    (
        "insurance.toml",
        include_str!("../../departments/insurance.toml"),
    ),
    (
        "merchant.toml",
        include_str!("../../departments/merchant.toml"),
    ),
    (
        "product.toml",
        include_str!("../../departments/product.toml"),
    ),
    (
        "intellectual_property.toml",
        include_str!("../../departments/intellectual_property.toml"),
    ),
    (
        "reform_commission.toml",
        include_str!("../../departments/reform_commission.toml"),
    ),
    (
        "natural_resources.toml",
        include_str!("../../departments/natural_resources.toml"),
    ),
];

/// The departments behind the connector, by code.
#[derive(Debug)]
pub struct Catalogue {
    departments: BTreeMap<String, Department>,
    contracts: Contracts,
    notices: Vec<Problem>,
}

impl Catalogue {
    /// Loads the built-in departments and those of a folder's `*.toml` files. A file of the folder
    /// takes the place of a built-in one for the same service.
    ///
    /// # Errors
    /// Everything that is wrong with any of the files.
    pub fn load(folder: Option<&Path>) -> Result<Self, Problems> {
        let built_in: Vec<_> = BUILT_IN
            .iter()
            .map(|(name, text)| File {
                name: (*name).to_owned(),
                text: (*text).to_owned(),
            })
            .collect();
        let (files, mut problems) = match folder.map(files_of) {
            None => (Vec::new(), Vec::new()),
            Some(Ok(files)) => (files, Vec::new()),
            Some(Err(error)) => {
                let name = folder.map_or_else(String::new, |folder| folder.display().to_string());
                let message = format!("the folder cannot be read: {}", error.kind());
                (Vec::new(), vec![Problem::of_file(name, message)])
            }
        };
        let (contracts, wrong) = onething_declared::read(&files, Contracts::standard());
        // What stands on a wrong contract would only be told again.
        let sound = |file: &File| wrong.iter().all(|problem| problem.file != file.name);
        let files: Vec<_> = files.into_iter().filter(sound).collect();
        problems.extend(wrong);
        let mut notices = Vec::new();
        let mut found = Self::prove(&built_in, &contracts, &mut problems, &mut notices);
        found.extend(Self::prove(&files, &contracts, &mut problems, &mut notices));
        if problems.is_empty() {
            Ok(Self {
                departments: found,
                contracts,
                notices,
            })
        } else {
            problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
            Err(Problems(problems))
        }
    }

    /// Proves some files, which declare one department each.
    fn prove(
        files: &[File],
        contracts: &Contracts,
        problems: &mut Vec<Problem>,
        notices: &mut Vec<Problem>,
    ) -> BTreeMap<String, Department> {
        let mut found: BTreeMap<String, Department> = BTreeMap::new();
        for file in files {
            let mut examined = Examined::new(&file.name, &file.text);
            match toml::from_str::<Declaration>(&file.text) {
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
                Err(error) => examined.malformed(&error),
            }
            notices.extend(examined.take_notes());
            problems.extend(examined.into_problems());
        }
        found
    }

    /// What departments cannot promise with the systems that they have: where, and what follows.
    #[must_use]
    pub fn notices(&self) -> &[Problem] {
        &self.notices
    }

    pub(crate) fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.values()
    }

    pub(crate) fn department(&self, code: &str) -> Option<&Department> {
        self.departments.get(code)
    }

    /// The contracts of all departments, those that files declare among them.
    pub(crate) fn contracts(&self) -> &Contracts {
        &self.contracts
    }
}

#[cfg(test)]
mod tests;
