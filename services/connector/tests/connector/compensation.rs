//! Undo: what a call created is annulled, what it changed has its content of before again.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_participant::Rejection;
use onething_proto::{
    health::{OpenVaccinationRecordRequest, OpenVaccinationRecordResponse},
    participant::UndoOutcome,
};
use tonic::Status;

use crate::{
    health::{certificate_for, issued},
    running::{Served, step},
};

async fn open(
    served: &Served,
    saga: &str,
    certificate: &str,
) -> Result<OpenVaccinationRecordResponse, Status> {
    let request = OpenVaccinationRecordRequest {
        birth_certificate_number: certificate.to_owned(),
        child_name: certificate_for(served).child_name,
    };
    let answer = served
        .health()
        .open_vaccination_record(step(saga, "vaccination", request))
        .await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn undoing_closes_the_vaccination_record_once_and_its_number_is_not_used_again() {
    for served in Served::on_both(&[]).await {
        let certificate = issued(&served, "s").await.certificate_number;
        let opened = open(&served, "s", &certificate).await.unwrap();
        for _ in 0..2 {
            let undone = served.undo("s", "vaccination").await;
            assert_eq!(undone.outcome(), UndoOutcome::Undone);
        }
        let record = served
            .record("HC", "vaccination", &opened.vaccination_number)
            .await
            .unwrap();
        assert_eq!((record.0.as_str(), record.1), ("annulled", 2));
        let (state, version, body) = served
            .record("HC", "birth_certificate", &certificate)
            .await
            .unwrap();
        assert_eq!((state.as_str(), version), ("in_force", 3));
        assert_eq!(body.get("vaccination_number"), None);

        let late = open(&served, "s", &certificate).await.unwrap_err();
        assert_eq!(Rejection::from_status(&late), Some(Rejection::Closed));
        let anew = open(&served, "t", &certificate).await.unwrap();
        assert_ne!(anew.vaccination_number, opened.vaccination_number);
    }
}

#[tokio::test]
async fn the_certificate_is_a_point_of_legal_effect() {
    for served in Served::on_both(&[]).await {
        let certificate = issued(&served, "s").await.certificate_number;
        let undone = served.undo("s", "certificate").await;
        assert_eq!(undone.outcome(), UndoOutcome::AlreadyEffective);
        let record = served.record("HC", "birth_certificate", &certificate).await;
        assert_eq!(record.unwrap().0, "in_force");
    }
}

#[tokio::test]
async fn a_refused_or_unseen_call_has_nothing_to_undo() {
    for served in Served::on_both(&[]).await {
        assert!(open(&served, "s", "U999999999").await.is_err());
        for step in ["vaccination", "never"] {
            let undone = served.undo("s", step).await;
            assert_eq!(undone.outcome(), UndoOutcome::NothingToUndo);
        }
    }
}

/// A health department that opens a vaccination record as often as it is asked to.
fn generous_folder() -> tempfile::TempDir {
    let file = include_str!("../../departments/health.toml");
    let rule = "[[matter.require]]\nthat = \"certificate.vaccination_number == null\"\n";
    assert!(file.contains(rule));
    let generous = rule.replace("certificate.vaccination_number == null", "true");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("health.toml"),
        file.replace(rule, &generous),
    )
    .unwrap();
    folder
}

#[tokio::test]
async fn what_others_have_changed_since_is_not_taken_back_before_theirs_is() {
    let folder = generous_folder();
    let path = folder.path().display().to_string();
    for served in Served::on_both(&[("CONNECTOR__DEPARTMENTS_DIR", &path)]).await {
        let certificate = issued(&served, "s").await.certificate_number;
        let first = open(&served, "1", &certificate).await.unwrap();
        let second = open(&served, "2", &certificate).await.unwrap();

        let undone = served.undo("1", "vaccination").await;
        assert_eq!(undone.outcome(), UndoOutcome::Impossible);
        assert_eq!(undone.reason, "RECORD_CHANGED_SINCE");
        let untouched = served
            .record("HC", "vaccination", &first.vaccination_number)
            .await;
        assert_eq!(untouched.unwrap().0, "in_force");

        // In reverse order both can be taken back.
        for (saga, left) in [("2", Some(first.vaccination_number.as_str())), ("1", None)] {
            let undone = served.undo(saga, "vaccination").await;
            assert_eq!(undone.outcome(), UndoOutcome::Undone, "{}", undone.reason);
            let record = served.record("HC", "birth_certificate", &certificate).await;
            let body = record.unwrap().2;
            let number = body.get("vaccination_number");
            assert_eq!(number.and_then(|number| number.as_str()), left);
        }
        for number in [first.vaccination_number, second.vaccination_number] {
            let record = served.record("HC", "vaccination", &number).await;
            assert_eq!(record.unwrap().0, "annulled");
        }
    }
}
