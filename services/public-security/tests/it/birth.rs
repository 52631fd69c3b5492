//! Registering births: what is entered, what is refused, and that it cannot be undone.

use jiff::ToSpan;
use onething_db::{Sql, args};
use onething_elements::{ResidentNumber, Sex};
use onething_participant::INVALID_INPUT;
use onething_proto::{
    participant::{Outcome, UndoOutcome},
    public_security::{RegisterBirthRequest, Resident},
};
use tonic::Code;

use crate::department::{Department, born_on, daughter, refusal, refused, today};

const CERTIFICATE: &str = "U150000001";
const ENTRIES: Sql = Sql::both("SELECT COUNT(*) FROM birth_registration");
const ISSUED: Sql = Sql::both("SELECT COUNT(*) FROM issued_number");
const ETHNICITY: Sql =
    Sql::both("SELECT COALESCE(ethnicity, '') FROM resident WHERE id_number = $1");
const CANCEL: Sql =
    Sql::both("UPDATE birth_registration SET state = 'cancelled' WHERE id_number = $1");
const LEAVE: Sql = Sql::both("DELETE FROM household_member WHERE id_number = $1");

#[tokio::test]
async fn a_birth_enters_the_child_with_a_valid_number() {
    for mut d in Department::on_each_database().await {
        let couple = d.han_couple();
        let request = d.son(&couple, CERTIFICATE);
        let answer = d.register(request.clone(), "a").await.unwrap();
        assert_eq!(answer.registered_on, today().to_string());
        let number = ResidentNumber::parse(&answer.id_number).unwrap();
        assert_eq!(number.region(), couple.number_division);
        assert_eq!((number.birth_date(), number.sex()), (born_on(), Sex::Male));
        let series = format!("DJ{}-{}-", couple.region, today().year());
        assert_eq!(answer.registration_number, format!("{series}000001"));
        let expected = Resident {
            id_number: answer.id_number.clone(),
            name: request.child_name.clone(),
            sex: "1".to_owned(),
            birth_date: request.born_on.clone(),
            household_id: couple.id.clone(),
            relation: "child".to_owned(),
            registration_number: answer.registration_number.clone(),
            birth_certificate_number: CERTIFICATE.to_owned(),
        };
        assert_eq!(d.resident(&answer.id_number).await.unwrap(), expected);
        let ethnicity = d.texts(ETHNICITY, args![&answer.id_number]).await;
        assert_eq!(ethnicity, ["01"]);
        // The same call again gets the same answer, and nothing more is entered.
        assert_eq!(d.register(request, "a").await.unwrap(), answer);
        assert_eq!(d.count(ENTRIES, args![]).await, 1);
    }
}

#[tokio::test]
async fn the_sample_familys_child_is_registered_whatever_its_custom_of_names() {
    for mut d in Department::on_each_database().await {
        let family = d.population.sample_family().unwrap();
        let request = RegisterBirthRequest {
            birth_certificate_number: CERTIFICATE.to_owned(),
            child_name: family.child_name,
            child_sex: family.birth.child_sex.code().to_owned(),
            born_on: family.birth.born_on().to_string(),
            mother_id_number: family.mother.id_number.clone(),
            father_id_number: family.father.id_number.clone(),
            household_id: family.household.id.clone(),
        };
        d.register(request, "a").await.unwrap();
    }
}

#[tokio::test]
async fn an_unmarried_mother_registers_her_child_alone() {
    for mut d in Department::on_each_database().await {
        let (household, mother) = d.add_household(1, "159998").await;
        let request = daughter(&household, &mother, CERTIFICATE);
        let answer = d.register(request, "a").await.unwrap();
        let child = d.resident(&answer.id_number).await.unwrap();
        assert_eq!(
            (child.relation, child.household_id),
            ("child".to_owned(), household)
        );
    }
}

#[tokio::test]
async fn a_birth_that_the_rules_do_not_admit_is_refused_without_effect() {
    for mut d in Department::on_each_database().await {
        let couple = d.han_couple();
        let whole = d.son(&couple, CERTIFICATE);
        let elsewhere = d.population.households.iter().find(|h| h.id != couple.id);
        let elsewhere = elsewhere.unwrap().id.clone();
        let later = |days: i64| today().saturating_add(days.days()).to_string();
        let cases = [
            (
                RegisterBirthRequest {
                    household_id: "HK150302-9999999".to_owned(),
                    ..whole.clone()
                },
                refused(Code::NotFound, "HOUSEHOLD_NOT_FOUND", "household_id"),
            ),
            (
                RegisterBirthRequest {
                    household_id: elsewhere,
                    ..whole.clone()
                },
                declared("PARENT_NOT_IN_HOUSEHOLD", "household_id"),
            ),
            (
                RegisterBirthRequest {
                    child_name: "欧阳晨".to_owned(),
                    ..whole.clone()
                },
                declared("NAME_NOT_ALLOWED", "child_name"),
            ),
            (
                RegisterBirthRequest {
                    child_name: "Wang".to_owned(),
                    ..whole.clone()
                },
                declared("NAME_NOT_ALLOWED", "child_name"),
            ),
            (
                RegisterBirthRequest {
                    born_on: later(2),
                    ..whole.clone()
                },
                declared("BORN_IN_FUTURE", "born_on"),
            ),
            (
                RegisterBirthRequest {
                    born_on: later(-400),
                    ..whole.clone()
                },
                declared("CHILD_TOO_OLD", "born_on"),
            ),
            (
                RegisterBirthRequest {
                    child_sex: "9".to_owned(),
                    ..whole.clone()
                },
                refused(Code::InvalidArgument, INVALID_INPUT, "child_sex"),
            ),
        ];
        for (index, (request, expected)) in cases.into_iter().enumerate() {
            let saga = format!("refused-{index}");
            let answer = d.register(request.clone(), &saga).await;
            assert_eq!(refusal(answer), expected);
            assert_eq!(refusal(d.register(request, &saga).await), expected);
            assert_eq!(d.outcome(&saga).await, Outcome::Refused);
        }
        assert_eq!(d.count(ENTRIES, args![]).await, 0);
        assert_eq!(d.count(ISSUED, args![]).await, 0);
        d.register(whole, "a").await.unwrap();
    }
}

fn declared(reason: &str, field: &str) -> (Code, String, String) {
    refused(Code::FailedPrecondition, reason, field)
}

#[tokio::test]
async fn one_of_the_parents_must_be_a_member_and_one_is_enough() {
    for mut d in Department::on_each_database().await {
        let couple = d.han_couple();
        let request = d.son(&couple, CERTIFICATE);
        d.write(LEAVE, args![&request.father_id_number]).await;
        let answer = d.register(request.clone(), "mother").await.unwrap();
        d.write(CANCEL, args![&answer.id_number]).await;
        d.write(LEAVE, args![&request.mother_id_number]).await;
        let expected = declared("PARENT_NOT_IN_HOUSEHOLD", "household_id");
        assert_eq!(refusal(d.register(request, "nobody").await), expected);
    }
}

#[tokio::test]
async fn a_birth_certificate_is_registered_once() {
    for mut d in Department::on_each_database().await {
        let couple = d.han_couple();
        let request = d.son(&couple, CERTIFICATE);
        d.register(request.clone(), "a").await.unwrap();
        let expected = declared("ALREADY_REGISTERED", "birth_certificate_number");
        assert_eq!(refusal(d.register(request, "b").await), expected);
        assert_eq!(d.count(ENTRIES, args![]).await, 1);
    }
}

#[tokio::test]
async fn of_many_registrations_of_one_certificate_at_once_one_is_made() {
    for d in Department::on_each_database().await {
        let mut calls = tokio::task::JoinSet::new();
        for index in 1..=12 {
            // Different households and sexes, so that neither lock decides.
            let (household, mother) = d.add_household(index, "159998").await;
            let mut request = daughter(&household, &mother, CERTIFICATE);
            request.child_sex = if index % 2 == 0 { "1" } else { "2" }.to_owned();
            let mut client = d.public_security.clone();
            let request = crate::department::as_step(request, &format!("s{index}"));
            calls.spawn(async move { client.register_birth(request).await });
        }
        let answers = calls.join_all().await;
        let (made, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 1);
        for other in others {
            let expected = declared("ALREADY_REGISTERED", "birth_certificate_number");
            assert_eq!(refusal(other), expected);
        }
        assert_eq!(d.count(ENTRIES, args![]).await, 1);
        assert_eq!(d.count(ISSUED, args![]).await, 1);
    }
}

#[tokio::test]
async fn a_registration_stands_when_it_is_undone() {
    for mut d in Department::on_each_database().await {
        let couple = d.han_couple();
        let answer = d.register(d.son(&couple, CERTIFICATE), "a").await.unwrap();
        assert_eq!(d.undo("a").await, UndoOutcome::AlreadyEffective);
        let child = d.resident(&answer.id_number).await.unwrap();
        assert_eq!(child.registration_number, answer.registration_number);
    }
}

#[tokio::test]
async fn a_cancelled_registration_keeps_its_number_and_the_next_gets_another() {
    for mut d in Department::on_each_database().await {
        let couple = d.han_couple();
        let request = d.son(&couple, CERTIFICATE);
        let wrong = d.register(request.clone(), "a").await.unwrap();
        d.write(CANCEL, args![&wrong.id_number]).await;
        let right = d.register(request, "b").await.unwrap();
        assert_ne!(right.id_number, wrong.id_number);
        assert_ne!(right.registration_number, wrong.registration_number);
        assert_eq!(d.count(ISSUED, args![]).await, 2);
    }
}
