//! Rules of an officer's decision, where there is a call by which the check can act as one.

use onething_proto::participant::{Outcome, UndoOutcome};

use crate::participant::{
    answer::Answer,
    bench::{Bench, EPOCH},
    expect::{became, same, short, told},
    rule::{Checked, Rule, fail, rule},
    rules::later::{QUIET, next, waiting},
};

/// For what an officer can be made to decide.
pub(super) const RULES: &[Rule] = &[
    rule!(
        "officer-decides",
        decides,
        "An officer's decision is told by WatchDecisions, and GetOutcome and the call tell the same.",
        "Commit the decision to the ledger, to the review and to the table that WatchDecisions streams in one transaction.",
    ),
    rule!(
        "withdrawn-stays-closed",
        stays_closed,
        "An officer's decision on a review that Undo has withdrawn changes nothing and is not told.",
        "Lock the key's row before deciding, and let the decision conflict unless the row is still PENDING.",
    ),
];

async fn decides(bench: &Bench) -> Checked {
    let (call, _, _) = waiting(bench, "officer-decides").await?;
    let mut stream = bench.caller.decisions("");
    if let Err(status) = bench.decide().await? {
        return fail(format!(
            "the officer's call was answered with {}",
            told(&status)
        ));
    }
    let decision = loop {
        match next(&mut stream, bench.caller.patience()).await? {
            Some(decision) if decision.key.as_ref() == Some(&call.key) => break decision,
            Some(_) => {}
            None => return fail("WatchDecisions does not tell the officer's decision"),
        }
    };
    if decision.deemed {
        return fail("WatchDecisions says of an officer's decision that it is deemed by law");
    }
    let response = bench.outcome(&call.key, EPOCH).await?;
    became(
        &response,
        decision.outcome(),
        "After the officer's decision",
    )?;
    let answer = bench.caller.act(&call).await;
    match (decision.outcome(), &answer) {
        (Outcome::Succeeded, _) => same(
            &answer,
            &decision.response,
            "The call, sent again after the officer's decision,",
        ),
        (Outcome::Refused | Outcome::Returned, Answer::Refused(refusal))
            if Some(refusal) == decision.refusal.as_ref() =>
        {
            Ok(())
        }
        (outcome, _) => fail(format!(
            "WatchDecisions tells {}, but the call, sent again, was answered with {}",
            short(outcome.as_str_name()),
            answer.told()
        )),
    }
}

async fn stays_closed(bench: &Bench) -> Checked {
    let (call, _, _) = waiting(bench, "withdrawn-stays-closed").await?;
    let nothing = UndoOutcome::NothingToUndo;
    bench
        .undo(&call.key, EPOCH, nothing, "While an officer decides")
        .await?;
    // That there is nothing left to decide may be an error or not.
    let _ = bench.decide().await?;
    let response = bench.outcome(&call.key, EPOCH).await?;
    became(
        &response,
        Outcome::Closed,
        "After a decision on a withdrawn review",
    )?;
    let mut stream = bench.caller.decisions("");
    while let Some(decision) = next(&mut stream, QUIET).await? {
        if decision.key.as_ref() == Some(&call.key) {
            return fail("WatchDecisions tells a decision on a withdrawn review");
        }
    }
    Ok(())
}
