//! Two gateways on one PostgreSQL. One is stopped for longer than its lease, with a commit and a call on
//! their way; the other finishes its case. What was on its way then arrives, and is rejected: the commit at
//! the journal, the call at the department.

use onething_tests::{
    Client, Foreign, Gate, Plan, Suite, assert_each_effect_once, eventually, fill,
};

/// A case's step whose call is on its way, and the department that is called.
const LATE: (&str, &str) = ("seal-filing", "public-security");
/// The department whose answers are there but not journaled, and the step that asks it something before.
const ANSWERED: (&str, &str) = ("insured-unit", "social-security");
/// The department of a step that the case cannot go on without.
const FIRST: &str = "identity";

/// More than what opens a connection, and less than a call: metadata is compressed, so that no text can be
/// looked for.
const PREFACE: usize = 250;

/// Puts gates between the first gateway and what it talks to, and starts it again behind them.
async fn behind_gates(suite: &mut Suite) -> [Gate; 4] {
    let journal = setting(suite, "DATABASE__URL");
    let (server, database) = journal
        .strip_prefix("postgres://postgres@")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let to_journal = Gate::before(server.parse().unwrap()).await;
    let to_late = Gate::before(suite.department(LATE.1).address()).await;
    let to_answered = Gate::before(suite.department(ANSWERED.1).address()).await;
    let to_first = Gate::before(suite.department(FIRST).address()).await;
    let url = format!("postgres://postgres@{}/{database}", to_journal.address());
    let services = [
        (LATE.1, &to_late),
        (ANSWERED.1, &to_answered),
        (FIRST, &to_first),
    ];
    let gateway = suite.gateway_at(0);
    gateway.spec.put("DATABASE__URL", url);
    for (name, gate) in services {
        let name = name.replace('-', "_").to_uppercase();
        let urls = format!("[\"http://{}\"]", gate.address());
        gateway
            .spec
            .put(format!("DISCOVERY__SERVICES__{name}"), urls);
    }
    gateway.restart().await;
    [to_journal, to_late, to_answered, to_first]
}

fn setting(suite: &mut Suite, name: &str) -> String {
    let mut settings = suite.gateway_at(0).spec.settings.iter();
    settings.find(|(key, _)| key == name).unwrap().1.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopped_gateway_had_on_its_way_is_rejected_when_it_arrives() {
    if Foreign::Postgres.find().is_none() {
        return;
    }
    let mut suite = Plan::default().postgres().gateways(2).start().await;
    let [to_journal, to_late, to_answered, to_first] = behind_gates(&mut suite).await;
    let stopped = Client::new(&suite.gateway_at(0).url());
    let other = Client::new(&suite.gateway_at(1).url());
    let form = fill(&stopped, "enterprise-relocation", &suite.samples.mover(0)).await;

    // Both departments come after the licence, side by side: their calls are held. One of them is asked
    // something before, while the case waits for another.
    to_late.close();
    to_first.close();
    let case = stopped.file("enterprise-relocation", &form).await;
    let id = case.id().to_owned();
    stopped
        .until(&id, |event| {
            event.kind == "step.succeeded" && event.step() == ANSWERED.0
        })
        .await;
    to_answered.close();
    to_first.open();
    stopped
        .until(&id, |event| {
            event.kind == "step.intended" && event.step() == LATE.0
        })
        .await;
    eventually("the call is on its way", async || {
        (to_late.held() > PREFACE).then_some(())
    })
    .await;
    // The other department is asked and answers; what the gateway would journal of it is held.
    eventually("everything else is done", async || {
        let case = stopped.case(&id).await;
        let open = case
            .items()
            .into_iter()
            .filter(|(_, state)| *state == "intended");
        (open.count() == 3).then_some(())
    })
    .await;
    to_journal.close();
    to_answered.open();
    let departments = suite.departments();
    eventually(
        "the answers are there and the commit is on its way",
        async || {
            let effects = departments.effects(ANSWERED.1, "gateway", &id).await;
            // The pool asks whether its connections live before a transaction begins: that is held first.
            (effects.len() == 2 && to_journal.held() > 0).then_some(())
        },
    )
    .await;
    suite.gateway_at(0).freeze();

    let ended = other.ended(&id).await;
    assert_eq!(ended.state(), "completed", "{ended:#?}");
    assert_each_effect_once(&suite.departments(), &ended).await;

    // The call arrives while its gateway is still stopped: the department has seen a later owner.
    let rejected = format!("{id}/{}", LATE.0);
    let department = suite.department(LATE.1);
    assert!(
        !department.log().contains("StaleEpoch"),
        "nothing was late so far"
    );
    to_late.open();
    eventually("the department rejects the late call", async || {
        let log = suite.department(LATE.1).log();
        log.lines()
            .any(|line| line.contains("StaleEpoch") && line.contains(&rejected))
            .then_some(())
    })
    .await;

    // The commit arrives: the journal has a later owner.
    let fenced = |log: &str| {
        log.lines()
            .any(|line| line.contains("the journal has a later owner") && line.contains(&id))
    };
    assert!(!fenced(&suite.gateway_at(0).log()));
    to_journal.open();
    suite.gateway_at(0).thaw();
    eventually("the journal rejects the late commit", async || {
        fenced(&suite.gateway_at(0).log()).then_some(())
    })
    .await;

    // Nothing of it changed the case, and the gateway goes on as a new incarnation.
    assert_eq!(other.case(&id).await, ended);
    assert_each_effect_once(&suite.departments(), &ended).await;
    let form = fill(&other, "newborn", &suite.samples.parents(0)).await;
    let next = stopped.file("newborn", &form).await;
    assert_eq!(stopped.ended(next.id()).await.state(), "completed");
}
