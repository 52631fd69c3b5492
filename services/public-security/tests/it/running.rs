//! The service as it runs: its population, its restarts, suspended matters.

use onething_participant::{INVALID_INPUT, Refusal};
use onething_proto::participant::Outcome;
use tonic::Code;

use crate::department::{Department, refusal, refused};

#[tokio::test]
async fn every_person_of_the_population_is_registered() {
    for mut d in Department::on_each_database().await {
        for person in d.population.persons.clone() {
            let resident = d.resident(&person.id_number).await.unwrap();
            assert_eq!(resident.name, person.name);
            assert_eq!(resident.birth_date, person.birth_date.to_string());
            let home = d.population.household_of(&person.id_number);
            let home = home.map_or("", |household| household.id.as_str());
            assert_eq!(resident.household_id, home);
            assert_eq!(resident.registration_number, "");
        }
        let unknown = d.resident("150302196603159977").await;
        let expected = refused(Code::NotFound, "RESIDENT_NOT_FOUND", "id_number");
        assert_eq!(refusal(unknown), expected);
        let expected = refused(Code::InvalidArgument, INVALID_INPUT, "id_number");
        assert_eq!(refusal(d.resident("1").await), expected);
    }
}

#[tokio::test]
async fn a_register_that_is_not_empty_keeps_its_residents_at_a_restart() {
    for mut d in Department::on_each_database().await {
        let couple = d.han_couple();
        let child = d.register(d.son(&couple, "U150000001"), "a").await.unwrap();
        let old = d.population.clone();
        let mut d = d.restarted(2, "[]").await;
        d.resident(&child.id_number).await.unwrap();
        d.resident(&old.persons[0].id_number).await.unwrap();
        let mut new = d.population.persons.iter();
        let new = new.find(|person| old.person(&person.id_number).is_none());
        let new = new.unwrap().id_number.clone();
        assert_eq!(refusal(d.resident(&new).await).1, "RESIDENT_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_suspended_forward_matter_waits_and_nothing_is_recorded() {
    let suspensions = r#"[{ method = "onething.public_security.v1.PublicSecurityService/RefileSeal",
        step = "step" }]"#;
    for d in Department::on_each_database().await {
        let mut d = d.restarted(1, suspensions).await;
        let code = d.population.enterprises[0].credit_code.clone();
        let status = d.refile(&code, "150602", "a").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(Refusal::from_status(&status), None);
        assert_eq!(d.outcome("a").await, Outcome::NotSeen);
        // Once the matter is accepted again, the same call takes effect.
        let mut d = d.restarted(1, "[]").await;
        d.refile(&code, "150602", "a").await.unwrap();
    }
}
