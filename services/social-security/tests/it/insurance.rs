//! Enrolling in medical insurance, and cancelling it.

use onething_db::{Sql, args};
use onething_proto::{
    participant::UndoOutcome,
    social_security::{
        EnrollResidentMedicalInsuranceRequest, EnrollResidentMedicalInsuranceResponse,
    },
};
use tonic::Status;

use crate::department::{
    BROTHER, CHILD, Department, NAME, as_step, declared, invalid, refusal, today,
};

const REFUNDED: Sql = Sql::both("SELECT amount_fen FROM refund WHERE insurance_number = $1");
const REFUNDS: Sql = Sql::both("SELECT COUNT(*) FROM refund");
const ENROLMENTS: Sql = Sql::both("SELECT COUNT(*) FROM resident_enrolment");
const STATES: Sql = Sql::both("SELECT state FROM resident_enrolment ORDER BY insurance_number");
const CLAIM: Sql = Sql::both(
    "INSERT INTO claim (claim_number, insurance_number, amount_fen, state, changed_at) \
     VALUES ('C1', $1, 12000, $2, 0)",
);
const CLAIM_STATE: Sql = Sql::both("UPDATE claim SET state = $1");
const LAST_YEAR: Sql = Sql::both("UPDATE resident_enrolment SET year = year - 1");

async fn enroll(
    d: &mut Department,
    id_number: &str,
    region: &str,
    saga: &str,
) -> Result<EnrollResidentMedicalInsuranceResponse, Status> {
    let request = EnrollResidentMedicalInsuranceRequest {
        id_number: id_number.to_owned(),
        name: NAME.to_owned(),
        region: region.to_owned(),
    };
    let answer = d
        .social_security
        .enroll_resident_medical_insurance(as_step(request, saga))
        .await?;
    Ok(answer.into_inner())
}

#[tokio::test]
async fn a_newborn_is_enrolled_with_the_years_premium() {
    for mut d in Department::on_each_database().await {
        let answer = enroll(&mut d, CHILD, "150302", "a").await.unwrap();
        let series = format!("JM150302-{}-", today().year());
        assert_eq!(answer.insurance_number, format!("{series}000001"));
        assert_eq!(answer.premium_fen, 40_000);
        let read = d.enrolment(CHILD).await;
        assert_eq!(read.insurance_number, answer.insurance_number);
        assert_eq!(read.card_number, "");
        // The same call again gets the same answer, another child the next number.
        let again = enroll(&mut d, CHILD, "150302", "a").await.unwrap();
        assert_eq!(again, answer);
        let brother = enroll(&mut d, BROTHER, "150302", "b").await.unwrap();
        assert_eq!(brother.insurance_number, format!("{series}000002"));
    }
}

#[tokio::test]
async fn an_enrolment_that_the_rules_do_not_admit_is_refused_without_effect() {
    for mut d in Department::on_each_database().await {
        let employee = d.employee();
        let cases = [
            (CHILD, "110101", declared("REGION_NOT_SERVED", "region")),
            (CHILD, "150300", declared("REGION_NOT_SERVED", "region")),
            (CHILD, "", declared("REGION_NOT_SERVED", "region")),
            (
                "150105201907159961",
                "150302",
                declared("NUMBER_INVALID", "id_number"),
            ),
            ("", "150302", declared("NUMBER_INVALID", "id_number")),
            (
                &employee,
                "150302",
                declared("ALREADY_INSURED", "id_number"),
            ),
        ];
        for (index, (id_number, region, expected)) in cases.into_iter().enumerate() {
            let saga = format!("s{index}");
            let answer = enroll(&mut d, id_number, region, &saga).await;
            assert_eq!(refusal(answer), expected);
        }
        let request = EnrollResidentMedicalInsuranceRequest {
            id_number: CHILD.to_owned(),
            name: "W".to_owned(),
            region: "150302".to_owned(),
        };
        let mut client = d.social_security.clone();
        let answer = client.enroll_resident_medical_insurance(as_step(request, "name"));
        assert_eq!(refusal(answer.await), invalid("name"));
        assert_eq!(d.number(ENROLMENTS, args![]).await, 0);
        assert_eq!(d.enrolment(CHILD).await.insurance_number, "");
    }
}

#[tokio::test]
async fn nobody_is_insured_twice_in_a_year() {
    for mut d in Department::on_each_database().await {
        enroll(&mut d, CHILD, "150302", "a").await.unwrap();
        let expected = declared("ALREADY_INSURED", "id_number");
        let answer = enroll(&mut d, CHILD, "150105", "b").await;
        assert_eq!(refusal(answer), expected);
        d.write(LAST_YEAR, args![]).await;
        assert_eq!(d.enrolment(CHILD).await.insurance_number, "");
        let next = enroll(&mut d, CHILD, "150105", "c").await.unwrap();
        assert_eq!(
            d.enrolment(CHILD).await.insurance_number,
            next.insurance_number
        );
    }
}

#[tokio::test]
async fn of_many_enrolments_of_one_child_at_once_one_is_made() {
    for d in Department::on_each_database().await {
        let mut calls = tokio::task::JoinSet::new();
        for index in 0..12 {
            let request = EnrollResidentMedicalInsuranceRequest {
                id_number: CHILD.to_owned(),
                name: NAME.to_owned(),
                region: "150302".to_owned(),
            };
            let request = as_step(request, &format!("s{index}"));
            let mut client = d.social_security.clone();
            calls.spawn(async move { client.enroll_resident_medical_insurance(request).await });
        }
        let answers = calls.join_all().await;
        let (made, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 1);
        for other in others {
            assert_eq!(refusal(other), declared("ALREADY_INSURED", "id_number"));
        }
        assert_eq!(d.number(ENROLMENTS, args![]).await, 1);
    }
}

#[tokio::test]
async fn undoing_cancels_the_enrolment_and_books_the_refund_once() {
    for mut d in Department::on_each_database().await {
        let first = enroll(&mut d, CHILD, "150302", "a").await.unwrap();
        for _ in 0..2 {
            assert_eq!(d.undone("a").await, UndoOutcome::Undone);
        }
        assert_eq!(d.enrolment(CHILD).await.insurance_number, "");
        let refunded = d.number(REFUNDED, args![&first.insurance_number]).await;
        assert_eq!(refunded, first.premium_fen);
        assert_eq!(d.number(REFUNDS, args![]).await, 1);
        // What was cancelled stays, and its number with it.
        let second = enroll(&mut d, CHILD, "150302", "b").await.unwrap();
        assert_ne!(second.insurance_number, first.insurance_number);
        assert_eq!(d.texts(STATES, args![]).await, ["cancelled", "in_force"]);
    }
}

#[tokio::test]
async fn an_enrolment_upon_which_a_claim_was_paid_stands() {
    for mut d in Department::on_each_database().await {
        let made = enroll(&mut d, CHILD, "150302", "a").await.unwrap();
        d.write(CLAIM, args![&made.insurance_number, "paid"]).await;
        for _ in 0..2 {
            let answer = d.undo("a").await;
            assert_eq!(answer.outcome(), UndoOutcome::Impossible);
            assert_eq!(answer.reason, "CLAIM_PAID");
        }
        assert_eq!(
            d.enrolment(CHILD).await.insurance_number,
            made.insurance_number
        );
        assert_eq!(d.number(REFUNDS, args![]).await, 0);
        // A claim that was refused in the end is none.
        d.write(CLAIM_STATE, args!["refused"]).await;
        assert_eq!(d.undone("a").await, UndoOutcome::Undone);
        assert_eq!(d.number(REFUNDS, args![]).await, 1);
    }
}
