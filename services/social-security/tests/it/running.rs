//! The service as it runs: its population, its restarts, suspended matters.

use onething_participant::MATTER_SUSPENDED;
use onething_proto::social_security::{
    GetEnrolmentRequest, GetMaternityEntitlementRequest, IssueSocialSecurityCardRequest,
};

use crate::department::{CHILD, Department, NAME, as_step, declared, invalid, refusal};

fn card(id_number: &str) -> IssueSocialSecurityCardRequest {
    IssueSocialSecurityCardRequest {
        id_number: id_number.to_owned(),
        name: NAME.to_owned(),
        bank: None,
    }
}

#[tokio::test]
async fn employees_are_insured_and_nobody_else_of_the_population() {
    for mut d in Department::on_each_database().await {
        for person in d.population.persons.clone() {
            let read = d.enrolment(&person.id_number).await;
            assert_eq!(!read.insurance_number.is_empty(), person.employee_insured);
            let retires = d.population.sample_retiree().unwrap().person == &person;
            assert_eq!(!read.card_number.is_empty(), retires);
        }
        let id_number = "1".to_owned();
        let malformed = d
            .social_security
            .get_enrolment(GetEnrolmentRequest { id_number });
        assert_eq!(refusal(malformed.await), invalid("id_number"));
    }
}

#[tokio::test]
async fn a_department_that_has_records_keeps_them_at_a_restart() {
    for mut d in Department::on_each_database().await {
        let request = as_step(card(CHILD), "a");
        d.social_security
            .issue_social_security_card(request)
            .await
            .unwrap();
        let (old, employee) = (d.population.clone(), d.employee());
        let mut d = d.restarted(2, "[]").await;
        assert_eq!(d.enrolment(CHILD).await.card_number, "A00000001");
        assert_ne!(d.enrolment(&employee).await.insurance_number, "");
        let mut new = d
            .population
            .persons
            .iter()
            .filter(|person| person.employee_insured);
        let new = new.find(|person| old.person(&person.id_number).is_none());
        let new = new.unwrap().id_number.clone();
        assert_eq!(d.enrolment(&new).await.insurance_number, "");
    }
}

#[tokio::test]
async fn a_suspended_matter_is_refused_and_others_go_on() {
    let suspensions = r#"[
        { method = "onething.social_security.v1.SocialSecurityService/IssueSocialSecurityCard" },
        { method = "onething.social_security.v1.SocialSecurityService/GetMaternityEntitlement" },
    ]"#;
    for d in Department::on_each_database().await {
        let mut d = d.restarted(1, suspensions).await;
        let mut client = d.social_security.clone();
        let answer = client
            .issue_social_security_card(as_step(card(CHILD), "a"))
            .await;
        assert_eq!(refusal(answer), declared(MATTER_SUSPENDED, ""));
        let id_number = CHILD.to_owned();
        let question = GetMaternityEntitlementRequest { id_number };
        let answer = client
            .get_maternity_entitlement(as_step(question, "b"))
            .await;
        assert_eq!(refusal(answer), declared(MATTER_SUSPENDED, ""));
        assert_eq!(d.enrolment(CHILD).await.card_number, "");
    }
}
