//! Runs the rules one after the other, undoes after each what it did, and also when a person stops
//! the check in the middle.

use onething_proto::annotations::ActionKind;

use tokio::sync::watch;

use super::{
    bench::Bench,
    caller::Caller,
    department::{Department, Matter, PARTICIPANT},
    report::{Found, Report},
    rule::{Rule, Stop},
    rules,
    samples::Samples,
};

/// Runs every rule that concerns a department.
pub(super) async fn run(
    department: &Department,
    samples: &Samples,
    caller: &Caller,
    report: &mut Report,
) {
    report.begin("The department");
    described(department, report);
    if !department.is_participant() {
        report.found(Found {
            rule: "participant-service",
            proves: "The department serves onething.participant.v1.ParticipantService beside its own.",
            fix: "Implement ParticipantService, register it on the same server and name it in server reflection.",
            ended: Err(Stop::Fail(format!(
                "server reflection names {}, and not {PARTICIPANT}",
                listed(&department.services)
            ))),
        });
        return;
    }
    let lasting = |matter: &&Matter| !matter.can_be_undone() && matter.kind != ActionKind::Query;
    let lasting = department.matters.iter().filter(lasting);
    let lasting = lasting.map(|matter| matter.path.clone()).collect();
    let bench = Bench::of_department(caller.clone(), lasting);
    let mut stop = stopping();
    let mut going = all(&bench, &rules::of_department(), &mut stop, report).await;
    for matter in &department.matters {
        if !going {
            break;
        }
        report.begin(&format!("{} ({})", matter.path, matter.kind_name()));
        let sample = samples.of(&matter.path);
        let rules = rules::of_matter(matter, &sample);
        let bench = Bench::of_matter(caller.clone(), matter.clone(), sample);
        going = all(&bench, &rules, &mut stop, report).await;
        if let Some(key) = bench.left() {
            report.left(format!("{} ({}/{})", matter.path, key.saga, key.step));
        }
    }
    report.begin("The end");
    // Also after a person has stopped the check: this tells whether anything is left.
    all(&bench, &rules::at_the_end(), &mut stopping(), report).await;
    if !going {
        report.stopped();
    }
}

/// Runs rules in turn. Tells whether to go on: not when a person has stopped the check.
async fn all(bench: &Bench, rules: &[Rule], stop: &mut Stopping, report: &mut Report) -> bool {
    for rule in rules {
        let ended = tokio::select! {
            biased;
            () = stopped(stop) => None,
            ended = (rule.run)(bench) => Some(ended),
        };
        bench.clean().await;
        let Some(ended) = ended else {
            return false;
        };
        report.found(Found {
            rule: rule.name,
            proves: rule.proves,
            fix: rule.fix,
            ended,
        });
    }
    true
}

/// Turns true when a person has asked to stop, also while something is being undone.
type Stopping = watch::Receiver<bool>;

fn stopping() -> Stopping {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            sender.send_replace(true);
        }
        // Nobody else ends the wait.
        sender.closed().await;
    });
    receiver
}

async fn stopped(stop: &mut Stopping) {
    if stop.wait_for(|asked| *asked).await.is_err() {
        std::future::pending().await
    }
}

/// What the descriptors tell on their own.
fn described(department: &Department, report: &mut Report) {
    let ended = if let Some(path) = department.without_kind.first() {
        Err(Stop::Fail(format!(
            "{path} has an `action` option without a kind"
        )))
    } else if department.matters.is_empty() {
        Err(Stop::Fail(format!(
            "none of the methods of {} has the option onething.annotations.v1.action",
            listed(&department.services)
        )))
    } else {
        Ok(())
    };
    report.found(Found {
        rule: "described",
        proves: "Server reflection tells the department's actions with their kinds.",
        fix: "Import onething/annotations/v1/annotations.proto, put the `action` option on each method that a bundle may call, and serve reflection from the descriptors that have it.",
        ended,
    });
}

fn listed(services: &[String]) -> String {
    if services.is_empty() {
        return "nothing".to_owned();
    }
    services.join(", ")
}
