//! Rules of queries: they answer or refuse, and record nothing.

use crate::participant::{
    answer::Answer,
    bench::Bench,
    rule::{Checked, Rule, fail, rule},
    rules::refusal::declared,
};

/// For every query.
pub(super) const RULES: &[Rule] = &[rule!(
    "query-answers",
    answers,
    "The sample that succeeds is answered each time, and nothing is recorded for its key.",
    "Let a query read only. A method that changes anything is COMPENSABLE, PIVOT or FORWARD.",
)];

/// For every query that may refuse.
pub(super) const REFUSAL: &[Rule] = &[rule!(
    "query-refusal",
    refusal,
    "A query's refusal carries the error detail Refusal with a reason that the method declares and a message.",
    "Answer with google.rpc.Status in grpc-status-details-bin that holds onething.participant.v1.Refusal; a status code alone is never a refusal.",
)];

async fn answers(bench: &Bench) -> Checked {
    let mut seen = String::new();
    for request in bench.succeeds()? {
        let call = bench.call(bench.caller.key("query"), request.clone())?;
        let answer = bench.caller.act(&call).await;
        if !matches!(answer, Answer::Done(_)) {
            seen = answer.told();
            continue;
        }
        let again = bench.caller.act(&call).await;
        if !matches!(again, Answer::Done(_)) {
            return fail(format!(
                "the same query again was answered with {}",
                again.told()
            ));
        }
        if !bench.effects(&call.key).await?.is_empty() {
            return fail("after a query, ListEffects has an entry for its key");
        }
        return Ok(());
    }
    fail(format!(
        "no request of [[method.succeeds]] is answered: the last got {seen}"
    ))
}

async fn refusal(bench: &Bench) -> Checked {
    let call = bench.call(bench.caller.key("query"), bench.refused()?)?;
    let answer = bench.caller.act(&call).await;
    declared(answer, &bench.matter()?.reasons).map(drop)
}
