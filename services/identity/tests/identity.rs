//! What identity answers and why it refuses, on both databases, over real gRPC.

mod department;

use department::{Department, as_step, key, refusal};
use onething_participant::{INVALID_INPUT, MATTER_SUSPENDED};
use onething_proto::{
    identity::{VerifyLegalRepresentativeResponse, VerifyPersonRequest, VerifyPersonResponse},
    participant::{GetOutcomeRequest, Outcome, UndoOutcome, UndoRequest},
};
use tonic::Code;

/// Valid, and nobody's.
const UNKNOWN_PERSON: &str = "150302196603159977";
/// Valid, and no enterprise's.
const UNKNOWN_ENTERPRISE: &str = "91150105YYYY00012D";

fn refused(code: Code, reason: &str, field: &str) -> (Code, String, String) {
    (code, reason.to_owned(), field.to_owned())
}

#[tokio::test]
async fn every_living_person_is_verified_and_the_dead_are_refused() {
    for mut d in Department::on_each_database().await {
        for person in d.population.persons.clone() {
            let answer = d.verify(&person.id_number).await;
            if person.alive {
                let expected = VerifyPersonResponse {
                    name: person.name,
                    sex: person.sex.code().to_owned(),
                    birth_date: person.birth_date.to_string(),
                    ethnicity: person.ethnicity,
                };
                assert_eq!(answer.unwrap(), expected);
            } else {
                let expected = refused(Code::FailedPrecondition, "PERSON_DECEASED", "");
                assert_eq!(refusal(answer), expected);
            }
        }
        assert!(d.population.persons.iter().any(|person| !person.alive));
    }
}

#[tokio::test]
async fn a_number_that_nobody_has_is_refused() {
    for mut d in Department::on_each_database().await {
        let expected = refused(Code::NotFound, "PERSON_NOT_FOUND", "");
        assert_eq!(refusal(d.verify(UNKNOWN_PERSON).await), expected);
        let credit_code = d.enterprise().credit_code;
        let answer = d.verify_representative(&credit_code, UNKNOWN_PERSON).await;
        assert_eq!(refusal(answer), expected);
    }
}

#[tokio::test]
async fn who_is_appointed_may_act_and_who_was_before_may_not() {
    for mut d in Department::on_each_database().await {
        let enterprise = d.enterprise();
        let (code, old) = (
            enterprise.credit_code,
            enterprise.legal_representative_id_number,
        );
        let living = d.population.persons.iter().filter(|person| person.alive);
        let mut others = living.filter(|person| person.id_number != old);
        let new = others.next().unwrap().id_number.clone();
        assert!(d.verify_representative(&code, &old).await.is_ok());
        let request = onething_proto::identity::AppointLegalRepresentativeRequest {
            credit_code_after: code.clone(),
            id_number: new.clone(),
            registration_serial: None,
        };
        let request = as_step(request, "appoint");
        let answer = d.identity.appoint_legal_representative(request).await;
        assert!(answer.unwrap().into_inner().appointed);
        assert!(d.verify_representative(&code, &new).await.is_ok());
        let expected = refused(Code::FailedPrecondition, "NOT_LEGAL_REPRESENTATIVE", "");
        assert_eq!(
            refusal(d.verify_representative(&code, &old).await),
            expected
        );
    }
}

#[tokio::test]
async fn whom_the_last_registration_appoints_may_act_in_whatever_order_it_is_told() {
    for mut d in Department::on_each_database().await {
        let living = d.population.persons.iter().filter(|person| person.alive);
        let persons: Vec<_> = living.take(2).map(|p| p.id_number.clone()).collect();
        let code = d.enterprise().credit_code;
        let (earlier, last) = (&persons[0], &persons[1]);
        // An earlier registration that is told late, and again; then one of which no order is known.
        for (step, person, serial, overtaken, acts) in [
            ("last", last, Some(9), false, last),
            ("earlier", earlier, Some(5), true, last),
            ("earlier", earlier, Some(5), true, last),
            ("again", earlier, Some(5), true, last),
            ("untold", earlier, None, false, earlier),
            ("later", last, Some(12), false, last),
        ] {
            let request = onething_proto::identity::AppointLegalRepresentativeRequest {
                credit_code_after: code.clone(),
                id_number: person.clone(),
                registration_serial: serial,
            };
            let answer = d
                .identity
                .appoint_legal_representative(as_step(request, step));
            let answer = answer.await.unwrap().into_inner();
            assert_eq!(answer.overtaken, Some(overtaken), "{step}");
            assert!(d.verify_representative(&code, acts).await.is_ok(), "{step}");
        }
        let undo = UndoRequest {
            key: Some(key("earlier")),
            epoch: 1,
        };
        let undone = d.participant.undo(undo).await.unwrap().into_inner();
        assert_eq!(undone.outcome(), UndoOutcome::AlreadyEffective);
        assert!(d.verify_representative(&code, last).await.is_ok());
    }
}

#[tokio::test]
async fn a_malformed_input_is_refused_with_its_field() {
    for mut d in Department::on_each_database().await {
        let expected = refused(Code::InvalidArgument, INVALID_INPUT, "id_number");
        for wrong in ["", "150302196603159978", "姓名"] {
            assert_eq!(refusal(d.verify(wrong).await), expected);
            let answer = d.verify_representative(UNKNOWN_ENTERPRISE, wrong).await;
            assert_eq!(refusal(answer), expected);
        }
        let answer = d
            .verify_representative("91150105YYYY00012E", UNKNOWN_PERSON)
            .await;
        let expected = refused(Code::InvalidArgument, INVALID_INPUT, "credit_code");
        assert_eq!(refusal(answer), expected);
    }
}

#[tokio::test]
async fn a_number_in_lower_case_is_the_same_number() {
    for mut d in Department::on_each_database().await {
        let mut persons = d.population.persons.iter().filter(|person| person.alive);
        let person = persons.find(|p| p.id_number.ends_with('X')).unwrap();
        let (id_number, name) = (person.id_number.to_lowercase(), person.name.clone());
        assert_eq!(d.verify(&id_number).await.unwrap().name, name);
    }
}

#[tokio::test]
async fn the_legal_representative_is_verified_and_nobody_else_is() {
    for mut d in Department::on_each_database().await {
        let (enterprise, dead) = (d.enterprise(), d.deceased());
        let sample = d.population.sample_enterprise().unwrap();
        let representative = sample.legal_representative.clone();
        let other = d
            .population
            .sample_family()
            .unwrap()
            .mother
            .id_number
            .clone();
        let code = &enterprise.credit_code;

        let answer = d
            .verify_representative(code, &representative.id_number)
            .await;
        let expected = VerifyLegalRepresentativeResponse {
            name: representative.name,
            mobile: representative.mobile.unwrap(),
        };
        assert_eq!(answer.unwrap(), expected);

        let expected = refused(Code::FailedPrecondition, "NOT_LEGAL_REPRESENTATIVE", "");
        assert_eq!(
            refusal(d.verify_representative(code, &other).await),
            expected
        );
        let answer = d.verify_representative(UNKNOWN_ENTERPRISE, &other).await;
        assert_eq!(refusal(answer), expected);

        let expected = refused(Code::FailedPrecondition, "PERSON_DECEASED", "");
        assert_eq!(
            refusal(d.verify_representative(code, &dead).await),
            expected
        );
    }
}

#[tokio::test]
async fn a_register_that_is_not_empty_keeps_its_persons_at_a_restart() {
    for d in Department::on_each_database().await {
        let old = d.population.clone();
        let mut d = d.restarted(2, "[]").await;
        let other = d.population.persons.iter();
        let other = other
            .map(|person| person.id_number.clone())
            .find(|id_number| old.person(id_number).is_none())
            .unwrap();
        let kept = old.persons.first().unwrap();
        assert_eq!(d.verify(&kept.id_number).await.unwrap().name, kept.name);
        let expected = refused(Code::NotFound, "PERSON_NOT_FOUND", "");
        assert_eq!(refusal(d.verify(&other).await), expected);
    }
}

#[tokio::test]
async fn a_suspended_matter_is_refused_for_its_step_only() {
    let suspensions = r#"[
        { method = "onething.identity.v1.IdentityService/VerifyPerson", step = "parents" },
        { method = "onething.identity.v1.IdentityService/VerifyLegalRepresentative" },
    ]"#;
    for d in Department::on_each_database().await {
        let mut d = d.restarted(1, suspensions).await;
        let id_number = d.population.persons.first().unwrap().id_number.clone();
        let expected = refused(Code::FailedPrecondition, MATTER_SUSPENDED, "");
        assert_eq!(refusal(d.verify(&id_number).await), expected);
        let code = d.enterprise().credit_code;
        let answer = d.verify_representative(&code, &id_number).await;
        assert_eq!(refusal(answer), expected);
        let request = as_step(VerifyPersonRequest { id_number }, "child");
        d.identity.verify_person(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_question_leaves_nothing_to_undo_and_its_key_can_be_closed() {
    for mut d in Department::on_each_database().await {
        let id_number = d.population.persons.first().unwrap().id_number.clone();
        d.verify(&id_number).await.unwrap();
        let asked = GetOutcomeRequest {
            key: Some(key("parents")),
            epoch: 1,
        };
        let outcome = d.participant.get_outcome(asked.clone()).await.unwrap();
        assert_eq!(outcome.into_inner().outcome(), Outcome::NotSeen);
        let undo = UndoRequest {
            key: Some(key("parents")),
            epoch: 1,
        };
        let undone = d.participant.undo(undo).await.unwrap().into_inner();
        assert_eq!(undone.outcome(), UndoOutcome::NothingToUndo);
        let outcome = d.participant.get_outcome(asked).await.unwrap();
        assert_eq!(outcome.into_inner().outcome(), Outcome::Closed);
    }
}
