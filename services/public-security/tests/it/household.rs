//! Finding the household of a parent.

use onething_participant::INVALID_INPUT;
use onething_proto::public_security::{FindParentHouseholdRequest, FindParentHouseholdResponse};
use tonic::{Code, Status};

use crate::department::{Department, as_step, refusal, refused};

async fn find(
    d: &mut Department,
    mother: &str,
    father: &str,
    follows: &str,
) -> Result<FindParentHouseholdResponse, Status> {
    let request = FindParentHouseholdRequest {
        mother_id_number: mother.to_owned(),
        father_id_number: father.to_owned(),
        follows: follows.to_owned(),
    };
    let answer = d
        .public_security
        .find_parent_household(as_step(request, "s"))
        .await?;
    Ok(answer.into_inner())
}

#[tokio::test]
async fn the_household_is_that_of_the_parent_whom_the_child_follows() {
    for mut d in Department::on_each_database().await {
        let couple = d.han_couple();
        let mother = couple.members[1].id_number.clone();
        let father = couple.head_id_number.clone();
        let head_name = d.population.person(&father).unwrap().name.clone();
        let expected = FindParentHouseholdResponse {
            household_id: couple.id,
            region: couple.region,
            address: couple.address,
            head_name,
        };
        for (follows, other) in [("mother", ""), ("mother", father.as_str())] {
            let found = find(&mut d, &mother, other, follows).await.unwrap();
            assert_eq!(found, expected);
        }
        // Whom the child follows decides, not who is married to whom.
        let elsewhere = d.population.sample_enterprise().unwrap();
        let elsewhere = elsewhere.legal_representative.id_number.clone();
        let found = find(&mut d, &mother, &elsewhere, "father").await.unwrap();
        let home = d.population.household_of(&elsewhere).unwrap();
        assert_eq!(found.household_id, home.id);
    }
}

#[tokio::test]
async fn who_is_a_member_of_no_household_has_none() {
    for mut d in Department::on_each_database().await {
        let expected = refused(Code::FailedPrecondition, "NO_HOUSEHOLD", "");
        let nobody = "150302196603159977";
        assert_eq!(refusal(find(&mut d, "", nobody, "father").await), expected);
        let dead = d.population.persons.iter().find(|person| !person.alive);
        let dead = dead.unwrap().id_number.clone();
        assert_eq!(refusal(find(&mut d, &dead, "", "mother").await), expected);
    }
}

#[tokio::test]
async fn a_malformed_question_is_refused_with_its_field() {
    for mut d in Department::on_each_database().await {
        let number = d.han_couple().head_id_number;
        for (mother, father, follows, field) in [
            ("", number.as_str(), "mother", "mother_id_number"),
            (&number, "", "father", "father_id_number"),
            (&number, "1", "mother", "father_id_number"),
            (&number, "", "", "follows"),
            (&number, "", "uncle", "follows"),
        ] {
            let expected = refused(Code::InvalidArgument, INVALID_INPUT, field);
            let answer = find(&mut d, mother, father, follows).await;
            assert_eq!(refusal(answer), expected);
        }
    }
}
