//! A gateway's journal that was restored from a backup: the case goes on from where the backup has it, under
//! epochs above those that the departments have seen since.

use std::path::Path;

use onething_tests::{Plan, Suite, assert_each_effect_once, fill};

use crate::crash::{HOLDS, held_up};
use crate::outcomes::{newborn_completed, newborn_uninsured};

/// The journal's files on SQLite: the file itself, and what is not folded into it yet.
const FILES: [&str; 2] = ["gateway.db", "gateway.db-wal"];

/// Copies the journal of a gateway that does not run. What is not there is not there in the copy either.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in FILES {
        let (from, to) = (from.join(file), to.join(file));
        if from.exists() {
            std::fs::copy(from, to).unwrap();
        } else if to.exists() {
            std::fs::remove_file(to).unwrap();
        }
    }
}

/// Files a newborn's case and takes a backup of the journal while the department that it calls answers
/// nothing. The case then goes on to its end, over several starts; after that the backup is put back.
async fn restored(suite: &mut Suite, holds: usize) -> (serde_json::Value, String) {
    let form = fill(&suite.client(), "newborn", &suite.samples.parents(0)).await;
    let case = held_up(suite, &form, &HOLDS[..holds]).await;
    let held = HOLDS[holds - 1].0;
    suite.gateway.kill();
    let folder = suite.gateway.spec.folder.clone();
    let backup = folder.join("backup");
    copy(&folder, &backup);

    for _ in 0..3 {
        suite.gateway.restart().await;
    }
    suite.department(held).thaw();
    let before = suite.client().ended(case.id()).await;
    suite.gateway.kill();

    copy(&backup, &folder);
    assert_eq!(suite.unended_cases().await, 1, "the backup is back");
    suite.gateway.restart().await;
    let after = suite.client().ended(case.id()).await;
    assert_eq!(after.state(), before.state());
    assert_eq!(after.items(), before.items());
    assert_each_effect_once(&suite.departments(), &after).await;
    (form, case.id().to_owned())
}

#[tokio::test]
async fn a_case_of_an_older_journal_is_completed_without_any_hand() {
    let mut suite = Suite::start().await;
    let (form, id) = restored(&mut suite, 2).await;
    let case = suite.client().case(&id).await;
    newborn_completed(&suite.departments(), &form, &case).await;
}

#[tokio::test]
async fn a_case_of_an_older_journal_ends_in_its_declared_partial_outcome_without_any_hand() {
    let plan = Plan::default().refuse("newborn", "medical-insurance");
    let mut suite = plan.start().await;
    let (form, id) = restored(&mut suite, 3).await;
    let case = suite.client().case(&id).await;
    newborn_uninsured(&suite.departments(), &form, &case).await;
}
