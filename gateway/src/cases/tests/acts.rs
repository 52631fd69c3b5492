//! Acts from outside that a step waits for.

use super::town::{ACT, LOCK, World, item};
use crate::cases::{ActError, Done};

#[tokio::test]
async fn the_case_says_whose_turn_it_is_and_goes_on_with_the_act() {
    let world = World::new();
    let id = world.file().await;
    let waits = world.until(&id, ACT, "waiting").await;
    assert_eq!(waits["acts_next"], "merchant");
    assert!(waits["since"].is_string());
    // What waits for others is nobody's turn.
    let blocked = item(&world.case(&id).await, LOCK);
    assert_eq!(blocked["state"], "blocked");
    assert!(blocked.get("acts_next").is_none());

    let done = world.cases.perform(&id, ACT, "key").await.unwrap();
    assert_eq!(done, Done::Now);
    assert_eq!(world.ended(&id).await, "completed");
    let case = world.case(&id).await;
    for item in case["items"].as_array().unwrap() {
        assert!(item.get("acts_next").is_none(), "{item}");
    }
}

#[tokio::test]
async fn an_officer_has_until_the_statutory_time_is_over() {
    let world = World::new();
    world.town.later(LOCK);
    let id = world.cleared().await;
    let waits = world.until(&id, LOCK, "waiting").await;
    assert_eq!(waits["acts_next"], "department");
    let (since, due) = (waits["since"].as_str(), waits["due_at"].as_str());
    assert!(since.unwrap() < due.unwrap(), "{waits}");
    world.approve(&id, LOCK).await;
    assert_eq!(world.ended(&id).await, "completed");
}

#[tokio::test]
async fn the_same_act_again_is_one_act() {
    let world = World::new();
    world.town.later(LOCK);
    let id = world.file().await;
    world.until(&id, ACT, "waiting").await;
    assert_eq!(
        world.cases.perform(&id, ACT, "key").await.unwrap(),
        Done::Now
    );
    assert_eq!(
        world.cases.perform(&id, ACT, "key").await.unwrap(),
        Done::Before
    );
    world.until(&id, LOCK, "waiting").await;
    let other = world.cases.perform(&id, ACT, "other").await.unwrap_err();
    assert!(matches!(other, ActError::NotWaiting { .. }), "{other}");
}

#[tokio::test]
async fn only_what_waits_for_an_act_takes_one() {
    let world = World::new();
    let id = world.file().await;
    let unknown = world.cases.perform(&id, "nothing", "a").await.unwrap_err();
    assert!(matches!(unknown, ActError::UnknownStep(_)), "{unknown}");
    let of_a_department = world.cases.perform(&id, LOCK, "b").await.unwrap_err();
    assert!(matches!(of_a_department, ActError::NotWaiting { .. }));
    let nobody = uuid::Uuid::now_v7().to_string();
    let nobody = world.cases.perform(&nobody, ACT, "c").await.unwrap_err();
    assert!(matches!(nobody, ActError::Read(_)), "{nobody}");
}
