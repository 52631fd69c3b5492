//! Births, certificates and vaccination records.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_elements::BirthCertificate;
use onething_participant::Rejection;
use onething_proto::health::{
    FindBirthRecordRequest, IssueBirthCertificateRequest, IssueBirthCertificateResponse,
    OpenVaccinationRecordRequest,
};
use serde_json::Value;

use crate::running::{Served, reason, refused, step};

pub(crate) fn certificate_for(served: &Served) -> IssueBirthCertificateRequest {
    let family = served.population.sample_family().unwrap();
    IssueBirthCertificateRequest {
        record_number: family.birth.record_number.clone(),
        child_name: family.child_name.clone(),
        mother_id_number: family.mother.id_number.clone(),
        mother_name: family.mother.name.clone(),
        father_id_number: family.father.id_number.clone(),
        father_name: family.father.name.clone(),
    }
}

pub(crate) async fn issued(served: &Served, saga: &str) -> IssueBirthCertificateResponse {
    let request = step(saga, "certificate", certificate_for(served));
    let answer = served.health().issue_birth_certificate(request).await;
    answer.unwrap().into_inner()
}

fn vaccination(certificate: &str, child: &str) -> OpenVaccinationRecordRequest {
    OpenVaccinationRecordRequest {
        birth_certificate_number: certificate.to_owned(),
        child_name: child.to_owned(),
    }
}

#[tokio::test]
async fn a_birth_is_found_by_its_mother_until_it_is_certified() {
    for served in Served::on_both(&[]).await {
        let family = served.population.sample_family().unwrap();
        let request = FindBirthRecordRequest {
            mother_id_number: family.mother.id_number.to_lowercase(),
        };
        let found = served
            .health()
            .find_birth_record(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert_eq!(found.record_number, family.birth.record_number);
        assert_eq!(found.hospital, family.birth.hospital);
        assert_eq!(found.born_on, family.birth.born_on().to_string());
        assert_eq!(found.child_sex, family.birth.child_sex.code());

        issued(&served, "s").await;
        let again = served.health().find_birth_record(request).await;
        let expected = reason("BIRTH_RECORD_NOT_FOUND", "mother_id_number");
        assert_eq!(refused(again), expected);

        let father = FindBirthRecordRequest {
            mother_id_number: family.father.id_number.clone(),
        };
        let none = served.health().find_birth_record(father).await;
        assert_eq!(refused(none), expected);
    }
}

#[tokio::test]
async fn a_certificate_is_issued_with_a_number_of_its_shape() {
    for served in Served::on_both(&[]).await {
        let answer = issued(&served, "s").await;
        assert!(BirthCertificate::parse(&answer.certificate_number).is_ok());
        let today = onething_calendar::local_date(jiff::Timestamp::now()).to_string();
        assert_eq!(answer.issued_on, today);

        let request = certificate_for(&served);
        let (state, version, body) = served
            .record("HC", "birth_certificate", &answer.certificate_number)
            .await
            .unwrap();
        assert_eq!((state.as_str(), version), ("in_force", 1));
        assert_eq!(body["child_name"], request.child_name.as_str());
        assert_eq!(body["record_number"], request.record_number.as_str());
        let (_, version, birth) = served
            .record("HC", "birth", &request.record_number)
            .await
            .unwrap();
        assert_eq!(version, 2);
        assert_eq!(
            birth["certificate_number"],
            answer.certificate_number.as_str()
        );
    }
}

#[tokio::test]
async fn a_certificate_is_refused_for_every_declared_reason_and_without_effect() {
    for served in Served::on_both(&[]).await {
        let good = certificate_for(&served);
        let unknown = IssueBirthCertificateRequest {
            record_number: "CS150999-9999999".to_owned(),
            ..good.clone()
        };
        let other_mother = IssueBirthCertificateRequest {
            mother_id_number: good.father_id_number.clone(),
            ..good.clone()
        };
        for (saga, request, expected) in [
            (
                "1",
                unknown,
                reason("BIRTH_RECORD_NOT_FOUND", "record_number"),
            ),
            (
                "2",
                other_mother,
                reason("MOTHER_MISMATCH", "mother_id_number"),
            ),
        ] {
            let answer = served
                .health()
                .issue_birth_certificate(step(saga, "certificate", request))
                .await;
            assert_eq!(refused(answer), expected);
        }
        let (_, version, birth) = served
            .record("HC", "birth", &good.record_number)
            .await
            .unwrap();
        assert_eq!(version, 1);
        assert_eq!(birth.get("certificate_number"), None);

        issued(&served, "3").await;
        let twice = served
            .health()
            .issue_birth_certificate(step("4", "certificate", good))
            .await;
        let expected = reason("ALREADY_CERTIFIED", "record_number");
        assert_eq!(refused(twice), expected);
    }
}

#[tokio::test]
async fn malformed_input_is_refused_with_its_field() {
    for served in Served::on_both(&[]).await {
        let good = certificate_for(&served);
        let wrong_digit = IssueBirthCertificateRequest {
            mother_id_number: "150302196603159978".to_owned(),
            ..good.clone()
        };
        let nameless = IssueBirthCertificateRequest {
            child_name: " ".to_owned(),
            ..good.clone()
        };
        for (saga, request, field) in [
            ("1", wrong_digit, "mother_id_number"),
            ("2", nameless, "child_name"),
        ] {
            let answer = served
                .health()
                .issue_birth_certificate(step(saga, "certificate", request))
                .await;
            assert_eq!(refused(answer), reason("INVALID_INPUT", field));
        }
        let asked = served
            .health()
            .find_birth_record(FindBirthRecordRequest::default())
            .await;
        assert_eq!(refused(asked), reason("INVALID_INPUT", "mother_id_number"));

        // A mother may register the birth alone.
        let alone = IssueBirthCertificateRequest {
            father_id_number: String::new(),
            father_name: String::new(),
            ..good
        };
        let answer = served
            .health()
            .issue_birth_certificate(step("3", "certificate", alone))
            .await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}

#[tokio::test]
async fn the_same_key_gets_the_same_answer_and_other_bytes_are_a_mismatch() {
    for served in Served::on_both(&[]).await {
        let first = issued(&served, "s").await;
        assert_eq!(issued(&served, "s").await, first);
        let other = IssueBirthCertificateRequest {
            child_name: "另名".to_owned(),
            ..certificate_for(&served)
        };
        let status = served
            .health()
            .issue_birth_certificate(step("s", "certificate", other))
            .await
            .unwrap_err();
        assert_eq!(
            Rejection::from_status(&status),
            Some(Rejection::DigestMismatch)
        );
        let plain = served
            .health()
            .issue_birth_certificate(certificate_for(&served))
            .await
            .unwrap_err();
        assert_eq!(plain.code(), tonic::Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_vaccination_record_is_opened_once_for_a_certificate_in_force() {
    for served in Served::on_both(&[]).await {
        let child = certificate_for(&served).child_name;
        let certificate = issued(&served, "s").await.certificate_number;
        let mut health = served.health();
        for (saga, request, expected) in [
            (
                "1",
                vaccination("U999999999", &child),
                reason("CERTIFICATE_NOT_FOUND", "birth_certificate_number"),
            ),
            (
                "2",
                vaccination("999999999", &child),
                reason("INVALID_INPUT", "birth_certificate_number"),
            ),
            (
                "3",
                vaccination(&certificate, "另名"),
                reason("INVALID_INPUT", "child_name"),
            ),
        ] {
            let answer = health
                .open_vaccination_record(step(saga, "vaccination", request))
                .await;
            assert_eq!(refused(answer), expected);
        }
        let request = vaccination(&certificate, &child);
        let opened = health
            .open_vaccination_record(step("4", "vaccination", request.clone()))
            .await
            .unwrap()
            .into_inner();
        let (state, _, body) = served
            .record("HC", "vaccination", &opened.vaccination_number)
            .await
            .unwrap();
        assert_eq!(state, "in_force");
        assert_eq!(
            body["certificate_number"],
            Value::String(certificate.clone())
        );
        let twice = health
            .open_vaccination_record(step("5", "vaccination", request))
            .await;
        let expected = reason("ALREADY_OPEN", "birth_certificate_number");
        assert_eq!(refused(twice), expected);
    }
}
