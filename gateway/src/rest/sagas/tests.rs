//! The operators' addresses over departments that answer as told.

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use onething_saga::store::Store;
use serde_json::json;
use tower::ServiceExt;

use super::*;
use crate::operators::fixture::{TOKENS, World};

/// Sends a request and gives the status and the body.
async fn send(
    world: &World,
    token: Option<&str>,
    method: &str,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/v1/sagas{path}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    };
    let answer = router(world.sagas.clone())
        .oneshot(request.body(body).unwrap())
        .await
        .unwrap();
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn token(name: &str) -> Option<&'static str> {
    let found = TOKENS.iter().find(|(known, _)| *known == name);
    Some(found.unwrap().1)
}

async fn get(world: &World, path: &str) -> Value {
    let (status, body) = send(world, token("saran"), "GET", path, Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{body:#}");
    body
}

async fn act(world: &World, name: &str, path: &str, body: Value) -> (StatusCode, Value) {
    send(world, token(name), "POST", path, body).await
}

async fn listed(world: &World, query: &str) -> Vec<String> {
    let page = get(world, &format!("?{query}")).await;
    let sagas = page["sagas"].as_array().unwrap();
    sagas
        .iter()
        .map(|saga| saga["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn sagas_are_found_by_each_criterion_and_page_by_page() {
    let world = World::new();
    let done = world.filed_until("completed").await;
    world.town.refuse("notice");
    let escalated = world.filed_until("escalated").await;
    world.town.refuse("licence");
    world.town.keep("lock");
    let halted = world.filed_until("halted").await;
    let id = halted.parse().unwrap();
    world.store.quarantine(id, "by a test").await.unwrap();

    let (done, escalated, halted) = (done.as_str(), escalated.as_str(), halted.as_str());
    let all = [done, escalated, halted];
    assert_eq!(listed(&world, "").await, all);
    assert_eq!(listed(&world, "bundle=move").await, all);
    assert_eq!(listed(&world, "bundle=newborn").await, [""; 0]);
    assert_eq!(listed(&world, "state=halted").await, [halted]);
    assert_eq!(listed(&world, "state=Escalated").await, [escalated]);
    assert_eq!(listed(&world, "department=bank").await, [escalated]);
    assert_eq!(listed(&world, "quarantined=true").await, [halted]);
    assert_eq!(
        listed(&world, "quarantined=false&state=completed").await,
        [done]
    );
    assert_eq!(listed(&world, "older_than=0s").await, all);
    assert_eq!(listed(&world, "older_than=1h").await, [""; 0]);

    let first = get(&world, "?page_size=2").await;
    let next = first["next_page_token"].as_str().unwrap();
    assert_eq!(first["sagas"].as_array().unwrap().len(), 2);
    let second = get(&world, &format!("?page_size=2&page_token={next}")).await;
    assert_eq!(second["sagas"][0]["id"], halted);
    assert_eq!(second["next_page_token"], Value::Null);
}

#[tokio::test]
async fn a_saga_without_a_next_wake_time_is_found_by_a_query() {
    let world = World::new();
    world.filed_until("completed").await;
    world.town.refuse("notice");
    world.filed_until("escalated").await;
    assert_eq!(listed(&world, "without_wake=true").await, [""; 0]);
    let forgotten = world.forgotten().await;
    let forgotten = forgotten.as_str();
    assert_eq!(listed(&world, "without_wake=true").await, [forgotten]);
    // It was accepted a second after the epoch.
    assert_eq!(listed(&world, "older_than=52w").await, [forgotten]);
}

#[tokio::test]
async fn s47_an_ended_case_is_erased_and_still_verifies() {
    let world = World::new();
    let kept = world.filed_until("completed").await;
    let wish = json!({ "reason": "the applicant asked for it" });
    let (status, problem) = act(&world, "saran", &format!("/{kept}/erase"), wish.clone()).await;
    assert_eq!(
        (status, &problem["code"], &problem["detail"]),
        (
            StatusCode::CONFLICT,
            &json!("SAGA_CONFLICT"),
            &json!("the case must be kept for 183 more days")
        )
    );

    let world = World::forgetful();
    let id = world.filed_until("completed").await;
    assert_eq!(get(&world, &format!("/{id}")).await["erased"], false);
    let (status, _) = act(&world, "wall", &format!("/{id}/erase"), wish.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, shown) = act(&world, "saran", &format!("/{id}/erase"), wish).await;
    assert_eq!(status, StatusCode::OK, "{shown:#}");
    assert_eq!(
        (&shown["erased"], &shown["state"]),
        (&json!(true), &json!("completed"))
    );
    assert_eq!(shown["chain"]["intact"], true);
    assert_eq!(shown["steps"][1]["state"], "succeeded");
    let rows = get(&world, &format!("/{id}/events")).await;
    let last = rows["events"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["kind"], &last["details"]),
        (
            &json!("erased"),
            &json!({ "by": "saran", "reason": "the applicant asked for it" })
        )
    );
}

#[tokio::test]
async fn what_people_said_is_erased_with_a_case_and_what_they_did_is_not() {
    let world = World::forgetful();
    world.town.refuse("licence");
    world.town.keep("lock");
    let id = world.filed_until("halted").await;
    world.town.release("lock");
    let wish = json!({ "step": "lock", "reason": "Batu handed it back" });
    let (status, _) = act(&world, "saran", &format!("/{id}/undo"), wish).await;
    assert_eq!(status, StatusCode::OK);
    world.until(&id, "compensated").await;
    let read = async || {
        let shown = get(&world, &format!("/{id}")).await;
        let rows = get(&world, &format!("/{id}/events")).await;
        format!("{shown}{rows}")
    };
    let words = ["Batu handed it back", "not today"];
    let acts = ["undo_retry_requested", "saran", "MATTER_SUSPENDED"];
    let before = read().await;
    for said in words.iter().chain(&acts) {
        assert!(before.contains(said), "{said} is not in {before}");
    }

    let wish = json!({ "reason": "its time is over" });
    let (status, _) = act(&world, "batu", &format!("/{id}/erase"), wish).await;
    assert_eq!(status, StatusCode::OK);
    let after = read().await;
    for said in words {
        assert!(!after.contains(said), "{said} is still in {after}");
    }
    for done in acts.iter().chain(&["its time is over"]) {
        assert!(after.contains(done), "{done} is not in {after}");
    }
}

#[tokio::test]
async fn a_halted_saga_is_undone_and_an_escalated_one_tried_again() {
    let world = World::new();
    world.town.refuse("licence");
    world.town.keep("lock");
    let halted = world.filed_until("halted").await;
    let shown = get(&world, &format!("/{halted}")).await;
    assert_eq!(shown["responsible"], "registry");
    assert_eq!(shown["steps"][0]["state"], "undo_failed");
    assert_eq!(shown["steps"][0]["trouble"], "the seal was collected");
    assert_eq!(shown["steps"][0]["acts"], json!(["undo", "attest"]));
    assert_eq!(shown["steps"][1]["acts"], json!([]));
    assert!(shown["wake_at"].is_string() && shown["chain"]["intact"] == true);

    let wish = json!({ "step": "lock", "reason": "it was handed back" });
    let (status, problem) = act(&world, "saran", &format!("/{halted}/retry"), wish.clone()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("SAGA_CONFLICT"))
    );
    world.town.release("lock");
    let (status, _) = act(&world, "saran", &format!("/{halted}/undo"), wish).await;
    assert_eq!(status, StatusCode::OK);
    world.until(&halted, "compensated").await;
    let rows = get(&world, &format!("/{halted}/events")).await;
    let row = rows["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["kind"] == "undo_retry_requested")
        .unwrap();
    assert_eq!(row["step"], "lock");
    assert_eq!(
        row["details"],
        json!({ "by": "saran", "reason": "it was handed back" })
    );

    world.town.accept("licence");
    world.town.refuse("notice");
    let escalated = world.filed_until("escalated").await;
    world.town.accept("notice");
    let wish = json!({ "step": "notice", "reason": "the bank is open again" });
    let (status, _) = act(&world, "batu", &format!("/{escalated}/retry"), wish).await;
    assert_eq!(status, StatusCode::OK);
    world.until(&escalated, "completed").await;
}

#[tokio::test]
async fn a_journal_is_told_without_requests_and_responses() {
    let world = World::new();
    let id = world.filed_until("completed").await;
    let first = get(&world, &format!("/{id}/events?page_size=2")).await;
    let next = first["next_page_token"].as_str().unwrap();
    assert_eq!((first["events"][0]["seq"].as_u64(), next), (Some(1), "3"));
    let rest = get(&world, &format!("/{id}/events?page_token={next}")).await;
    assert_eq!(rest["events"][0]["seq"], 3);
    assert_eq!(rest["next_page_token"], Value::Null);
    let text = format!("{first}{rest}");
    assert!(!text.contains("a name and a number"), "{text}");
    let intended = first["events"][1].clone();
    assert_eq!(
        (&intended["kind"], &intended["step"]),
        (&json!("intended"), &json!("lock"))
    );
    assert_eq!(intended["payload_bytes"], 19);
}

#[tokio::test]
async fn nobody_without_a_token_of_his_own_sees_or_does_anything() {
    let world = World::new();
    let id = world.filed_until("completed").await;
    let addresses = [
        ("GET", String::new()),
        ("GET", format!("/{id}")),
        ("GET", format!("/{id}/events")),
        ("POST", format!("/{id}/verify")),
        ("POST", format!("/{id}/retry")),
        ("POST", format!("/{id}/undo")),
        ("POST", format!("/{id}/skip")),
        ("POST", format!("/{id}/attest")),
        ("POST", format!("/{id}/proposals/1/approve")),
        ("POST", format!("/{id}/proposals/1/decline")),
    ];
    for (method, path) in &addresses {
        for (token, code) in [
            (None, "OPERATOR_TOKEN_MISSING"),
            (Some("token-of-nobody-0123456789"), "OPERATOR_TOKEN_UNKNOWN"),
        ] {
            let (status, problem) = send(&world, token, method, path, Value::Null).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(problem["code"], code);
        }
    }
    let wish = json!({ "step": "lock", "reason": "x" });
    let (status, problem) = act(&world, "wall", &format!("/{id}/retry"), wish).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(problem["code"], "OPERATOR_READ_ONLY");
    let (status, _) = send(&world, token("wall"), "GET", &format!("/{id}"), Value::Null).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn s53_what_is_not_here_is_not_found() {
    let world = World::new();
    let id = world.filed_until("completed").await;
    let wish = json!({ "step": "lock", "reason": "x" });
    for other in ["0197fd2c-0000-7000-8000-000000000000", "not-an-id"] {
        for (method, path) in [
            ("GET", ""),
            ("GET", "/events"),
            ("POST", "/verify"),
            ("POST", "/retry"),
            ("POST", "/undo"),
            ("POST", "/skip"),
            ("POST", "/proposals/1/approve"),
            ("POST", "/proposals/x/approve"),
        ] {
            let path = format!("/{other}{path}");
            let (status, problem) = send(&world, token("saran"), method, &path, wish.clone()).await;
            assert_eq!(
                status,
                StatusCode::NOT_FOUND,
                "{method} {path}: {problem:#}"
            );
            assert_eq!(problem["code"], "SAGA_UNKNOWN");
        }
    }
    let wish = json!({ "step": "seal", "reason": "x" });
    let (status, problem) = act(&world, "saran", &format!("/{id}/retry"), wish).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("STEP_UNKNOWN"))
    );
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("lock, licence, notice"), "{detail}");
}

#[tokio::test]
async fn an_act_says_why() {
    let world = World::new();
    let id = world.filed_until("completed").await;
    let wish = json!({ "step": "lock", "reason": " ", "by": "somebody else" });
    let (status, problem) = act(&world, "saran", &format!("/{id}/retry"), wish).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "by");
    let wish = json!({ "step": "lock", "reason": " " });
    let (_, problem) = act(&world, "saran", &format!("/{id}/retry"), wish).await;
    assert_eq!(problem["errors"][0]["code"], "BLANK");
}

/// Proposes with `saran` and gives the proposal's number.
async fn proposed(world: &World, path: &str, wish: Value) -> u64 {
    let (status, body) = act(world, "saran", path, wish).await;
    assert_eq!(status, StatusCode::CREATED, "{body:#}");
    body["proposal"].as_u64().unwrap()
}

async fn kinds(world: &World, id: &str) -> Vec<String> {
    let rows = get(world, &format!("/{id}/events?page_size=500")).await;
    let rows = rows["events"].as_array().unwrap().iter();
    rows.map(|row| row["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn s48_a_step_is_skipped_when_another_operator_approves() {
    let world = World::new();
    world.town.refuse("notice");
    let id = world.filed_until("escalated").await;
    let wish = json!({ "step": "notice", "reason": "the bank is closed for good" });
    let number = proposed(&world, &format!("/{id}/skip"), wish.clone()).await;
    // A repetition after a lost answer is the same proposal.
    assert_eq!(proposed(&world, &format!("/{id}/skip"), wish).await, number);
    let shown = get(&world, &format!("/{id}")).await;
    let [proposal] = shown["proposals"].as_array().unwrap().as_slice() else {
        panic!("{shown:#}")
    };
    assert_eq!(
        (&proposal["act"], &proposal["step"], &proposal["by"]),
        (&json!("skip"), &json!("notice"), &json!("saran"))
    );
    assert_eq!(proposal["reason"], "the bank is closed for good");

    let approve = format!("/{id}/proposals/{number}/approve");
    let (status, problem) = act(&world, "saran", &approve, Value::Null).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("SAGA_CONFLICT"))
    );
    let (status, _) = act(&world, "wall", &approve, Value::Null).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(get(&world, &format!("/{id}")).await["state"], "escalated");
    for unknown in ["99", "first", "-1"] {
        let path = format!("/{id}/proposals/{unknown}/approve");
        let (status, problem) = act(&world, "batu", &path, Value::Null).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("PROPOSAL_UNKNOWN")),
            "{unknown}"
        );
    }

    let (status, body) = act(&world, "batu", &approve, Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{body:#}");
    let shown = world.until(&id, "completed").await;
    assert_eq!(shown["steps"][2]["state"], "omitted");
    let (status, _) = act(&world, "batu", &approve, Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let kinds = kinds(&world, &id).await;
    let settled: Vec<_> = kinds.iter().rev().take(4).rev().collect();
    assert_eq!(settled, ["proposed", "approved", "omitted", "ended"]);
}

#[tokio::test]
async fn an_attestation_is_declined_then_approved_and_reconciles() {
    let world = World::new();
    world.town.refuse("licence");
    world.town.keep("lock");
    let id = world.filed_until("halted").await;
    let attest = format!("/{id}/attest");
    let wish = json!({ "step": "lock", "reason": "x" });
    let (status, problem) = act(&world, "saran", &attest, wish).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "disposition");
    // What took effect cannot be skipped.
    let wish = json!({ "step": "lock", "reason": "x" });
    let (status, _) = act(&world, "saran", &format!("/{id}/skip"), wish).await;
    assert_eq!(status, StatusCode::CONFLICT);

    let wish = json!({
        "step": "lock", "reason": "the registrar wrote", "disposition": "unlocked on paper"
    });
    let first = proposed(&world, &attest, wish.clone()).await;
    let decline = format!("/{id}/proposals/{first}/decline");
    let why = json!({ "reason": "the paper names another enterprise" });
    let (status, body) = act(&world, "batu", &decline, why.clone()).await;
    assert_eq!(status, StatusCode::OK, "{body:#}");
    assert_eq!(body["proposals"], json!([]));
    let (status, _) = act(&world, "batu", &decline, why).await;
    assert_eq!(status, StatusCode::CONFLICT);

    let second = proposed(&world, &attest, wish).await;
    assert_ne!(second, first);
    let approve = format!("/{id}/proposals/{second}/approve");
    let (status, _) = act(&world, "batu", &approve, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let shown = world.until(&id, "reconciled").await;
    assert_eq!(shown["steps"][0]["attested"], "unlocked on paper");
    assert_eq!(shown["steps"][0]["acts"], json!([]));
}
