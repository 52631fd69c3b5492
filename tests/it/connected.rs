//! A department that joins by a file and a small HTTP server: a bundle over it runs to its end through
//! the gateway, refused, answered too late and killed in between; and it keeps the participant's rules.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{delete, get, post},
};
use onething_tests::{Plan, Suite, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::participant_check::check_with;

const SERVICE: &str = "onething.forestry.v1.ForestryService";

const DEPARTMENT: &str = r#"
service = "onething.forestry.v1.ForestryService"

[contract]
code = "FG"
title = { zh = "林业和草原", mn = "ᠣᠢ", en = "Forestry and grassland" }

[[contract.matter]]
method = "IssuePermit"
kind = "compensable"
title = { zh = "采伐许可", mn = "ᠵᠥᠪᠰᠢᠶᠡᠷᠡᠯ", en = "Felling permit" }
refuses = ["PROTECTED_FOREST"]
request = [
  { number = 1, name = "id_number", role = "owner", element = "person.id_number" },
  { number = 2, name = "place", role = "forest", element = "household.address" },
]
answer = [{ number = 1, name = "permit_number" }]

[systems.permits]
url = "URL"
timeout = "1s"

[[matter]]
method = "IssuePermit"

[matter.http]
system = "permits"
idempotency_header = "Idempotency-Key"
response.number = { type = "text" }

[matter.http.call]
method = "POST"
path = "/permits"
body = { owner = "request.id_number", place = "request.place" }
done = [201]
refuse = [{ status = [409], reason = "PROTECTED_FOREST", message = "The forest is protected.", field = "place" }]

[matter.http.outcome]
method = "GET"
path = "/permits/{key}"
absent = [404]

[matter.http.undo]
method = "DELETE"
path = "/permits/{answer.number}"
absent = [404]

[matter.answer]
permit_number = "answer.number"
"#;

const BUNDLE: &str = r#"
id = "felling"
version = 1
audience = "person"
lead = "FG"
promise_working_days = 3
title = { zh = "采伐一件事", mn = "ᠣᠢ", en = "Felling" }

[before]
steps = 2
trips = 2

[roles.owner]
kind = "person"
title = { zh = "林权人", mn = "ᠡᠵᠡᠨ", en = "Owner" }

[roles.forest]
kind = "household"
title = { zh = "林地", mn = "ᠣᠢ", en = "Forest" }

[[step]]
id = "issue-permit"
call = "onething.forestry.v1.ForestryService/IssuePermit"
"#;

/// Place, key and whether in force, by number.
type Permits = Arc<Mutex<BTreeMap<String, (String, String, bool)>>>;

/// The department's system.
#[derive(Clone, Default)]
struct Office {
    permits: Permits,
    slow: Arc<AtomicBool>,
    arrived: Arc<AtomicUsize>,
}

impl Office {
    async fn open(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/permits", post(apply))
            .route("/permits/{key}", get(by_key))
            .route("/permits/{key}", delete(withdraw))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    fn in_force(&self, place: &str) -> usize {
        let permits = self.permits.lock().unwrap();
        let found = permits.values();
        found
            .filter(|(at, _, in_force)| at == place && *in_force)
            .count()
    }
}

async fn apply(
    State(office): State<Office>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let place = body["place"].as_str().unwrap().to_owned();
    if place.contains("水源") {
        return (StatusCode::CONFLICT, Json(json!({})));
    }
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let number = {
        let mut permits = office.permits.lock().unwrap();
        let number = format!("P{}", permits.len() + 1);
        let known = permits.iter().find(|(_, (_, known, _))| *known == key);
        let number = known.map_or(number, |(number, _)| number.clone());
        permits.entry(number.clone()).or_insert((place, key, true));
        number
    };
    office.arrived.fetch_add(1, Ordering::SeqCst);
    if office.slow.load(Ordering::SeqCst) {
        // The effect is there; the answer never comes.
        Semaphore::new(0).acquire().await.unwrap().forget();
    }
    (StatusCode::CREATED, Json(json!({ "number": number })))
}

async fn by_key(
    State(office): State<Office>,
    Path(key): Path<String>,
) -> (StatusCode, Json<Value>) {
    let permits = office.permits.lock().unwrap();
    match permits.iter().find(|(_, (_, known, _))| *known == key) {
        Some((number, _)) => (StatusCode::OK, Json(json!({ "number": number }))),
        None => (StatusCode::NOT_FOUND, Json(json!({}))),
    }
}

async fn withdraw(State(office): State<Office>, Path(number): Path<String>) -> StatusCode {
    match office.permits.lock().unwrap().get_mut(&number) {
        Some((_, _, in_force)) => {
            *in_force = false;
            StatusCode::NO_CONTENT
        }
        None => StatusCode::NOT_FOUND,
    }
}

/// A suite with the department and its bundle.
async fn suite(office: &Office) -> (TempDir, Suite) {
    let folder = tempfile::tempdir().unwrap();
    let part = |name: &str, file: &str, text: &str| {
        let part = folder.path().join(name);
        std::fs::create_dir(&part).unwrap();
        std::fs::write(part.join(file), text).unwrap();
        part.display().to_string()
    };
    let text = DEPARTMENT.replace("URL", &office.open().await);
    let departments = part("departments", "forestry.toml", &text);
    let bundles = part("bundles", "felling.toml", BUNDLE);
    let plan = Plan::default().departments(departments).bundles(bundles);
    (folder, plan.start().await)
}

fn form(suite: &Suite, place: &str) -> Value {
    let family = suite.samples.population.sample_family().unwrap();
    json!({
        "owner": { "id_number": family.mother.id_number },
        "forest": { "address": place },
    })
}

#[tokio::test]
async fn a_bundle_over_a_declared_department_ends_whatever_its_system_does() {
    let office = Office::default();
    let (_folder, mut suite) = suite(&office).await;
    let client = suite.client();

    let filed = client.file("felling", &form(&suite, "呼和敖包")).await;
    let case = client.ended(filed.id()).await;
    assert_eq!(case.state(), "completed", "{:?}", case.json());
    assert_eq!(office.in_force("呼和敖包"), 1);

    let filed = client.file("felling", &form(&suite, "水源地")).await;
    let case = client.ended(filed.id()).await;
    assert_eq!(case.state(), "compensated", "{:?}", case.json());
    assert_eq!(case.item("issue-permit")["reason"], "PROTECTED_FOREST");

    // The answer never comes, and the connector is killed in the middle of the call.
    office.slow.store(true, Ordering::SeqCst);
    let filed = client.file("felling", &form(&suite, "白音锡勒")).await;
    eventually("the application arrives", async || {
        (office.arrived.load(Ordering::SeqCst) == 2).then_some(())
    })
    .await;
    suite.department("connector").kill();
    office.slow.store(false, Ordering::SeqCst);
    suite.department("connector").restart_in_place().await;
    let case = client.ended(filed.id()).await;
    assert_eq!(case.state(), "completed", "{:?}", case.json());
    assert_eq!(office.in_force("白音锡勒"), 1);
    assert_eq!(office.permits.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_behind_http_keeps_the_participants_rules() {
    let office = Office::default();
    let (_folder, mut suite) = suite(&office).await;
    let url = suite.department("connector").url();
    let family = suite.samples.population.sample_family().unwrap();
    let request = |place: &str| json!({ "id_number": family.mother.id_number, "place": place });
    let samples = [json!({
        "name": format!("{SERVICE}/IssuePermit"),
        "succeeds": request("呼和敖包"),
        "refused": request("水源地"),
    })];
    let method = format!("{SERVICE}/IssuePermit");
    let checked = check_with(&url, &samples, &[&method], &[]).await;
    checked.passed();
    assert_eq!(
        office.in_force("呼和敖包"),
        0,
        "what the check does it undoes"
    );
}
