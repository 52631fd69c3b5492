//! The versions of bundles that were ever offered here, kept word for word, so that a running case
//! keeps the one it started with and an ended one can still be read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use onething_bundle::{Bundle, Catalogue, load_str};
use onething_db::{Db, Migrations, Sql, args, sqlx};
use onething_elements::Dictionary;
use onething_proto::Contracts;

/// The table of versions, beside the journal's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "gateway",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

const KEEP: Sql = Sql::both(
    "INSERT INTO bundle_version (id, version, text, offered_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (id, version) DO NOTHING",
);
const NAMES: Sql = Sql::both("SELECT id, version FROM bundle_version");
const ONE: Sql = Sql::both("SELECT text FROM bundle_version WHERE id = $1 AND version = $2");
const ALL: Sql = Sql::both("SELECT id, version, text FROM bundle_version ORDER BY id, version");

/// Why the offered bundles cannot be settled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VersionError {
    /// A version was offered before with another text.
    #[error(
        "bundle {id} version {version} was offered before with another text: cases follow that one. \
         Give the changed bundle a higher version."
    )]
    Changed {
        /// The bundle.
        id: String,
        /// Its version.
        version: u32,
    },
    /// The database refused or did not answer.
    #[error("the versions of bundles cannot be kept")]
    Database(#[from] onething_db::Error),
}

/// Keeps the offered bundles and returns the earlier versions that cases may still follow.
///
/// # Errors
/// When an offered version differs from the one that was kept, or the database fails.
pub(crate) async fn settle(
    db: &Db,
    offered: &Catalogue,
    contracts: &Contracts,
) -> Result<Vec<Bundle>, VersionError> {
    let mut tx = db.begin().await?;
    let now = Timestamp::now().as_microsecond();
    for bundle in offered.iter() {
        tx.execute(KEEP, args![&bundle.id, bundle.version, &bundle.text, now])
            .await?;
    }
    let kept: Vec<(String, i64, String)> = tx.fetch_all(ALL, args![]).await?;
    let mut earlier = Vec::new();
    for (id, version, text) in kept {
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        match offered.get(&id).filter(|bundle| bundle.version == version) {
            Some(bundle) if bundle.text != text => {
                return Err(VersionError::Changed { id, version });
            }
            Some(_) => {}
            None => earlier.extend(load(&id, version, &text, contracts)),
        }
    }
    tx.commit().await?;
    Ok(earlier)
}

/// Keeps a bundle that is to be put on offer.
///
/// # Errors
/// When it differs from what was kept under its id and version, or the database fails.
pub(crate) async fn keep(db: &Db, bundle: &Bundle) -> Result<(), VersionError> {
    let (id, version) = (&bundle.id, bundle.version);
    let mut tx = db.begin().await?;
    let now = Timestamp::now().as_microsecond();
    tx.execute(KEEP, args![id, version, &bundle.text, now])
        .await?;
    let kept: Vec<(String,)> = tx.fetch_all(ONE, args![id, version]).await?;
    tx.commit().await?;
    if kept.iter().all(|(text,)| *text == bundle.text) {
        return Ok(());
    }
    let id = id.clone();
    Err(VersionError::Changed { id, version })
}

/// The versions that are kept and not known here: gateways on one journal offer what each has, and
/// take over each other's cases. What was `tried` is not loaded again.
///
/// # Errors
/// When the database fails.
pub(crate) async fn others(
    db: &Db,
    contracts: &Contracts,
    tried: &mut BTreeSet<(String, u32)>,
    known: impl Fn(&str, u32) -> bool,
) -> Result<Vec<Bundle>, VersionError> {
    let kept: Vec<(String, i64)> = db.fetch_all(NAMES, args![]).await?;
    let mut others = Vec::new();
    for (id, number) in kept {
        let version = u32::try_from(number).unwrap_or(u32::MAX);
        if known(&id, version) || !tried.insert((id.clone(), version)) {
            continue;
        }
        let texts: Vec<(String,)> = db.fetch_all(ONE, args![&id, version]).await?;
        let texts = texts.iter();
        others.extend(texts.filter_map(|(text,)| load(&id, version, text, contracts)));
    }
    Ok(others)
}

/// An earlier version. One that today's contracts no longer carry is told to operators; its cases
/// are set aside, each for itself.
fn load(id: &str, version: u32, text: &str, contracts: &Contracts) -> Option<Bundle> {
    let name = format!("{id}@{version}");
    match load_str(&name, text, contracts, Dictionary::standard()) {
        Ok(bundle) => Some(bundle),
        Err(diagnostics) => {
            let first = diagnostics
                .first()
                .map(ToString::to_string)
                .unwrap_or_default();
            tracing::error!(
                bundle = id,
                version,
                reason = first,
                "an earlier bundle does not load"
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use onething_db::{testing::databases, verify_statements};

    use super::*;

    /// The built-in bundles, with one text changed.
    fn offered(from: &str, to: &str) -> (tempfile::TempDir, Catalogue) {
        let folder = tempfile::tempdir().unwrap();
        let built_in = Catalogue::embedded(Contracts::standard(), Dictionary::standard()).unwrap();
        for bundle in built_in.iter() {
            let text = bundle.text.replacen(from, to, 1);
            std::fs::write(folder.path().join(format!("{}.toml", bundle.id)), text).unwrap();
        }
        let (contracts, dictionary) = (Contracts::standard(), Dictionary::standard());
        let catalogue = Catalogue::load_dir(folder.path(), contracts, dictionary).unwrap();
        (folder, catalogue)
    }

    #[tokio::test]
    async fn a_newer_version_leaves_the_earlier_one_to_its_cases() {
        for test in databases(&[MIGRATIONS]).await {
            let (_first, first) = offered("version = 1", "version = 1");
            assert!(
                settle(&test.db, &first, Contracts::standard())
                    .await
                    .unwrap()
                    .is_empty()
            );
            assert!(
                settle(&test.db, &first, Contracts::standard())
                    .await
                    .unwrap()
                    .is_empty()
            );
            let (_second, second) = offered("version = 1", "version = 2");
            let earlier = settle(&test.db, &second, Contracts::standard())
                .await
                .unwrap();
            let earlier: Vec<_> = earlier.iter().map(|b| (b.id.as_str(), b.version)).collect();
            let every: Vec<_> = first.iter().map(|b| (b.id.as_str(), 1)).collect();
            assert!(every.len() > 1);
            assert_eq!(earlier, every);
        }
    }

    #[tokio::test]
    async fn a_changed_text_under_the_same_version_is_refused() {
        for test in databases(&[MIGRATIONS]).await {
            let (_first, first) = offered("version = 1", "version = 1");
            settle(&test.db, &first, Contracts::standard())
                .await
                .unwrap();
            let (_changed, changed) = offered("en = \"A newborn\"", "en = \"A birth\"");
            let error = settle(&test.db, &changed, Contracts::standard())
                .await
                .unwrap_err();
            assert!(
                matches!(error, VersionError::Changed { version: 1, .. }),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn every_statement_is_well_formed_on_both_databases() {
        for test in databases(&[MIGRATIONS]).await {
            let problems = verify_statements(&test.db, &[KEEP, NAMES, ONE, ALL]).await;
            assert!(problems.is_empty(), "{problems:#?}");
        }
    }
}
