//! The versions of bundles that were ever offered here, kept word for word, so that a running case
//! keeps the one it started with and an ended one can still be read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use onething_bundle::{Bundle, Catalogue, load_str};
use onething_db::{Db, Migrations, Sql, Tx, args, sqlx};
use onething_elements::Dictionary;
use onething_proto::Contracts;

/// The table of versions, beside the journal's.
pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "gateway",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

const KEEP: Sql = Sql::both(
    "INSERT INTO bundle_version (id, version, text, offered_at, plan) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (id, version) DO NOTHING",
);
/// What was kept before plans were is planned as it is now: nothing better is known.
const PLANNED: Sql = Sql::both(
    "UPDATE bundle_version SET plan = $3 WHERE id = $1 AND version = $2 AND plan IS NULL",
);
const NAMES: Sql = Sql::both("SELECT id, version FROM bundle_version");
const ONE: Sql = Sql::both("SELECT text, plan FROM bundle_version WHERE id = $1 AND version = $2");
const ALL: Sql =
    Sql::both("SELECT id, version, text, plan FROM bundle_version ORDER BY id, version");

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
    /// The text is as before, and its steps are not: what departments offer has changed.
    #[error(
        "bundle {id} version {version} was offered before with other steps, for what departments offer \
         has changed since: cases follow those steps. Give the bundle a higher version. \
         Then: {kept}. Now: {planned}."
    )]
    Replanned {
        /// The bundle.
        id: String,
        /// Its version.
        version: u32,
        /// The steps that were kept.
        kept: String,
        /// The steps as they come out today.
        planned: String,
    },
    /// The database refused or did not answer.
    #[error("the versions of bundles cannot be kept")]
    Database(#[from] onething_db::Error),
}

/// Keeps the offered bundles and returns the earlier versions that cases may still follow.
///
/// # Errors
/// When an offered version differs from the one that was kept, in its text or in the steps that come
/// out of it, or the database fails.
pub(crate) async fn settle(
    db: &Db,
    offered: &Catalogue,
    contracts: &Contracts,
) -> Result<Vec<Bundle>, VersionError> {
    let mut tx = db.begin().await?;
    let now = Timestamp::now().as_microsecond();
    for bundle in offered.iter() {
        write(&mut tx, bundle, now).await?;
    }
    let kept: Vec<(String, i64, String, Option<String>)> = tx.fetch_all(ALL, args![]).await?;
    let mut earlier = Vec::new();
    for (id, version, text, plan) in kept {
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        let kept = Kept { text, plan };
        match offered.get(&id).filter(|bundle| bundle.version == version) {
            Some(bundle) => kept.compare(bundle)?,
            None => earlier.extend(load(&id, version, &kept, contracts)),
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
    write(&mut tx, bundle, now).await?;
    let kept: Vec<(String, Option<String>)> = tx.fetch_all(ONE, args![id, version]).await?;
    tx.commit().await?;
    kept.into_iter()
        .try_for_each(|(text, plan)| Kept { text, plan }.compare(bundle))
}

async fn write(tx: &mut Tx, bundle: &Bundle, now: i64) -> Result<(), VersionError> {
    let (id, version, plan) = (&bundle.id, bundle.version, plan(bundle));
    tx.execute(KEEP, args![id, version, &bundle.text, now, &plan])
        .await?;
    tx.execute(PLANNED, args![id, version, &plan]).await?;
    Ok(())
}

/// A version as it was kept.
struct Kept {
    text: String,
    /// Missing for what was kept before plans were.
    plan: Option<String>,
}

impl Kept {
    /// That a bundle is the one that was kept.
    fn compare(&self, bundle: &Bundle) -> Result<(), VersionError> {
        let (id, version) = (bundle.id.clone(), bundle.version);
        if self.text != bundle.text {
            return Err(VersionError::Changed { id, version });
        }
        let planned = plan(bundle);
        match &self.plan {
            Some(kept) if *kept != planned => Err(VersionError::Replanned {
                id,
                version,
                kept: kept.clone(),
                planned,
            }),
            _ => Ok(()),
        }
    }
}

/// The steps and segments of a bundle and of its regions' overlays, in the order in which journals number
/// them. Besides the text they depend on what departments offer: the planner adds shared items.
fn plan(bundle: &Bundle) -> String {
    let whole = std::iter::once(bundle);
    let all = whole.chain(bundle.variants.iter().map(AsRef::as_ref));
    let lines = all.map(|bundle| {
        let steps: Vec<_> = bundle.steps.iter().map(|step| step.id.as_str()).collect();
        let segments: Vec<_> = bundle.segments.iter().map(|s| s.id.as_str()).collect();
        let (key, steps, segments) = (bundle.key(), steps.join(" "), segments.join(" "));
        format!("{key}: {steps} / {segments}")
    });
    lines.collect::<Vec<_>>().join("; ")
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
        let kept: Vec<(String, Option<String>)> = db.fetch_all(ONE, args![&id, version]).await?;
        others.extend(
            kept.into_iter()
                .filter_map(|(text, plan)| load(&id, version, &Kept { text, plan }, contracts)),
        );
    }
    Ok(others)
}

/// An earlier version. One that today's contracts no longer carry, or give other steps, is told to
/// operators; its cases are set aside, each for itself.
fn load(id: &str, version: u32, kept: &Kept, contracts: &Contracts) -> Option<Bundle> {
    let name = format!("{id}@{version}");
    match load_str(&name, &kept.text, contracts, Dictionary::standard()) {
        Ok(bundle) => match kept.compare(&bundle) {
            Ok(()) => Some(bundle),
            Err(error) => {
                tracing::error!(bundle = id, version, %error, "an earlier bundle has other steps now");
                None
            }
        },
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
            let (_second, second) = offered("\nversion = ", "\nversion = 1");
            let earlier = settle(&test.db, &second, Contracts::standard())
                .await
                .unwrap();
            let earlier: Vec<_> = earlier.iter().map(|b| (b.id.as_str(), b.version)).collect();
            let every: Vec<_> = first.iter().map(|b| (b.id.as_str(), b.version)).collect();
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

    async fn change(db: &Db, sql: Sql, args: onething_db::Args) {
        let mut tx = db.begin().await.unwrap();
        tx.execute(sql, args).await.unwrap();
        tx.commit().await.unwrap();
    }

    const REPLAN: Sql = Sql::both("UPDATE bundle_version SET plan = $1 WHERE id = $2");

    #[tokio::test]
    async fn s38_other_steps_under_the_same_version_are_refused_and_never_followed() {
        let contracts = Contracts::standard();
        for test in databases(&[MIGRATIONS]).await {
            let (_first, first) = offered("version = 1", "version = 1");
            settle(&test.db, &first, contracts).await.unwrap();
            // As a build kept it whose departments offered less: one share query was not there.
            let newborn = first.get("newborn").unwrap();
            let now = plan(newborn);
            let gone = &newborn.steps.last().unwrap().id;
            let then = now.replacen(&format!(" {gone}"), "", 1);
            assert_ne!(then, now);
            change(&test.db, REPLAN, args![&then, "newborn"]).await;
            let error = settle(&test.db, &first, contracts).await.unwrap_err();
            assert!(
                matches!(&error, VersionError::Replanned { id, version: 1, .. } if id == "newborn"),
                "{error}"
            );
            assert!(error.to_string().contains("a higher version"), "{error}");
            let error = keep(&test.db, newborn).await.unwrap_err();
            assert!(matches!(error, VersionError::Replanned { .. }), "{error}");

            let (_second, second) = offered("\nversion = ", "\nversion = 1");
            let earlier = settle(&test.db, &second, contracts).await.unwrap();
            assert!(earlier.iter().all(|bundle| bundle.id != "newborn"));
            assert_eq!(earlier.len() + 1, first.iter().count());
        }
    }

    const UNPLANNED: Sql = Sql::both("UPDATE bundle_version SET plan = NULL");
    const PLANS: Sql = Sql::both("SELECT plan FROM bundle_version WHERE id = $1");

    #[tokio::test]
    async fn what_was_kept_without_its_steps_gets_them() {
        for test in databases(&[MIGRATIONS]).await {
            let (_folder, offered) = offered("version = 1", "version = 1");
            let contracts = Contracts::standard();
            settle(&test.db, &offered, contracts).await.unwrap();
            change(&test.db, UNPLANNED, args![]).await;
            settle(&test.db, &offered, contracts).await.unwrap();
            let kept: Vec<(Option<String>,)> =
                test.db.fetch_all(PLANS, args!["newborn"]).await.unwrap();
            let plan = plan(offered.get("newborn").unwrap());
            assert_eq!(kept, [(Some(plan),)]);
        }
    }

    #[tokio::test]
    async fn every_statement_is_well_formed_on_both_databases() {
        for test in databases(&[MIGRATIONS]).await {
            let problems = verify_statements(&test.db, &[KEEP, PLANNED, NAMES, ONE, ALL]).await;
            assert!(problems.is_empty(), "{problems:#?}");
        }
    }
}
