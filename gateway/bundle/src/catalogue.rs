//! The catalogue: all bundles that a gateway offers, by id.

use std::collections::BTreeMap;
use std::path::Path;

use onething_elements::Dictionary;
use onething_proto::Contracts;

use crate::diagnostic::{Code, Diagnostic};
use crate::load::{load_file, load_str};
use crate::model::Bundle;

/// The bundles that come with the program: name and text of each file.
const EMBEDDED: &[(&str, &str)] = &[
    (
        "gateway/bundles/appliance-subsidy.toml",
        include_str!("../../bundles/appliance-subsidy.toml"),
    ),
    (
        "gateway/bundles/car-trade-in-subsidy.toml",
        include_str!("../../bundles/car-trade-in-subsidy.toml"),
    ),
    (
        "gateway/bundles/credit-repair.toml",
        include_str!("../../bundles/credit-repair.toml"),
    ),
    (
        "gateway/bundles/enterprise-info-change.toml",
        include_str!("../../bundles/enterprise-info-change.toml"),
    ),
    (
        "gateway/bundles/enterprise-relocation.toml",
        include_str!("../../bundles/enterprise-relocation.toml"),
    ),
    (
        "gateway/bundles/individual-to-enterprise.toml",
        include_str!("../../bundles/individual-to-enterprise.toml"),
    ),
    (
        "gateway/bundles/new-vehicle-registration.toml",
        include_str!("../../bundles/new-vehicle-registration.toml"),
    ),
    (
        "gateway/bundles/newborn.toml",
        include_str!("../../bundles/newborn.toml"),
    ),
    (
        "gateway/bundles/school-enrollment.toml",
        include_str!("../../bundles/school-enrollment.toml"),
    ),
    (
        "gateway/bundles/retirement.toml",
        include_str!("../../bundles/retirement.toml"),
    ),
    (
        "gateway/bundles/marriage-hukou.toml",
        include_str!("../../bundles/marriage-hukou.toml"),
    ),
];

/// Bundles by id.
#[derive(Debug, Clone, Default)]
pub struct Catalogue(BTreeMap<String, Bundle>);

impl Catalogue {
    /// The bundles that come with the program, checked against contracts and dictionary.
    ///
    /// # Errors
    /// Every mistake in every file. With the standard contracts and dictionary of the same build
    /// there is none.
    pub fn embedded(
        contracts: &Contracts,
        dictionary: &Dictionary,
    ) -> Result<Self, Vec<Diagnostic>> {
        let files = EMBEDDED.iter().map(|(name, text)| {
            let loaded = load_str(name, text, contracts, dictionary);
            ((*name).to_owned(), loaded)
        });
        Self::collect(files)
    }

    /// The bundles in the files `*.toml` of a directory.
    ///
    /// # Errors
    /// Every mistake in every file, two files with one id, or a directory that cannot be read.
    pub fn load_dir(
        path: &Path,
        contracts: &Contracts,
        dictionary: &Dictionary,
    ) -> Result<Self, Vec<Diagnostic>> {
        let unreadable = |error: std::io::Error| {
            vec![Diagnostic::of_file(
                Code::Unreadable,
                &path.display().to_string(),
                &format!("the directory cannot be read: {error}"),
                "name a directory with files `*.toml` that this program may read",
            )]
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                paths.push(path);
            }
        }
        paths.sort();
        let files = paths.iter().map(|path| {
            let loaded = load_file(path, contracts, dictionary);
            (path.display().to_string(), loaded)
        });
        Self::collect(files)
    }

    fn collect(
        files: impl Iterator<Item = (String, Result<Bundle, Vec<Diagnostic>>)>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut bundles = BTreeMap::new();
        let mut diagnostics = Vec::new();
        for (name, loaded) in files {
            match loaded {
                Ok(bundle) if bundles.contains_key(&bundle.id) => {
                    diagnostics.push(Self::duplicate(&name, &bundle.id));
                }
                Ok(bundle) => {
                    bundles.insert(bundle.id.clone(), bundle);
                }
                Err(mistakes) => diagnostics.extend(mistakes),
            }
        }
        if diagnostics.is_empty() {
            Ok(Self(bundles))
        } else {
            Err(diagnostics)
        }
    }

    /// The mistake of a file whose bundle another file has as well.
    #[must_use]
    pub fn duplicate(file: &str, id: &str) -> Diagnostic {
        let message = format!("another file has a bundle `{id}`");
        let help = "give one of them another id";
        Diagnostic::of_file(Code::DuplicateBundle, file, &message, help)
    }

    /// These bundles and those of another catalogue, which wins where both have an id.
    #[must_use]
    pub fn overlaid(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The bundle with an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Bundle> {
        self.0.get(id)
    }

    /// Every bundle, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Bundle> {
        self.0.values()
    }

    /// Every bundle, by id, to keep.
    pub fn into_bundles(self) -> impl Iterator<Item = Bundle> {
        self.0.into_values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Bundle> for Catalogue {
    /// Of two bundles with one id, the later one.
    fn from_iter<I: IntoIterator<Item = Bundle>>(bundles: I) -> Self {
        let bundles = bundles.into_iter();
        Self(bundles.map(|bundle| (bundle.id.clone(), bundle)).collect())
    }
}
