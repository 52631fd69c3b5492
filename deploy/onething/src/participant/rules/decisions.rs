//! Rules of WatchDecisions: whole, in order, as often as asked, and still open afterwards.

use onething_proto::participant::WatchDecisionsResponse;

use crate::participant::{
    answer::Answer,
    bench::Bench,
    caller::Call,
    rule::{Checked, Rule, Stop, fail, rule},
    rules::later::{QUIET, SOON, call, decided, next},
};

/// For every action that decides later.
pub(super) const RULES: &[Rule] = &[
    rule!(
        "decisions-replayed",
        replayed,
        "WatchDecisions replays everything from the empty cursor and goes on behind any cursor, without gaps and in the same order, as often as it is asked.",
        "Keep decisions in a table in commit order and stream them from there; the cursor is the last one's place. Do not drop what was streamed once.",
    ),
    rule!(
        "decisions-live",
        live,
        "An open WatchDecisions stream brings a decision that is taken afterwards.",
        "Keep the stream open behind the last decision and wake it when another is committed.",
    ),
];

async fn replayed(bench: &Bench) -> Checked {
    // Two at least, so that there is an order.
    let (first, _) = decided(bench, "decisions-replayed", "deemed_refused").await?;
    let (last, _) = decided(bench, "decisions-replayed", "deemed_refused").await?;
    let all = until(bench, &last).await?;
    if !all
        .iter()
        .any(|decision| decision.key.as_ref() == Some(&first.key))
    {
        return fail(
            "from the empty cursor, WatchDecisions brings a later decision and not the one before",
        );
    }
    if let Some(empty) = all.iter().position(|decision| decision.cursor.is_empty()) {
        return fail(format!(
            "decision {} of {} has no cursor",
            empty + 1,
            all.len()
        ));
    }
    for _ in 0..2 {
        replay(bench, "", &all, "From the empty cursor").await?;
        for (at, decision) in all.iter().enumerate() {
            let when = format!("Behind the cursor of decision {} of {}", at + 1, all.len());
            replay(bench, &decision.cursor, &all[at + 1..], &when).await?;
        }
    }
    Ok(())
}

/// Every decision up to that on a call.
async fn until(bench: &Bench, last: &Call) -> Result<Vec<WatchDecisionsResponse>, Stop> {
    let mut stream = bench.caller.decisions("");
    let mut all = Vec::new();
    while let Some(decision) = next(&mut stream, bench.caller.patience()).await? {
        let found = decision.key.as_ref() == Some(&last.key);
        all.push(decision);
        if found {
            return Ok(all);
        }
    }
    fail("a decision that was streamed once is not streamed again from the empty cursor")
}

/// Expects exactly these decisions behind a cursor.
async fn replay(
    bench: &Bench,
    cursor: &str,
    expected: &[WatchDecisionsResponse],
    when: &str,
) -> Checked {
    let mut stream = bench.caller.decisions(cursor);
    for (at, decision) in expected.iter().enumerate() {
        match next(&mut stream, bench.caller.patience()).await? {
            Some(again) if again == *decision => {}
            Some(_) => {
                return fail(format!(
                    "{when}, WatchDecisions brings another decision as number {} than before",
                    at + 1
                ));
            }
            None => {
                return fail(format!(
                    "{when}, WatchDecisions brings {at} decisions, and not the {} that follow",
                    expected.len()
                ));
            }
        }
    }
    match next(&mut stream, QUIET).await? {
        None => Ok(()),
        Some(_) => fail(format!(
            "{when}, WatchDecisions brings more than the {} decisions that follow",
            expected.len()
        )),
    }
}

async fn live(bench: &Bench) -> Checked {
    let (_, before) = decided(bench, "decisions-live", "deemed_refused").await?;
    let mut stream = bench.caller.decisions(&before.cursor);
    let (call, _) = call(bench, "decisions-live", "deemed_refused", SOON)?;
    let answer = bench.caller.act(&call).await;
    if !matches!(answer, Answer::Pending(_)) {
        return fail(format!(
            "the sample that waits for an officer was answered with {}",
            answer.told()
        ));
    }
    match next(&mut stream, bench.caller.patience()).await? {
        Some(decision) if decision.key.as_ref() == Some(&call.key) => Ok(()),
        Some(_) => fail("an open stream brings a decision on another call"),
        None => fail(format!(
            "an open stream brings no decision within {} s after it was due",
            bench.caller.patience().as_secs()
        )),
    }
}
