//! The operators' tools against real departments: sagas that need somebody are found, looked at,
//! mended and verified, over REST and with `onething saga`.

use std::process::{Command, Output, Stdio};

use onething_db::Sql;
use onething_proto::enterprise_registry::Enterprise;
use onething_saga::store::StoredEvent;
use onething_tests::{Case, OPERATORS, Operator, Plan, Suite, eventually, fill, program};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::outcomes::{newborn_completed, relocation_completed, relocation_undone};

/// `onething saga …` against a suite's gateway, as an operator.
fn saga(suite: &Suite, operator: &str, arguments: &[&str]) -> Output {
    let (_, token) = OPERATORS
        .iter()
        .find(|(name, _)| *name == operator)
        .unwrap();
    Command::new(program("onething"))
        .arg("saga")
        .args(arguments)
        .args(["--gateway", &suite.gateway.url()])
        .env("ONETHING_OPERATOR_TOKEN", token)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What `onething saga …` prints when it ends with an exit code.
fn printed(suite: &Suite, operator: &str, arguments: &[&str], code: i32) -> String {
    let output = saga(suite, operator, arguments);
    let (out, err) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}\n{out}{err}"
    );
    assert!(!out.contains('\u{1b}'), "escape codes in a pipe: {out}");
    format!("{out}{err}")
}

/// Files a relocation of an enterprise and gives its form, its record before, and the case.
async fn relocation(suite: &Suite) -> (Value, Enterprise, Case) {
    let client = suite.client();
    let form = suite.samples.relocation(&client).await;
    let code = form["enterprise"]["credit_code"].as_str().unwrap();
    let before = suite.departments().enterprise(code).await;
    let case = client.file("enterprise-relocation", &form).await;
    (form, before, case)
}

/// Unlocking a record is impossible, as if the move had been registered after all.
const OBSTACLE: Sql = Sql::both(
    "CREATE TRIGGER obstacle AFTER UPDATE OF state ON relocation_release \
     WHEN NEW.state = 'annulled' BEGIN UPDATE record_lock SET state = 'completed'; END",
);
const OBSTACLE_GONE: Sql = Sql::both("UPDATE record_lock SET state = 'in_force'");

#[tokio::test]
async fn a_halted_saga_is_found_and_undone_once_the_obstacle_is_gone() {
    let plan = Plan::default().refuse("enterprise-relocation", "transfer-archive");
    let suite = plan.start().await;
    suite.edit("enterprise-registry", OBSTACLE).await;
    let (_, before, case) = relocation(&suite).await;
    let saran = Operator::new(suite.client(), "saran");
    let halted = saran.until(case.id(), "halted").await;
    assert_eq!(halted["responsible"], "MR");
    assert!(halted["wake_at"].is_string() && halted["chain"]["intact"] == true);
    let steps = halted["steps"].as_array().unwrap();
    let stuck: Vec<_> = steps
        .iter()
        .filter(|step| step["state"] == "undo_failed")
        .map(|step| step["id"].as_str().unwrap())
        .collect();
    assert_eq!(stuck, ["lock-record"]);

    for query in [
        "state=halted",
        "department=MR",
        "bundle=enterprise-relocation",
        "older_than=0s",
        "quarantined=false",
    ] {
        assert_eq!(saran.list(query).await, [case.id()], "{query}");
    }
    for query in [
        "state=escalated",
        "department=CA",
        "bundle=newborn",
        "older_than=1d",
        "quarantined=true",
        "without_wake=true",
    ] {
        assert_eq!(saran.list(query).await, [""; 0], "{query}");
    }
    let text = printed(&suite, "saran", &["list", "--state", "halted"], 0);
    assert!(
        text.contains(case.id()) && text.contains("RELOCATION_REGISTERED"),
        "{text}"
    );
    let text = printed(&suite, "saran", &["show", case.id()], 0);
    assert!(
        text.contains(&format!("saga undo {} --step lock-record", case.id())),
        "{text}"
    );

    let act = |what: &'static str| {
        let reason = [
            "--step",
            "lock-record",
            "--reason",
            "the registrar unlocked it",
        ];
        [&[what, case.id()], reason.as_slice()].concat()
    };
    let text = printed(&suite, "saran", &act("retry"), 6);
    assert!(text.contains("SAGA_CONFLICT"), "{text}");
    suite.edit("enterprise-registry", OBSTACLE_GONE).await;
    printed(&suite, "saran", &act("undo"), 0);
    let case = suite.client().ended(case.id()).await;
    relocation_undone(&suite.departments(), &before, "transfer-archive", &case).await;
    let rows = saran.rows(case.id(), "undo_retry_requested").await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let by = json!({ "by": "saran", "reason": "the registrar unlocked it" });
    assert_eq!(rows[0]["details"], by);
    assert_eq!(rows[0]["step"], "lock-record");
    printed(&suite, "saran", &act("undo"), 6);
}

/// The housing fund does not know the enterprise at first.
const UNIT_UNKNOWN: Sql =
    Sql::both("UPDATE record SET state = 'annulled' WHERE department = 'HF' AND kind = 'unit'");
const UNIT_KNOWN: Sql =
    Sql::both("UPDATE record SET state = 'in_force' WHERE department = 'HF' AND kind = 'unit'");

const FORGET: Sql = Sql::both("UPDATE saga SET wake_at = NULL, wake_reason = NULL");

#[tokio::test]
async fn an_escalated_saga_is_tried_again_and_completes() {
    let suite = Suite::start().await;
    assert!(suite.edit("connector", UNIT_UNKNOWN).await > 0);
    let (form, before, case) = relocation(&suite).await;
    let batu = Operator::new(suite.client(), "batu");
    let escalated = batu.until(case.id(), "escalated").await;
    let steps = escalated["steps"].as_array().unwrap();
    let step = steps
        .iter()
        .find(|step| step["id"] == "housing-fund-transfer")
        .unwrap();
    assert_eq!(step["refusal"]["reason"], "INVALID_INPUT");
    assert!(
        step["acts"].as_array().unwrap().contains(&json!("retry")),
        "{step:#}"
    );
    assert_eq!(batu.list("state=escalated").await, [case.id()]);

    // What must not happen is found when it does.
    assert_eq!(batu.list("without_wake=true").await, [""; 0]);
    let text = eventually(
        "no follow-up of the case writes its wake time again",
        async || {
            assert_eq!(suite.edit("gateway", FORGET).await, 1);
            let text = printed(&suite, "batu", &["list", "--without-wake"], 0);
            text.contains(case.id()).then_some(text)
        },
    )
    .await;
    assert!(text.contains("never"), "{text}");
    // Asked for anything, even for what it refuses, the gateway works out what is next.
    let undo = [
        "undo",
        case.id(),
        "--step",
        "housing-fund-transfer",
        "--reason",
        "x",
    ];
    printed(&suite, "batu", &undo, 6);
    eventually("it has a wake time again", async || {
        batu.list("without_wake=true")
            .await
            .is_empty()
            .then_some(())
    })
    .await;

    suite.edit("connector", UNIT_KNOWN).await;
    let wish = json!({ "step": "housing-fund-transfer", "reason": "the unit is registered now" });
    let answer = batu.post(&format!("/{}/retry", case.id()), &wish).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let case = suite.client().ended(case.id()).await;
    relocation_completed(&suite.departments(), &form, &before, &case).await;
    let rows = batu.rows(case.id(), "retry_requested").await;
    assert_eq!(rows[0]["details"]["by"], "batu", "{rows:#?}");
}

/// The fund has no such unit and never had one: two operators agree to go on without the step.
#[tokio::test]
async fn s48_a_step_is_skipped_when_two_operators_say_so() {
    let suite = Suite::start().await;
    assert!(suite.edit("connector", UNIT_UNKNOWN).await > 0);
    let (_, _, case) = relocation(&suite).await;
    let batu = Operator::new(suite.client(), "batu");
    batu.until(case.id(), "escalated").await;

    let why = [
        "--step",
        "housing-fund-transfer",
        "--reason",
        "it has no staff in the fund",
    ];
    let skip = [&["skip", case.id()], why.as_slice()].concat();
    let text = printed(&suite, "saran", &skip, 0);
    let approve = ["approve", case.id(), "--proposal", "1"];
    assert!(text.contains(&approve.join(" ")), "{text}");
    let text = printed(&suite, "batu", &["show", case.id()], 0);
    let told = "Proposal 1: skip step housing-fund-transfer, by saran";
    assert!(
        text.contains(told) && text.contains("it has no staff in the fund"),
        "{text}"
    );

    printed(&suite, "saran", &approve, 6);
    printed(
        &suite,
        "batu",
        &["approve", case.id(), "--proposal", "2"],
        7,
    );
    assert_eq!(batu.show(case.id()).await["state"], "escalated");
    let decline = [
        "decline",
        case.id(),
        "--proposal",
        "1",
        "--reason",
        "ask the fund first",
    ];
    printed(&suite, "batu", &decline, 0);
    printed(&suite, "batu", &approve, 6);
    printed(&suite, "saran", &skip, 0);
    printed(
        &suite,
        "batu",
        &["approve", case.id(), "--proposal", "2"],
        0,
    );

    let case = suite.client().ended(case.id()).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert_eq!(case.state_of("housing-fund-transfer"), "omitted");
    assert!(!case.certified().contains(&"housing-fund-transfer"));
    let proposed = batu.rows(case.id(), "proposed").await;
    assert_eq!(proposed[1]["details"]["by"], "saran");
    let details = &batu.rows(case.id(), "declined").await[0]["details"];
    assert_eq!(
        *details,
        json!({ "proposal": 1, "by": "batu", "reason": "ask the fund first" })
    );
    let details = &batu.rows(case.id(), "approved").await[0]["details"];
    assert_eq!(*details, json!({ "proposal": 2, "by": "batu" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn s47_an_erased_case_shows_how_it_ended_and_nothing_else() {
    let plan = Plan::default().set_for("gateway", "ENGINE__ERASE_AFTER_DAYS", "0");
    let suite = plan.start().await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let filed = client.submit("newborn", &form, "once").await;
    let case = client.ended(Case::new(filed.json()).id()).await;
    assert_eq!(case.state(), "completed", "{case:#?}");
    assert!(!case.certified().is_empty());
    let again = client.submit("newborn", &form, "once").await;
    assert_eq!(again.header("idempotent-replayed"), "true", "{again:?}");
    assert_eq!(case.json()["erased"], false);

    let erase = ["erase", case.id(), "--reason", "the applicant asked for it"];
    let text = printed(&suite, "saran", &erase, 0);
    assert!(text.contains("nobody can read any more"), "{text}");
    printed(&suite, "saran", &erase, 0);
    let rows = Operator::new(suite.client(), "batu")
        .rows(case.id(), "erased")
        .await;
    assert_eq!(rows.len(), 1, "journaled once: {rows:#?}");
    let text = printed(&suite, "batu", &["show", case.id()], 0);
    assert!(text.contains("erased") && text.contains("intact"), "{text}");
    printed(&suite, "batu", &["verify", case.id()], 0);

    let after: Case = client.case(case.id()).await;
    assert_eq!(
        (after.state(), &after.json()["erased"]),
        ("completed", &json!(true))
    );
    assert_eq!(after.items(), case.items());
    assert_eq!(after.certified(), [""; 0]);

    // Nobody can tell any more whether this is the application that was filed.
    let again = client.submit("newborn", &form, "once").await;
    let problem = again.json();
    assert_eq!(
        (again.status.as_u16(), &problem["code"]),
        (409, &json!("CASE_ERASED")),
        "{problem:#}"
    );
    assert_eq!(suite.journaled_cases().await, 1, "nothing was filed");
}

/// Event 5 happened a little earlier or later than it did.
async fn shift(suite: &Suite, case: &str, microseconds: i64) {
    let shift = |events: &mut Vec<StoredEvent>, five: usize| events[five].at.0 += microseconds;
    suite.rewrite(case, 5, shift).await;
}

#[tokio::test]
async fn s46_an_edited_row_is_named_with_the_gateway_and_without_it() {
    let mut suite = Suite::start().await;
    let client = suite.client();
    let form = fill(&client, "newborn", &suite.samples.parents(0)).await;
    let case = client.file("newborn", &form).await;
    let case = client.ended(case.id()).await;
    newborn_completed(&suite.departments(), &form, &case).await;

    let database = suite.gateway.spec.get("DATABASE__URL").to_owned();
    let key = suite.gateway.spec.get("GATEWAY__JOURNAL_KEY").to_owned();
    let offline = ["verify", "--database", &database, "--journal-key", &key];
    let online = ["verify", case.id()];
    assert!(printed(&suite, "saran", &online, 0).contains("intact"));
    assert!(printed(&suite, "saran", &offline, 0).contains("intact"));

    shift(&suite, case.id(), -1).await;
    let named = format!("saga {}: row 5 (", case.id());
    let text = printed(&suite, "saran", &online, 5);
    assert!(text.contains(&named), "{text}");
    let all: Value =
        serde_json::from_str(&printed(&suite, "saran", &["verify", "--json"], 5)).unwrap();
    assert_eq!(all["broken"][0]["seq"], 5);
    let shown = Operator::new(suite.client(), "saran").show(case.id()).await;
    assert_eq!(shown["chain"]["first_broken"]["seq"], 5);
    assert!(shown["unreadable"].is_string(), "{shown:#}");

    assert!(suite.gateway.terminate().await.success());
    let text = printed(&suite, "saran", &offline, 5);
    assert!(text.contains(&named), "{text}");
    shift(&suite, case.id(), 1).await;
    printed(&suite, "saran", &offline, 0);
    let cut = |events: &mut Vec<StoredEvent>, nine: usize| events.truncate(nine);
    suite.rewrite(case.id(), 9, cut).await;
    let text = printed(&suite, "saran", &[&offline[..], &[case.id()]].concat(), 5);
    assert!(text.contains("row 9 is missing"), "{text}");
    let text = printed(&suite, "saran", &online, 1);
    assert!(text.contains("does not answer"), "{text}");
}

#[tokio::test]
async fn s51_a_damaged_saga_is_set_aside_alone_and_listed() {
    let suite = Suite::start().await;
    let client = suite.client();
    assert!(suite.edit("connector", UNIT_UNKNOWN).await > 0);
    let (_, _, damaged) = relocation(&suite).await;
    let saran = Operator::new(suite.client(), "saran");
    saran.until(damaged.id(), "escalated").await;
    shift(&suite, damaged.id(), -1).await;
    let retry = [
        "retry",
        damaged.id(),
        "--step",
        "housing-fund-transfer",
        "--reason",
        "x",
    ];
    let text = printed(&suite, "saran", &retry, 6);
    assert!(
        text.contains("SAGA_SET_ASIDE") && text.contains("event 5"),
        "{text}"
    );
    assert_eq!(saran.list("quarantined=true").await, [damaged.id()]);
    let text = printed(&suite, "saran", &["list", "--quarantined"], 0);
    assert!(
        text.contains(damaged.id()) && text.contains("event 5"),
        "{text}"
    );

    let form = fill(&client, "newborn", &suite.samples.parents(0)).await;
    let other = client.file("newborn", &form).await;
    let other = client.ended(other.id()).await;
    newborn_completed(&suite.departments(), &form, &other).await;
    assert_eq!(saran.list("quarantined=false").await, [other.id()]);

    // Mended, it goes on.
    shift(&suite, damaged.id(), 1).await;
    assert!(suite.edit("connector", UNIT_KNOWN).await > 0);
    printed(&suite, "saran", &retry, 0);
    assert_eq!(client.ended(damaged.id()).await.state(), "completed");
    assert_eq!(saran.list("quarantined=true").await, [""; 0]);
}

#[tokio::test]
async fn s53_nobody_is_told_of_what_is_not_here_or_without_a_token() {
    let suite = Suite::start().await;
    let saran = Operator::new(suite.client(), "saran");
    let unknown = "0197fd2c-0000-7000-8000-000000000000";
    for (method, path) in [
        ("GET", format!("/{unknown}")),
        ("GET", format!("/{unknown}/events")),
        ("POST", format!("/{unknown}/verify")),
        ("POST", format!("/{unknown}/retry")),
        ("POST", format!("/{unknown}/undo")),
    ] {
        let answer = match method {
            "GET" => saran.get(&path).await,
            _ => {
                saran
                    .post(&path, &json!({ "step": "x", "reason": "y" }))
                    .await
            }
        };
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["code"], "SAGA_UNKNOWN");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let request = suite
            .client()
            .request(method.parse().unwrap(), &format!("/v1/sagas{path}"));
        let answer = suite.client().send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    let answer = saran.get(&format!("/{unknown}/secrets")).await;
    assert_eq!(answer.json()["code"], "ADDRESS_UNKNOWN");
    let answer = saran.post("", &json!({})).await;
    assert_eq!(answer.json()["code"], "METHOD_NOT_ALLOWED");
    let text = printed(&suite, "saran", &["show", unknown], 7);
    assert!(text.contains("SAGA_UNKNOWN"), "{text}");
    let wrong = Command::new(program("onething"))
        .args(["saga", "list", "--gateway", &suite.gateway.url()])
        .env("ONETHING_OPERATOR_TOKEN", "token-of-nobody-0123456789")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(8), "{wrong:?}");
}
