//! The age at which a child starts school, through the gateway: the same day of birth is old enough in
//! Hohhot and too young in another league.

use jiff::civil::Date;
use onething_db::Sql;
use onething_population::{Population, Relation};
use onething_tests::{Case, Client, Plan, Suite, eventually, today};
use reqwest::{Method, StatusCode};
use serde_json::json;

/// A child and the parent who registers it.
struct Family<'a> {
    county: &'a str,
    child: &'a str,
    guardian: &'a str,
}

/// The year of the September for which children are registered now.
fn intake() -> i16 {
    today().year() + i16::from(today().month() >= 9)
}

/// A family in certain counties with a child that turns six in the last four months of the intake's year:
/// after the day that counts elsewhere, and before the one that counts in Hohhot.
fn late(population: &Population, here: impl Fn(&str) -> bool) -> Family<'_> {
    let late = |number: &str| {
        let person = population.person(number)?;
        let born: Date = person.birth_date;
        (born.year() == intake() - 6 && born.month() >= 9).then_some(())
    };
    let households = population.households.iter();
    let mut found = households
        .filter(|home| here(&home.region))
        .filter_map(|home| {
            let mut members = home.members.iter();
            let child =
                members.find(|m| m.relation == Relation::Child && late(&m.id_number).is_some())?;
            Some(Family {
                county: &home.region,
                child: &child.id_number,
                guardian: &home.head_id_number,
            })
        });
    found.next().expect("so many persons have such a child")
}

/// The guardian logs in with a code, and registers the child in their county.
async fn register(suite: &Suite, client: &Client, family: &Family<'_>) -> Case {
    let code = "150105";
    let login = format!(
        "INSERT INTO login_code (child_id_number, code, guardian_id_number, good_to) \
         VALUES ('{}', '{code}', '{}', '9999-12-31')",
        family.child, family.guardian
    );
    assert_eq!(suite.edit("identity", Sql::both(login.leak())).await, 1);
    let form = json!({
        "child": { "id_number": family.child },
        "guardian": { "login_code": code },
    });
    let body = json!({ "bundle": "school-enrollment", "form": form, "region": family.county });
    let request = client.request(Method::POST, "/v1/cases");
    let request = request.header("Idempotency-Key", family.county);
    let answer = client.send(request.json(&body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    Case::new(answer.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_born_late_in_the_year_starts_in_hohhot_and_waits_elsewhere() {
    let suite = Plan::default().persons(4_000).start().await;
    let client = suite.client();
    let population = &suite.samples.population;
    let hohhot = late(population, |county| county.starts_with("1501"));
    let elsewhere = late(population, |county| !county.starts_with("1501"));

    let case = register(&suite, &client, &elsewhere).await;
    assert_eq!(case.json()["region"], json!(null));
    let case = client.ended(case.id()).await;
    assert_eq!(case.state(), "compensated", "{case:#?}");
    let review = case.item("review");
    assert_eq!(review["reason"], "TOO_YOUNG", "{review:#}");
    let message = review["message"].as_str().unwrap();
    let rule = format!("in {}, when it is 6 years old by 31 August", intake() + 1);
    assert!(message.contains(&rule), "{message}");

    let case = register(&suite, &client, &hohhot).await;
    assert_eq!(case.json()["region"]["code"], "150100");
    eventually("the child has a seat, to be confirmed", async || {
        let case = client.case(case.id()).await;
        assert!(!case.ended(), "{case:#?}");
        (case.item("placement")["state"] == "succeeded").then_some(())
    })
    .await;
}
