//! The bundles on offer: those that are built in, and those of a folder over them, read anew when a
//! file changes. A broken file is told with its diagnostics, and what it said before stays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use onething_bundle::{Bundle, Catalogue, Diagnostic, load_str};
use onething_db::Db;
use onething_elements::Dictionary;
use onething_proto::Contracts;
use tokio_util::sync::CancellationToken;

use crate::departments::BundlePlans;
use crate::versions;

/// How often the folder is looked at, and the versions that other gateways offered.
const LOOK: Duration = Duration::from_secs(1);

/// The built-in bundles and a folder's.
pub(crate) struct Shelf {
    contracts: Contracts,
    built_in: Catalogue,
    folder: Option<PathBuf>,
    /// What stood in each file when it was last read.
    texts: BTreeMap<PathBuf, Option<String>>,
    /// The last good bundle of each file.
    held: BTreeMap<PathBuf, Bundle>,
}

impl Shelf {
    /// Reads everything for the first time.
    ///
    /// # Errors
    /// Every mistake in every file: nothing starts with less than was meant.
    pub(crate) fn open(
        folder: Option<PathBuf>,
        contracts: Contracts,
    ) -> Result<Self, Vec<Diagnostic>> {
        let dictionary = Dictionary::standard();
        if let Some(folder) = &folder {
            Catalogue::load_dir(folder, &contracts, dictionary)?;
        }
        let mut shelf = Self {
            built_in: Catalogue::embedded(&contracts, dictionary)?,
            contracts,
            folder,
            texts: BTreeMap::new(),
            held: BTreeMap::new(),
        };
        match shelf.look() {
            Some(mistakes) if !mistakes.is_empty() => Err(mistakes),
            _ => Ok(shelf),
        }
    }

    /// What is on offer: the folder's bundles win over the built-in ones.
    pub(crate) fn offered(&self) -> Catalogue {
        let held = self.held.values().cloned().collect();
        self.built_in.clone().overlaid(held)
    }

    /// Reads the files that are new or changed. `None`: nothing has changed; else what is wrong.
    fn look(&mut self) -> Option<Vec<Diagnostic>> {
        let texts = texts(self.folder.as_deref()?)?;
        if texts == self.texts {
            return None;
        }
        self.held.retain(|path, _| texts.contains_key(path));
        let mut mistakes = Vec::new();
        for (path, text) in &texts {
            if self.texts.get(path) == Some(text) {
                continue;
            }
            // A file that cannot be read now is read when it can be.
            let Some(text) = text else { continue };
            let name = path.display().to_string();
            match load_str(&name, text, &self.contracts, Dictionary::standard()) {
                Ok(bundle) => {
                    let same =
                        |(other, held): (&PathBuf, &Bundle)| other != path && held.id == bundle.id;
                    if self.held.iter().any(same) {
                        mistakes.push(Catalogue::duplicate(&name, &bundle.id));
                    } else {
                        self.held.insert(path.clone(), bundle);
                    }
                }
                Err(found) => mistakes.extend(found),
            }
        }
        self.texts = texts;
        Some(mistakes)
    }

    /// Looks at the folder until `stop`, and puts what is new on offer.
    pub(crate) async fn watch(mut self, db: Db, plans: Arc<BundlePlans>, stop: CancellationToken) {
        let mut tried = BTreeSet::new();
        let mut settled = true;
        while stop
            .run_until_cancelled(tokio::time::sleep(LOOK))
            .await
            .is_some()
        {
            if let Some(mistakes) = self.look() {
                settled = false;
                for mistake in mistakes {
                    let (code, file) = (mistake.code.as_str(), &mistake.file);
                    tracing::error!(code, file, "a bundle file is not taken up:\n{mistake}");
                }
            }
            if !settled {
                settled = offer(&db, &plans, &self.offered()).await;
            }
            let known = |id: &str, version| plans.knows(id, version);
            match versions::others(&db, &self.contracts, &mut tried, known).await {
                Ok(others) if others.is_empty() => {}
                Ok(others) => plans.remember(others),
                Err(error) => tracing::warn!(%error, "versions of other gateways are not read"),
            }
        }
    }
}

/// Puts bundles on offer whose texts are kept; whether it needs no further try.
async fn offer(db: &Db, plans: &BundlePlans, offered: &Catalogue) -> bool {
    let mut admitted = Vec::new();
    for bundle in offered.iter() {
        let now = plans.bundle(&bundle.id);
        match versions::keep(db, bundle).await {
            Ok(()) => admitted.push(bundle.clone()),
            Err(versions::VersionError::Database(error)) => {
                tracing::warn!(%error, "bundles cannot be put on offer now, trying on");
                return false;
            }
            // What was on offer stays so.
            Err(error) => {
                tracing::error!(%error, "a bundle file is not taken up");
                admitted.extend(now.as_deref().cloned());
            }
        }
        let before = now.map(|bundle| bundle.version);
        if before != Some(bundle.version) {
            let (id, version) = (&bundle.id, bundle.version);
            tracing::info!(bundle = id, version, before, "a bundle is read anew");
        }
    }
    for error in plans.offer(&admitted) {
        tracing::error!(%error, "a bundle file is not taken up");
    }
    true
}

/// The texts of a folder's bundle files; `None` while the folder cannot be read.
fn texts(folder: &Path) -> Option<BTreeMap<PathBuf, Option<String>>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::warn!(%error, "the folder of bundles cannot be read");
            return None;
        }
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = paths.filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let texts = files.map(|path| {
        let text = std::fs::read_to_string(&path).ok();
        (path, text)
    });
    Some(texts.collect())
}

#[cfg(test)]
mod tests {
    use onething_db::testing::databases;

    use super::*;
    use crate::versions::MIGRATIONS;

    /// A bundle of the catalogue under another id.
    fn text(version: u32) -> String {
        let contracts = Contracts::standard();
        let built_in = Catalogue::embedded(contracts, Dictionary::standard()).unwrap();
        let text = &built_in.get("newborn").unwrap().text;
        let text = text.replacen("id = \"newborn\"", "id = \"twins\"", 1);
        text.replacen("\nversion = 1", &format!("\nversion = {version}"), 1)
    }

    #[tokio::test]
    async fn a_file_is_taken_up_replaced_and_withdrawn_and_a_broken_one_changes_nothing() {
        for test in databases(&[MIGRATIONS]).await {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("twins.toml");
            let open = Shelf::open(
                Some(folder.path().to_owned()),
                Contracts::standard().clone(),
            );
            let mut shelf = open.unwrap();
            let plans = BundlePlans::new(shelf.offered(), Vec::new(), LOOK).unwrap();
            let version = |plans: &BundlePlans| plans.bundle("twins").map(|b| b.version);
            assert_eq!(shelf.look(), None, "nothing has changed");
            assert_eq!(version(&plans), None);

            std::fs::write(&file, text(1)).unwrap();
            assert_eq!(shelf.look(), Some(Vec::new()));
            assert!(offer(&test.db, &plans, &shelf.offered()).await);
            assert_eq!(version(&plans), Some(1));

            std::fs::write(&file, text(2).replace("after =", "aftr =")).unwrap();
            let mistakes = shelf.look().unwrap();
            assert_eq!(mistakes[0].code.as_str(), "B002");
            assert!(offer(&test.db, &plans, &shelf.offered()).await);
            assert_eq!(version(&plans), Some(1), "what was good stays");

            // The same version with another text: cases follow the first.
            let other = text(1).replace("A newborn", "Two newborns");
            std::fs::write(&file, other).unwrap();
            assert_eq!(shelf.look(), Some(Vec::new()));
            assert!(offer(&test.db, &plans, &shelf.offered()).await);
            assert_eq!(plans.bundle("twins").unwrap().title.en, "A newborn");

            std::fs::write(&file, text(2)).unwrap();
            assert_eq!(shelf.look(), Some(Vec::new()));
            assert!(offer(&test.db, &plans, &shelf.offered()).await);
            assert_eq!(version(&plans), Some(2));
            assert!(plans.knows("twins", 1), "its cases go on");

            std::fs::write(folder.path().join("again.toml"), text(3)).unwrap();
            let mistakes = shelf.look().unwrap();
            assert_eq!(mistakes[0].code.as_str(), "B038");
            std::fs::remove_file(folder.path().join("again.toml")).unwrap();
            std::fs::remove_file(&file).unwrap();
            assert_eq!(shelf.look(), Some(Vec::new()));
            assert!(offer(&test.db, &plans, &shelf.offered()).await);
            assert_eq!(version(&plans), None);
            assert!(plans.knows("twins", 2) && plans.bundle("newborn").is_some());

            // Another gateway on the same database learns what this one offered.
            let contracts = Contracts::standard();
            let mut tried = BTreeSet::new();
            let known = |id: &str, version| (id, version) == ("twins", 1);
            let others = versions::others(&test.db, contracts, &mut tried, known)
                .await
                .unwrap();
            assert!(others.iter().any(|b| b.id == "twins" && b.version == 2));
            assert!(!others.iter().any(|b| b.id == "twins" && b.version == 1));
        }
    }

    #[test]
    fn a_folder_with_a_mistake_does_not_start() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.toml"), "id = ").unwrap();
        let opened = Shelf::open(
            Some(folder.path().to_owned()),
            Contracts::standard().clone(),
        );
        assert_eq!(opened.err().unwrap()[0].code.as_str(), "B001");
    }
}
