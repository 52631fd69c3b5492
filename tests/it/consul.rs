//! Discovery through a real Consul agent: every program registers, finds the others and runs a case;
//! a department that comes back on another port is found again while a case waits for it.

use onething_tests::{ConsulAgent, DEPARTMENTS, Foreign, Plan, Suite, eventually, fill};

use crate::outcomes::newborn_completed;

/// Waits until the agent knows exactly the processes that run.
async fn all_known(agent: &ConsulAgent, suite: &mut Suite) {
    let mut running = vec![("gateway", suite.gateway.address().port())];
    for name in DEPARTMENTS {
        running.push((name, suite.department(name).address().port()));
    }
    for (name, port) in running {
        eventually(
            &format!("Consul knows {name} at port {port} alone"),
            async || (agent.instances(name).await == [port]).then_some(()),
        )
        .await;
    }
}

async fn runs_over(agent: &ConsulAgent) {
    let plan = Plan::default()
        .persons(300)
        .consul(agent.address(), agent.token());
    let mut suite = plan.start().await;
    all_known(agent, &mut suite).await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let case = client.file("newborn", &form).await;
    let case = client.ended(case.id()).await;
    newborn_completed(&suite.departments(), &form, &case).await;

    // The registrar of births is gone without a word when the next family files.
    let form = fill(&client, "newborn", &suite.samples.parents(1)).await;
    let department = suite.department("public-security");
    let before = department.address().port();
    department.kill();
    let case = client.file("newborn", &form).await;
    let steps = onething_tests::bundle_steps("newborn");
    client
        .until(case.id(), |event| {
            let waits = steps
                .iter()
                .any(|s| s.id == event.step() && s.served_by == "public-security");
            waits && event.kind == "step.in_doubt"
        })
        .await;
    let department = suite.department("public-security");
    department.restart().await;
    assert_ne!(department.address().port(), before);
    let case = client.ended(case.id()).await;
    newborn_completed(&suite.departments(), &form, &case).await;
    all_known(agent, &mut suite).await;

    // Who stops in order is gone at once.
    assert!(suite.department("education").terminate().await.success());
    assert_eq!(agent.instances("education").await, Vec::<u16>::new());
}

#[tokio::test]
async fn all_services_find_each_other_through_consul() {
    let Some(program) = Foreign::Consul.find() else {
        return;
    };
    runs_over(&ConsulAgent::start(&program, false).await).await;
}

#[tokio::test]
async fn all_services_find_each_other_through_consul_with_access_control() {
    let Some(program) = Foreign::Consul.find() else {
        return;
    };
    runs_over(&ConsulAgent::start(&program, true).await).await;
}
