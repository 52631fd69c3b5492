//! An applicant withdraws.

use super::town::{ACT, LOCK, RETURNABLE, World};
use crate::cases::{ActError, Done};

#[tokio::test]
async fn what_was_done_is_undone_and_withdrawing_again_is_no_second_wish() {
    let world = World::new();
    world.town.later(RETURNABLE);
    let id = world.cleared().await;
    world.until(&id, LOCK, "succeeded").await;
    let done = world.cases.withdraw(&id, "changed my mind").await;
    assert_eq!(done.unwrap(), Done::Now);
    assert_eq!(world.ended(&id).await, "compensated");
    let undone = world.town.undone();
    assert!(undone.contains(&LOCK.to_owned()), "{undone:?}");
    // The answer was lost, and the app asks again.
    assert_eq!(world.cases.withdraw(&id, "").await.unwrap(), Done::Before);
}

#[tokio::test]
async fn a_case_can_be_withdrawn_while_it_waits_for_an_outsider() {
    let world = World::new();
    let id = world.file().await;
    world.until(&id, ACT, "waiting").await;
    world.cases.withdraw(&id, "").await.unwrap();
    assert_eq!(world.ended(&id).await, "compensated");
    let late = world.cases.perform(&id, ACT, "late").await.unwrap_err();
    assert!(matches!(late, ActError::NotWaiting { .. }), "{late}");
}

#[tokio::test]
async fn what_is_done_cannot_be_withdrawn() {
    let world = World::new();
    let id = world.cleared().await;
    assert_eq!(world.ended(&id).await, "completed");
    let late = world.cases.withdraw(&id, "").await.unwrap_err();
    assert!(matches!(late, ActError::Conflict(_)), "{late}");
}
