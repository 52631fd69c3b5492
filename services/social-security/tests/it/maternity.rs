//! Maternity benefit: who is entitled, and that a birth is paid once.

use onething_db::{Sql, args};
use onething_proto::{
    participant::UndoOutcome,
    social_security::{
        GetMaternityEntitlementRequest, GrantMaternityBenefitRequest, GrantMaternityBenefitResponse,
    },
};
use tonic::Status;

use crate::department::{CHILD, Department, as_step, invalid, refusal, today};

const CERTIFICATE: &str = "U150000001";
const PAID: Sql = Sql::both("SELECT COUNT(*) FROM maternity_benefit");
const END: Sql = Sql::both("UPDATE employee_insurance SET state = 'ended' WHERE id_number = $1");

async fn entitled(d: &mut Department, id_number: &str) -> Result<bool, Status> {
    let id_number = id_number.to_owned();
    let request = as_step(GetMaternityEntitlementRequest { id_number }, "q");
    let answer = d.social_security.get_maternity_entitlement(request).await?;
    Ok(answer.into_inner().entitled)
}

async fn grant(
    d: &mut Department,
    id_number: &str,
    certificate: &str,
    saga: &str,
) -> Result<GrantMaternityBenefitResponse, Status> {
    let request = GrantMaternityBenefitRequest {
        id_number: id_number.to_owned(),
        birth_certificate_number: certificate.to_owned(),
    };
    let answer = d
        .social_security
        .grant_maternity_benefit(as_step(request, saga))
        .await?;
    Ok(answer.into_inner())
}

fn mothers(d: &Department) -> Vec<String> {
    let persons = d.population.persons.iter();
    let entitled = persons.filter(|person| person.maternity_entitled);
    entitled.map(|person| person.id_number.clone()).collect()
}

#[tokio::test]
async fn the_insured_mothers_of_the_population_are_entitled_and_nobody_else() {
    for mut d in Department::on_each_database().await {
        assert!(!mothers(&d).is_empty());
        for person in d.population.persons.clone() {
            let answer = entitled(&mut d, &person.id_number).await.unwrap();
            assert_eq!(answer, person.maternity_entitled);
        }
        assert!(!entitled(&mut d, CHILD).await.unwrap());
        assert_eq!(refusal(entitled(&mut d, "1").await), invalid("id_number"));
        let mother = mothers(&d).remove(0);
        d.write(END, args![&mother]).await;
        assert!(!entitled(&mut d, &mother).await.unwrap());
    }
}

#[tokio::test]
async fn a_birth_is_paid_once_whatever_the_case() {
    for mut d in Department::on_each_database().await {
        let mother = mothers(&d).remove(0);
        let granted = grant(&mut d, &mother, CERTIFICATE, "a").await.unwrap();
        let number = format!("SY{}-0000001", today().year());
        assert_eq!(granted.benefit_number, number);
        assert_eq!(granted.amount_fen, 270 * 100 * 158 + 300_000);
        let again = grant(&mut d, &mother, "u150000001", "b").await.unwrap();
        assert_eq!(again, granted);
        assert_eq!(d.number(PAID, args![]).await, 1);
        // It is paid: undoing takes a decision of its own.
        assert_eq!(d.undone("a").await, UndoOutcome::AlreadyEffective);
        // Another birth is another benefit; what was granted stands when the insurance ends.
        let twin = grant(&mut d, &mother, "U150000002", "c").await.unwrap();
        assert_ne!(twin.benefit_number, granted.benefit_number);
        d.write(END, args![&mother]).await;
        let later = grant(&mut d, &mother, CERTIFICATE, "d").await.unwrap();
        assert_eq!(later, granted);
        assert_eq!(d.number(PAID, args![]).await, 2);
    }
}

#[tokio::test]
async fn of_many_grants_for_one_birth_at_once_one_is_paid() {
    for d in Department::on_each_database().await {
        let mothers = mothers(&d);
        let mut calls = tokio::task::JoinSet::new();
        for index in 0..12 {
            let request = GrantMaternityBenefitRequest {
                // Two mothers, so that neither record's lock decides.
                id_number: mothers[index % 2].clone(),
                birth_certificate_number: CERTIFICATE.to_owned(),
            };
            let request = as_step(request, &format!("s{index}"));
            let mut client = d.social_security.clone();
            calls.spawn(async move { client.grant_maternity_benefit(request).await });
        }
        let answers = calls.join_all().await;
        let (granted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((granted.len(), refused.len()), (6, 6));
        for other in refused {
            assert_eq!(refusal(other), invalid("birth_certificate_number"));
        }
        assert_eq!(d.number(PAID, args![]).await, 1);
    }
}

#[tokio::test]
async fn an_impossible_grant_is_refused_with_its_field() {
    for mut d in Department::on_each_database().await {
        let mother = mothers(&d).remove(0);
        for (id_number, certificate, field) in [
            (CHILD, CERTIFICATE, "id_number"),
            ("", CERTIFICATE, "id_number"),
            (&mother, "U1", "birth_certificate_number"),
        ] {
            let saga = format!("{id_number}/{certificate}");
            let answer = grant(&mut d, id_number, certificate, &saga).await;
            assert_eq!(refusal(answer), invalid(field));
        }
        assert_eq!(d.number(PAID, args![]).await, 0);
    }
}
