//! A department that joins by a file and a small HTTP server: a bundle over it runs to its end through
//! the gateway: done, refused, taken back, answered too late, and killed in between.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::participant_check::check_with;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use onething_tests::{Case, Client, Plan, Suite, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

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

[[contract.matter]]
method = "EnterFelling"
kind = "pivot"
title = { zh = "采伐登记", mn = "ᠳᠠᠩᠰᠠᠯᠠᠯ", en = "Entry of a felling" }
refuses = ["QUOTA_USED_UP"]
request = [{ number = 1, name = "place", role = "forest", element = "household.address" }]
answer = [{ number = 1, name = "entry_number" }]

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

[[matter]]
method = "EnterFelling"

[matter.http]
system = "permits"
idempotency_header = "Idempotency-Key"
response.number = { type = "text" }

[matter.http.call]
method = "POST"
path = "/entries"
body = { place = "request.place" }
done = [201]
refuse = [{ status = [409], reason = "QUOTA_USED_UP", message = "The year's quota is used up.", field = "place" }]

[matter.answer]
entry_number = "answer.number"
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

[[step]]
id = "enter-felling"
call = "onething.forestry.v1.ForestryService/EnterFelling"
after = ["issue-permit"]

[sample.form]
owner.id_number = "$family.mother.id_number"
forest.address = "呼和敖包"
"#;

/// A permit of the department's system.
#[derive(Clone)]
struct Permit {
    place: String,
    key: String,
    in_force: bool,
}

/// What the system has and was asked.
#[derive(Default)]
struct Books {
    permits: Vec<Permit>,
    entries: BTreeMap<String, String>,
    applied: Vec<String>,
    asked: usize,
    withdrawn: usize,
}

/// The department's system.
#[derive(Clone, Default)]
struct Office {
    books: Arc<Mutex<Books>>,
    /// It does what it is asked, and its answer never comes.
    silent: Arc<AtomicBool>,
    /// It does not say for the moment what became of a call.
    closed: Arc<AtomicBool>,
}

impl Office {
    async fn open(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/permits", post(apply))
            .route("/permits/{key}", get(by_key).delete(withdraw))
            .route("/entries", post(enter))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    /// Permits for a place that were ever issued, and those in force.
    fn permits(&self, place: &str) -> (usize, usize) {
        let books = self.books.lock().unwrap();
        let of_place = || books.permits.iter().filter(|permit| permit.place == place);
        let in_force = of_place().filter(|permit| permit.in_force).count();
        (of_place().count(), in_force)
    }

    /// Applications for a place that arrived.
    fn applied(&self, place: &str) -> usize {
        let books = self.books.lock().unwrap();
        books.applied.iter().filter(|at| *at == place).count()
    }

    /// Entries of a place.
    fn entries(&self, place: &str) -> usize {
        let books = self.books.lock().unwrap();
        books.entries.values().filter(|at| *at == place).count()
    }
}

fn key_of(headers: &HeaderMap) -> String {
    headers["idempotency-key"].to_str().unwrap().to_owned()
}

async fn apply(
    State(office): State<Office>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let place = body["place"].as_str().unwrap().to_owned();
    let number = {
        let mut books = office.books.lock().unwrap();
        books.applied.push(place.clone());
        if place == WATER {
            return (StatusCode::CONFLICT, Json(json!({})));
        }
        let key = key_of(&headers);
        let known = books.permits.iter().position(|permit| permit.key == key);
        known.unwrap_or_else(|| {
            books.permits.push(Permit {
                place,
                key,
                in_force: true,
            });
            books.permits.len() - 1
        })
    };
    if office.silent.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    let number = format!("P{number}");
    (StatusCode::CREATED, Json(json!({ "number": number })))
}

async fn by_key(
    State(office): State<Office>,
    Path(key): Path<String>,
) -> (StatusCode, Json<Value>) {
    let mut books = office.books.lock().unwrap();
    books.asked += 1;
    if office.closed.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({})));
    }
    match books.permits.iter().position(|permit| permit.key == key) {
        Some(at) => (StatusCode::OK, Json(json!({ "number": format!("P{at}") }))),
        None => (StatusCode::NOT_FOUND, Json(json!({}))),
    }
}

async fn withdraw(State(office): State<Office>, Path(number): Path<String>) -> StatusCode {
    let mut books = office.books.lock().unwrap();
    books.withdrawn += 1;
    let at: usize = number.trim_start_matches('P').parse().unwrap();
    match books.permits.get_mut(at) {
        Some(permit) => {
            permit.in_force = false;
            StatusCode::NO_CONTENT
        }
        None => StatusCode::NOT_FOUND,
    }
}

async fn enter(
    State(office): State<Office>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let place = body["place"].as_str().unwrap().to_owned();
    if place == USED_UP {
        return (StatusCode::CONFLICT, Json(json!({})));
    }
    let key = key_of(&headers);
    let number = format!("E-{key}");
    office.books.lock().unwrap().entries.insert(key, place);
    (StatusCode::CREATED, Json(json!({ "number": number })))
}

/// A place for which the system issues no permit.
const WATER: &str = "水源地";
/// A place for which it issues a permit, and then enters no felling.
const USED_UP: &str = "额满林场";
/// A place for which it does everything.
const WOOD: &str = "呼和敖包";

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

async fn file(client: &Client, suite: &Suite, place: &str) -> Case {
    let family = suite.samples.population.sample_family().unwrap();
    let form = json!({
        "owner": { "id_number": family.mother.id_number },
        "forest": { "address": place },
    });
    client.file("felling", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_over_an_http_department_is_done_refused_or_taken_back() {
    let office = Office::default();
    let (_folder, suite) = suite(&office).await;
    let client = suite.client();

    let filed = file(&client, &suite, WOOD).await;
    let case = client.ended(filed.id()).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert_eq!((office.permits(WOOD), office.entries(WOOD)), ((1, 1), 1));

    // Its own refusal: nothing has happened, and there is nothing to take back.
    let filed = file(&client, &suite, WATER).await;
    let case = client.ended(filed.id()).await;
    assert_eq!(case.state(), "compensated", "{case:#?}");
    let refused = case.item("issue-permit");
    assert_eq!(refused["state"], "refused");
    assert_eq!(refused["reason"], "PROTECTED_FOREST");
    assert_eq!((office.permits(WATER), office.entries(WATER)), ((0, 0), 0));
    assert_eq!(office.books.lock().unwrap().withdrawn, 0);

    // A later step is refused: the permit is withdrawn in the system.
    let filed = file(&client, &suite, USED_UP).await;
    let case = client.ended(filed.id()).await;
    assert_eq!(case.state(), "compensated", "{case:#?}");
    assert_eq!(case.item("enter-felling")["reason"], "QUOTA_USED_UP");
    assert_eq!(case.undone(), ["issue-permit"]);
    assert_eq!(office.permits(USED_UP), (1, 0));
    assert_eq!(office.books.lock().unwrap().withdrawn, 1);
    assert_eq!(office.permits(WOOD), (1, 1), "that of another case stands");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_leaves_doubt_until_the_system_is_asked() {
    let office = Office::default();
    let (_folder, suite) = suite(&office).await;
    let client = suite.client();
    office.silent.store(true, Ordering::SeqCst);
    office.closed.store(true, Ordering::SeqCst);
    let filed = file(&client, &suite, WOOD).await;
    eventually(
        "the step is in doubt, and the system is asked",
        async || {
            let case = client.case(filed.id()).await;
            let asked = office.books.lock().unwrap().asked > 0;
            (case.state_of("issue-permit") == "in_doubt" && asked).then_some(())
        },
    )
    .await;
    assert_eq!((office.applied(WOOD), office.permits(WOOD)), (1, (1, 1)));

    office.silent.store(false, Ordering::SeqCst);
    office.closed.store(false, Ordering::SeqCst);
    let case = client.ended(filed.id()).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert_eq!(office.applied(WOOD), 1, "it was asked, not sent again");
    assert_eq!((office.permits(WOOD), office.entries(WOOD)), ((1, 1), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_killed_between_the_call_and_its_commit_leaves_one_effect() {
    let office = Office::default();
    let (_folder, mut suite) = suite(&office).await;
    let client = suite.client();
    office.silent.store(true, Ordering::SeqCst);
    let filed = file(&client, &suite, WOOD).await;
    eventually("the effect is there", async || {
        (office.permits(WOOD) == (1, 1)).then_some(())
    })
    .await;
    suite.department("connector").kill();
    office.silent.store(false, Ordering::SeqCst);
    suite.department("connector").restart_in_place().await;
    let case = client.ended(filed.id()).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert_eq!((office.permits(WOOD), office.entries(WOOD)), ((1, 1), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_behind_http_keeps_the_participants_rules() {
    let office = Office::default();
    let (_folder, mut suite) = suite(&office).await;
    let url = suite.department("connector").url();
    let family = suite.samples.population.sample_family().unwrap();
    let request = |place: &str| json!({ "id_number": family.mother.id_number, "place": place });
    let method = "onething.forestry.v1.ForestryService/IssuePermit";
    let samples = [json!({
        "name": method,
        "succeeds": request(WOOD),
        "refused": request(WATER),
    })];
    let checked = check_with(&url, &samples, &[method], &[]).await;
    checked.passed();
    let (issued, in_force) = office.permits(WOOD);
    assert!(issued > 0, "the check made permits");
    assert_eq!(in_force, 0, "what the check does it undoes");
}
