//! A department that an HTTP system carries out: refusals, lost answers, undo, later decisions.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::time::{Duration, Instant};

use onething_participant::{Pending, metadata};
use onething_proto::participant::{
    GetOutcomeRequest, Outcome, StepKey, UndoOutcome, UndoRequest, WatchDecisionsRequest,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::{Code, Status};

use crate::{
    dynamic::Declared,
    forest_office::{Answers, ForestOffice},
    running::{Served, reason, refused},
};

const SERVICE: &str = "onething.forestry.v1.ForestryService";
/// The page whose example this is.
const PAGE: &str = include_str!("../../../../docs/connect-a-department.md");
const OWNER: &str = "15010520190715996X";
const PATIENCE: Duration = Duration::from_secs(20);

/// The department with its system, on one database.
struct Forestry {
    folder: TempDir,
    office: ForestOffice,
    served: Served,
    declared: Declared,
}

/// How much the system offers for finding out about lost answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offers {
    Both,
    Keys,
    Outcome,
    Nothing,
}

/// The page's example, for a system at this place that offers so much, in a hurry.
fn file(url: &str, offers: Offers) -> String {
    let (_, example) = PAGE.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let mut file = example.to_owned();
    for (written, changed) in [
        ("http://forest.example/api", url),
        ("timeout = \"5s\"", "timeout = \"500ms\""),
        ("every = \"10m\"", "every = \"100ms\""),
        // A variable that every test has.
        ("FORESTRY_TOKEN", "CARGO_PKG_NAME"),
    ] {
        assert!(file.contains(written), "{written}");
        file = file.replace(written, changed);
    }
    let issue = file.find("method = \"POST\"\npath = \"/permits\"").unwrap();
    let keys = "idempotency_header = \"Idempotency-Key\"\n";
    if matches!(offers, Offers::Outcome | Offers::Nothing) {
        let at = file[..issue].rfind(keys).unwrap();
        file.replace_range(at..at + keys.len(), "");
    }
    let outcome = "[matter.http.outcome]\nmethod = \"GET\"\npath = \"/permits/by-key/{key}\"\n\
                   absent = [404]\n";
    assert!(file.contains(outcome));
    if matches!(offers, Offers::Keys | Offers::Nothing) {
        file = file.replace(outcome, "");
    }
    file
}

impl Forestry {
    async fn on_each(offers: Offers) -> Vec<Self> {
        let mut all = Vec::new();
        for test in onething_db::testing::databases(&[]).await {
            let office = ForestOffice::open(matches!(offers, Offers::Both | Offers::Keys)).await;
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("forestry.toml");
            std::fs::write(path, file(&office.url(), offers)).unwrap();
            let setting = folder.path().display().to_string();
            let settings = [("CONNECTOR__DEPARTMENTS_DIR", setting.as_str())];
            let served = Served::start(test, &settings).await;
            let declared = Declared::new(folder.path(), SERVICE, served.channel());
            all.push(Self {
                folder,
                office,
                served,
                declared,
            });
        }
        all
    }

    /// Another connector in the place of the first.
    async fn restarted(self) -> Self {
        let setting = self.folder.path().display().to_string();
        let settings = [("CONNECTOR__DEPARTMENTS_DIR", setting.as_str())];
        let served = self.served.restarted(&settings).await;
        let declared = Declared::new(self.folder.path(), SERVICE, served.channel());
        Self {
            served,
            declared,
            ..self
        }
    }

    async fn issue(&self, saga: &str, parcel: &str) -> Result<Value, Status> {
        let request = json!({ "id_number": OWNER, "parcel": parcel });
        self.declared.call(saga, "IssuePermit", request).await
    }

    async fn outcome(&self, saga: &str, step: &str) -> Result<Outcome, Status> {
        let request = GetOutcomeRequest {
            key: Some(key(saga, step)),
            epoch: 1,
        };
        let answer = self.served.participant().get_outcome(request).await?;
        Ok(answer.into_inner().outcome())
    }

    /// Asks until the outcome is this one.
    async fn becomes(&self, saga: &str, step: &str, wanted: Outcome) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.outcome(saga, step).await;
            if found.as_ref().is_ok_and(|found| *found == wanted) {
                return;
            }
            assert!(Instant::now() < deadline, "{found:?}, not {wanted:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn undo(&self, saga: &str) -> UndoOutcome {
        self.served.undo(saga, "IssuePermit").await.outcome()
    }

    fn in_force(&self) -> usize {
        let permits = self.office.permits();
        permits.iter().filter(|permit| permit.in_force).count()
    }
}

fn key(saga: &str, step: &str) -> StepKey {
    StepKey {
        coordinator: "gateway".to_owned(),
        saga: saga.to_owned(),
        step: step.to_owned(),
        item: String::new(),
        round: 1,
    }
}

fn in_doubt(answer: Result<Value, Status>) {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(Pending::from_status(&status).is_none());
}

#[tokio::test]
async fn the_system_carries_out_once_refuses_without_effect_and_takes_back() {
    for forestry in Forestry::on_each(Offers::Both).await {
        let issued = forestry.issue("a", "呼和敖包").await.unwrap();
        assert_eq!(issued, json!({ "permit_number": "P1" }));
        assert_eq!(forestry.issue("a", "呼和敖包").await.unwrap(), issued);
        assert_eq!(forestry.office.applications(), 1);

        let listed = json!({ "id_number": OWNER });
        let listed = forestry.declared.call("a", "ListPermits", listed).await;
        let permits = json!({ "permits": [{ "number": "P1", "parcel": "呼和敖包" }] });
        assert_eq!(listed.unwrap(), permits);
        let family = forestry.served.population.sample_family().unwrap();
        let nobody = json!({ "id_number": family.father.id_number });
        let nobody = forestry.declared.call("a", "ListPermits", nobody).await;
        assert_eq!(refused(nobody), reason("OWNER_NOT_FOUND", "id_number"));

        let protected = reason("PROTECTED_FOREST", "parcel");
        assert_eq!(refused(forestry.issue("b", "水源地").await), protected);
        assert_eq!(refused(forestry.issue("b", "水源地").await), protected);
        assert_eq!(forestry.office.applications(), 2);
        // What the file itself refuses never reaches the system.
        assert_eq!(refused(forestry.issue("c", "国家公园").await), protected);
        assert_eq!(forestry.office.applications(), 2);

        assert_eq!(forestry.undo("b").await, UndoOutcome::NothingToUndo);
        assert_eq!(forestry.undo("a").await, UndoOutcome::Undone);
        assert_eq!(forestry.undo("a").await, UndoOutcome::Undone);
        assert_eq!((forestry.in_force(), forestry.office.withdrawals()), (0, 1));
        assert_eq!(forestry.undo("never").await, UndoOutcome::NothingToUndo);
        assert!(forestry.issue("never", "呼和敖包").await.is_err());
        assert_eq!(forestry.office.applications(), 2);
    }
}

#[tokio::test]
async fn what_cannot_be_taken_back_any_more_is_said_with_its_reason() {
    for forestry in Forestry::on_each(Offers::Both).await {
        forestry.issue("a", "呼和敖包").await.unwrap();
        forestry.office.fell();
        let answer = forestry.served.undo("a", "IssuePermit").await;
        assert_eq!(answer.outcome(), UndoOutcome::Impossible);
        assert_eq!(answer.reason, "ALREADY_FELLED");
        assert_eq!(forestry.in_force(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_effect_leaves_one_effect_whatever_the_system_offers() {
    for offers in [Offers::Both, Offers::Keys, Offers::Outcome] {
        for answers in [Answers::LateAfterEffect, Answers::Broken] {
            for forestry in Forestry::on_each(offers).await {
                forestry.office.answer(answers);
                in_doubt(forestry.issue("a", "呼和敖包").await);
                forestry.office.answer(Answers::Well);
                // Nobody has to call again: the connector finds out by itself.
                forestry
                    .becomes("a", "IssuePermit", Outcome::Succeeded)
                    .await;
                let issued = forestry.issue("a", "呼和敖包").await.unwrap();
                assert_eq!(issued, json!({ "permit_number": "P1" }));
                assert_eq!(forestry.in_force(), 1);
                if offers != Offers::Keys {
                    assert_eq!(
                        forestry.office.applications(),
                        1,
                        "it was asked, not sent again"
                    );
                }
                assert_eq!(forestry.undo("a").await, UndoOutcome::Undone);
                assert_eq!(forestry.in_force(), 0);
            }
        }
    }
}

#[tokio::test]
async fn what_nobody_can_find_out_is_never_guessed() {
    for forestry in Forestry::on_each(Offers::Nothing).await {
        forestry.office.answer(Answers::LateAfterEffect);
        in_doubt(forestry.issue("a", "呼和敖包").await);
        forestry.office.answer(Answers::Well);
        in_doubt(forestry.issue("a", "呼和敖包").await);
        assert_eq!(
            forestry
                .outcome("a", "IssuePermit")
                .await
                .unwrap_err()
                .code(),
            Code::Unavailable
        );
        let answer = forestry.served.undo("a", "IssuePermit").await;
        assert_eq!(answer.outcome(), UndoOutcome::Impossible);
        assert_eq!(answer.reason, "OUTCOME_UNKNOWN");
        assert!(answer.message.contains("attest"), "{}", answer.message);
        let forestry = forestry.restarted().await;
        in_doubt(forestry.issue("a", "呼和敖包").await);
        assert_eq!(forestry.office.applications(), 1);
        // What does get its answer is as good as any other.
        forestry.issue("b", "白音").await.unwrap();
        assert_eq!(forestry.undo("b").await, UndoOutcome::Undone);
    }
}

#[tokio::test]
async fn a_call_that_the_system_does_not_know_yet_is_not_sent_again_without_a_key() {
    for forestry in Forestry::on_each(Offers::Outcome).await {
        forestry.office.answer(Answers::LateBeforeEffect);
        in_doubt(forestry.issue("a", "呼和敖包").await);
        // It says that it does not know the call, which is on its way to it.
        in_doubt(forestry.issue("a", "呼和敖包").await);
        assert_eq!(
            (forestry.office.applications(), forestry.in_force()),
            (1, 0)
        );
        forestry.office.let_go();
        forestry
            .becomes("a", "IssuePermit", Outcome::Succeeded)
            .await;
        assert_eq!(
            (forestry.office.applications(), forestry.in_force()),
            (1, 1)
        );
    }
}

#[tokio::test]
async fn an_undo_in_between_is_pending_and_carried_out_once_the_answer_is_there() {
    for forestry in Forestry::on_each(Offers::Both).await {
        forestry.office.answer(Answers::LateAfterEffect);
        let calling = forestry.issue("a", "呼和敖包");
        let meanwhile = async {
            forestry.office.has_got(1).await;
            let undone = forestry.undo("a").await;
            assert_eq!(undone, UndoOutcome::Pending, "never nothing to undo");
            // Nothing is sent for a call that is to be undone.
            let again = forestry.issue("a", "呼和敖包").await;
            assert_eq!(again.unwrap_err().code(), Code::Unavailable);
            forestry.office.answer(Answers::Well);
            forestry.office.let_go();
        };
        let (called, ()) = tokio::join!(calling, meanwhile);
        drop(called);
        let deadline = Instant::now() + PATIENCE;
        while forestry.undo("a").await != UndoOutcome::Undone {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(
            (forestry.in_force(), forestry.office.permits().len()),
            (0, 1)
        );
        assert_eq!(forestry.office.applications(), 1);
    }
}

#[tokio::test]
async fn a_connector_that_starts_again_finds_out_about_what_was_in_flight() {
    for offers in [Offers::Keys, Offers::Outcome] {
        for forestry in Forestry::on_each(offers).await {
            forestry.office.answer(Answers::LateAfterEffect);
            in_doubt(forestry.issue("a", "呼和敖包").await);
            let forestry = forestry.restarted().await;
            forestry.office.answer(Answers::Well);
            forestry
                .becomes("a", "IssuePermit", Outcome::Succeeded)
                .await;
            assert_eq!(forestry.in_force(), 1);
        }
    }
}

#[tokio::test]
async fn what_the_system_decides_later_comes_with_the_decisions() {
    for (decision, outcome) in [
        ("granted", Outcome::Succeeded),
        ("refused", Outcome::Refused),
    ] {
        for forestry in Forestry::on_each(Offers::Both).await {
            let request = || json!({ "id_number": OWNER, "parcel": "呼和敖包" });
            let later = forestry.declared.call("a", "ClearForest", request()).await;
            assert!(Pending::from_status(&later.unwrap_err()).is_some());
            let told = forestry.outcome("a", "ClearForest").await.unwrap();
            assert_eq!(told, Outcome::Pending);
            let watching = WatchDecisionsRequest {
                coordinator: "gateway".to_owned(),
                cursor: String::new(),
            };
            let decisions = forestry
                .served
                .participant()
                .watch_decisions(watching)
                .await;
            let mut decisions = decisions.unwrap().into_inner();
            forestry.office.decide(decision);
            let decided = tokio::time::timeout(PATIENCE, decisions.message()).await;
            let decided = decided.unwrap().unwrap().unwrap();
            assert_eq!(decided.outcome(), outcome);
            let answer = forestry.declared.call("a", "ClearForest", request()).await;
            match outcome {
                Outcome::Succeeded => assert_eq!(answer.unwrap()["permit_number"], "C1"),
                _ => assert_eq!(refused(answer), reason("PROTECTED_FOREST", "parcel")),
            }
        }
    }
}

#[tokio::test]
async fn an_undo_withdraws_what_the_system_has_yet_to_decide() {
    for forestry in Forestry::on_each(Offers::Both).await {
        let request = json!({ "id_number": OWNER, "parcel": "呼和敖包" });
        let later = forestry.declared.call("a", "ClearForest", request).await;
        assert!(Pending::from_status(&later.unwrap_err()).is_some());
        let answer = forestry.served.undo("a", "ClearForest").await;
        assert_eq!(answer.outcome(), UndoOutcome::NothingToUndo);
        assert_eq!(forestry.office.clearings(), ["withdrawn"]);
        let told = forestry.outcome("a", "ClearForest").await.unwrap();
        assert_eq!(told, Outcome::Closed);
    }
}

#[tokio::test]
async fn a_stale_coordinator_neither_calls_nor_undoes() {
    for forestry in Forestry::on_each(Offers::Both).await {
        let mut call = crate::running::step("a", "IssuePermit", bytes::Bytes::new());
        let epoch = "7".parse().unwrap();
        call.metadata_mut().insert(metadata::EPOCH, epoch);
        let request = json!({ "id_number": OWNER, "parcel": "呼和敖包" });
        let issued = forestry.declared.send(call, "IssuePermit", request).await;
        issued.unwrap();
        assert!(forestry.issue("a", "呼和敖包").await.is_err());
        let undo = UndoRequest {
            key: Some(key("a", "IssuePermit")),
            epoch: 1,
        };
        assert!(forestry.served.participant().undo(undo).await.is_err());
        assert_eq!(forestry.in_force(), 1);
    }
}
