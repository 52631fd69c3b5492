//! `onething up`: runs the suite until it is told to stop.

use onething_runtime::telemetry;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    attempt::sample,
    cli::Up,
    operators::{self, Operators},
    outcome::Outcome,
    suite::{self, Plan, Suite},
};

/// Runs the suite, prints its addresses and a first request, and stops at SIGINT or SIGTERM.
pub(crate) async fn run(arguments: Up) -> anyhow::Result<Outcome> {
    let guard = telemetry::init(&suite::telemetry()?, "onething")?;
    let operators = operators::of(&arguments.data)?;
    let plan = Plan {
        data: arguments.data.clone(),
        departments: arguments.departments,
        bundles: arguments.bundles,
        listen: arguments.listen,
        fixed_ports: true,
        persons: arguments.persons,
        seed: arguments.seed,
        suspensions: Vec::new(),
        publicity_working_days: None,
        operators: operators.settings.clone(),
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let suite = tokio::select! {
        started = Suite::start(&plan) => started?,
        // What was begun is dropped; every database is as it was after its last commit.
        _ = terminate.recv() => return Ok(Outcome::Done),
        _ = interrupt.recv() => return Ok(Outcome::Done),
    };
    announce(&suite, &plan, &operators)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    anstream::println!("stopping; a second signal stops at once");
    tokio::select! {
        () = suite.stop() => {}
        _ = terminate.recv() => return Ok(Outcome::Unfinished),
        _ = interrupt.recv() => return Ok(Outcome::Unfinished),
    }
    guard.shutdown().await;
    Ok(Outcome::Done)
}

fn announce(suite: &Suite, plan: &Plan, operators: &Operators) -> anyhow::Result<()> {
    let gateway = suite.gateway;
    anstream::println!("gateway (REST and gRPC)  http://{gateway}");
    for (name, address) in &suite.departments {
        anstream::println!("{name:<23}  http://{address}");
    }
    anstream::println!("databases                {}", plan.data.display());
    let (folder, made) = (
        operators.folder.display(),
        if operators.made {
            " (made now: two tokens that only you can read)"
        } else {
            ""
        },
    );
    anstream::println!("operators                {folder}{made}");
    if plan.persons == 0 {
        return Ok(());
    }
    let form = sample::form("newborn", plan.persons, plan.seed)?;
    let body = serde_json::json!({ "bundle": "newborn", "form": form });
    anstream::println!(
        "\nFile a first case, for a family of the synthetic population:\n\n  \
         curl -s http://{gateway}/v1/cases -H 'Idempotency-Key: first' -H 'Content-Type: application/json' \\\n    \
         -d '{body}'\n\nand follow it:\n\n  curl -sN http://{gateway}/v1/cases/ID/events\n"
    );
    if let Some(operator) = operators.settings.first() {
        let file = &operator.token_file;
        anstream::println!(
            "See how cases stand inside, as an operator:\n\n  \
             onething saga list --gateway http://{gateway} --token-file {file}\n"
        );
    }
    Ok(())
}
