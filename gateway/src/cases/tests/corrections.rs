//! Corrections of what an officer returned.

use serde_json::json;

use super::town::{LOCK, RETURNABLE, World, form, item};
use crate::cases::{ActError, Done};

/// A case whose acceptance was returned in its first round.
async fn returned(world: &World) -> String {
    world.town.return_in(RETURNABLE, 1);
    let id = world.cleared().await;
    let waits = world.until(&id, RETURNABLE, "waiting").await;
    assert_eq!(waits["acts_next"], "applicant", "{waits}");
    assert_eq!(waits["reason"], "PREMISES_NOT_USABLE");
    assert!(waits["since"].is_string());
    // The department's clock stands still.
    assert!(waits.get("due_at").is_none(), "{waits}");
    id
}

#[tokio::test]
async fn the_corrected_step_runs_again_with_the_whole_form() {
    let world = World::new();
    let id = returned(&world).await;
    let changes = json!({ "enterprise": { "target_address": "鄂尔多斯市东胜区天骄路 6 号" } });
    let done = world.cases.correct(&id, None, &changes, "key").await;
    assert_eq!(done.unwrap(), Done::Now);
    assert_eq!(world.ended(&id).await, "completed");
    let mut expected = form();
    expected["enterprise"]["target_address"] = changes["enterprise"]["target_address"].clone();
    assert_eq!(world.town.sent(RETURNABLE, 2), Some(expected));
    // What the address does not concern was not called again, and the lock stands.
    assert_eq!(world.town.sent(LOCK, 2), None);
    assert!(world.town.undone().is_empty());
}

#[tokio::test]
async fn what_else_the_changed_field_feeds_is_undone_and_runs_again() {
    let world = World::new();
    let id = returned(&world).await;
    world.until(&id, LOCK, "succeeded").await;
    // The credit code is what the lock, and the queries before it, were asked with.
    let changes = json!({ "enterprise": { "credit_code": "91150603YYYY000392" } });
    let done = world
        .cases
        .correct(&id, Some(RETURNABLE), &changes, "key")
        .await;
    assert_eq!(done.unwrap(), Done::Now);
    // An act that was done outside stays done: nobody is asked twice.
    assert_eq!(world.ended(&id).await, "completed");
    assert_eq!(world.town.undone(), [LOCK]);
    let sent = world.town.sent(LOCK, 2).unwrap();
    assert_eq!(sent["enterprise"]["credit_code"], "91150603YYYY000392");
}

#[tokio::test]
async fn the_same_correction_again_is_one_correction() {
    let world = World::new();
    world.town.later(LOCK);
    let id = returned(&world).await;
    let changes = json!({ "enterprise": { "target_address": "别处", "premises_right": "owned" } });
    let same = json!({ "enterprise": { "premises_right": "owned", "target_address": "别处" } });
    let correct = async |changes, key| world.cases.correct(&id, None, changes, key).await;
    assert_eq!(correct(&changes, "key").await.unwrap(), Done::Now);
    assert_eq!(correct(&same, "key").await.unwrap(), Done::Before);
    world.until(&id, RETURNABLE, "succeeded").await;
    assert_eq!(correct(&changes, "key").await.unwrap(), Done::Before);
    let other = json!({ "enterprise": { "target_address": "又别处" } });
    let reused = correct(&other, "key").await.unwrap_err();
    assert!(matches!(reused, ActError::KeyReused), "{reused}");
    let late = correct(&other, "other").await.unwrap_err();
    assert!(matches!(late, ActError::Conflict(_)), "{late}");
    assert_eq!(world.town.sent(RETURNABLE, 3), None);
}

#[tokio::test]
async fn a_correction_is_checked_as_a_form_is_and_leaves_no_trace_when_it_is_wrong() {
    let world = World::new();
    let id = returned(&world).await;
    let wrong = json!({
        "enterprise": { "credit_code": "91150105YYYY00012X", "colour": "red" },
        "representative": { "id_number": null },
    });
    let wrong = world.cases.correct(&id, None, &wrong, "key").await;
    let Err(ActError::Form(problems)) = wrong else {
        panic!("{wrong:?}")
    };
    let fields: Vec<_> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    for field in [
        "enterprise.credit_code",
        "enterprise.colour",
        "representative.id_number",
    ] {
        assert!(fields.contains(&field), "{field}: {fields:?}");
    }
    let not_a_form = world.cases.correct(&id, None, &json!("x"), "key").await;
    assert!(matches!(not_a_form, Err(ActError::Form(_))));
    // The key is still free.
    let right = json!({ "enterprise": { "target_address": "别处" } });
    let done = world.cases.correct(&id, None, &right, "key").await;
    assert_eq!(done.unwrap(), Done::Now);
    assert_eq!(world.ended(&id).await, "completed");
}

#[tokio::test]
async fn only_what_was_returned_is_corrected() {
    let world = World::new();
    let id = world.file().await;
    let changes = json!({ "enterprise": { "target_address": "别处" } });
    let nothing = world.cases.correct(&id, None, &changes, "a").await;
    assert!(matches!(nothing, Err(ActError::Conflict(_))), "{nothing:?}");
    let unknown = world.cases.correct(&id, Some("nothing"), &changes, "b");
    assert!(matches!(unknown.await, Err(ActError::UnknownStep(_))));
    let case = world.case(&id).await;
    assert_ne!(item(&case, RETURNABLE)["acts_next"], "applicant");
}
