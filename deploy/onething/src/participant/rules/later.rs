//! Rules of actions that are decided later: pending, withdrawn, decided, and told in order.

use std::time::Duration;

use crate::participant::{
    answer::Answer,
    bench::{Bench, EPOCH},
    caller::Call,
    decisions::Decisions,
    expect::{became, one_effect, rejected, same, short, told},
    rule::{Checked, Rule, Stop, fail, rule},
};
use onething_participant::metadata;
use onething_proto::participant::{
    Outcome, Pending, RejectionReason, UndoOutcome, WatchDecisionsResponse,
};

/// For every action that decides later.
pub(super) const RULES: &[Rule] = &[
    rule!(
        "pending",
        pending,
        "A call that waits for an officer answers UNAVAILABLE with the detail Pending, the same call again answers the same, and GetOutcome tells PENDING.",
        "Record the call as PENDING in the transaction that opens the review, and answer with google.rpc.Status that holds onething.participant.v1.Pending.",
    ),
    rule!(
        "pending-due",
        pending_due,
        "Pending tells the end of the statutory time that the call carries in onething-due; a repeat may move it later, never earlier.",
        "Keep the latest onething-due with the key, and return it as Pending.due_at, from the call and from GetOutcome.",
    ),
    rule!(
        "pending-round",
        pending_round,
        "The next round is rejected as ROUND_NOT_OPEN while the round before is undecided.",
        "Open a higher round only when the outcome of the one before is REFUSED, RETURNED, UNDONE or CLOSED.",
    ),
    rule!(
        "pending-epoch-and-digest",
        pending_guards,
        "A pending call is guarded as any: other bytes are DIGEST_MISMATCH, a lower epoch is STALE_EPOCH.",
        "Check epoch and digest before looking at the outcome in the key's row.",
    ),
    rule!(
        "pending-withdrawn",
        withdrawn,
        "Undo withdraws a pending review: NOTHING_TO_UNDO, then CLOSED, and the call is rejected.",
        "Close the open review and set the key's outcome to CLOSED in Undo's transaction, so that an officer's later decision on it conflicts.",
    ),
    rule!(
        "deemed-refused",
        deemed_refused,
        "With onething-expiry deemed_refused the department records the refusal itself when the time is up, and WatchDecisions tells it.",
        "When onething-due passes undecided and onething-expiry says deemed_refused, commit REFUSED with the reason DEEMED_REFUSED to the ledger and the decision to the outbox in one transaction.",
    ),
];

/// For what decides later and can be undone.
pub(super) const GRANTED: &[Rule] = &[rule!(
    "deemed-granted",
    deemed_granted,
    "With onething-expiry deemed_granted the effect takes place when the time is up; WatchDecisions, GetOutcome and the call then tell the same answer, and Undo annuls it.",
    "When onething-due passes undecided and onething-expiry says deemed_granted, let the effect take place in the ledger's transaction and keep its answer as for any call.",
)];

/// The reason for a refusal that nobody decided.
const DEEMED_REFUSED: &str = "DEEMED_REFUSED";
/// How long until a decision falls due.
pub(super) const SOON: Duration = Duration::from_millis(1_500);
/// How long a stream that is to bring nothing more is watched.
pub(super) const QUIET: Duration = Duration::from_millis(300);

pub(super) fn call(
    bench: &Bench,
    step: &str,
    expiry: &str,
    within: Duration,
) -> Result<(Call, i64), Stop> {
    let mut call = bench.call(bench.key(step), bench.pending()?)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let due = now.unwrap_or_default() + within;
    let due = i64::try_from(due.as_micros()).unwrap_or(i64::MAX);
    call.metadata
        .push((metadata::DUE.to_owned(), due.to_string()));
    call.metadata
        .push((metadata::EXPIRY.to_owned(), expiry.to_owned()));
    Ok((call, due))
}

/// A call that waits, long enough for anything.
pub(super) async fn waiting(bench: &Bench, step: &str) -> Result<(Call, i64, Pending), Stop> {
    let (call, due) = call(bench, step, "escalate", Duration::from_secs(3_600))?;
    match bench.caller.act(&call).await {
        Answer::Pending(pending) => Ok((call, due, pending)),
        other => fail(format!(
            "the sample that waits for an officer was answered with {}, and not with UNAVAILABLE and the detail Pending",
            other.told()
        )),
    }
}

async fn pending(bench: &Bench) -> Checked {
    let (call, _, _) = waiting(bench, "pending").await?;
    let again = bench.caller.act(&call).await;
    if !matches!(again, Answer::Pending(_)) {
        return fail(format!(
            "the same call again was answered with {}",
            again.told()
        ));
    }
    let response = bench.outcome(&call.key, EPOCH).await?;
    became(&response, Outcome::Pending, "While an officer decides")?;
    let effects = bench.effects(&call.key).await?;
    one_effect(
        &effects,
        &call.key,
        &call.path,
        Outcome::Pending,
        "While an officer decides",
    )
}

async fn pending_due(bench: &Bench) -> Checked {
    let (call, due, pending) = waiting(bench, "pending-due").await?;
    let micros = |pending: &Pending| {
        let at = pending.due_at.as_ref()?;
        Some(at.seconds * 1_000_000 + i64::from(at.nanos) / 1_000)
    };
    if micros(&pending) != Some(due) {
        return fail(format!(
            "the call's Pending.due_at is {:?}, and not {due} µs",
            micros(&pending)
        ));
    }
    let response = bench.outcome(&call.key, EPOCH).await?;
    if response.pending.as_ref().and_then(micros) != Some(due) {
        return fail("GetOutcome's pending.due_at is not what the call carried in onething-due");
    }
    // A holiday was inserted; then an old repeat arrives that was under way for long.
    for repeated in [due + 60_000_000, due - 60_000_000] {
        let mut again = call.clone();
        again.metadata.retain(|(name, _)| name != metadata::DUE);
        again
            .metadata
            .push((metadata::DUE.to_owned(), repeated.to_string()));
        let told = match bench.caller.act(&again).await {
            Answer::Pending(pending) => micros(&pending),
            other => {
                return fail(format!(
                    "a repeat with another onething-due was answered with {}",
                    other.told()
                ));
            }
        };
        if told != Some(due + 60_000_000) {
            return fail(format!(
                "after repeats that move the time a minute later, then a minute earlier than at first, Pending.due_at is {told:?}, and not {} µs",
                due + 60_000_000
            ));
        }
    }
    Ok(())
}

async fn pending_round(bench: &Bench) -> Checked {
    let (call, _, _) = waiting(bench, "pending-round").await?;
    let mut next = call.clone();
    next.key.round = 2;
    bench.touch(&next.key);
    let answer = bench.caller.act(&next).await;
    rejected(
        &answer,
        RejectionReason::RoundNotOpen,
        "Round 2, while round 1 is undecided,",
    )
}

async fn pending_guards(bench: &Bench) -> Checked {
    let (call, _, _) = waiting(bench, "pending-guards").await?;
    let mut other = call.clone();
    other.request = [&call.request[..], &[0xb8, 0xa3, 0x09, 0x01]]
        .concat()
        .into();
    let answer = bench.caller.act(&other).await;
    rejected(
        &answer,
        RejectionReason::DigestMismatch,
        "A pending key with other request bytes",
    )?;
    let answer = bench.caller.act(&call.at(EPOCH - 1)).await;
    rejected(
        &answer,
        RejectionReason::StaleEpoch,
        "A pending call under a lower epoch",
    )
}

async fn withdrawn(bench: &Bench) -> Checked {
    let (call, _, _) = waiting(bench, "pending-withdrawn").await?;
    let nothing = UndoOutcome::NothingToUndo;
    bench
        .undo(&call.key, EPOCH, nothing, "While an officer decides")
        .await?;
    let response = bench.outcome(&call.key, EPOCH).await?;
    became(&response, Outcome::Closed, "After Undo of a pending call")?;
    let answer = bench.caller.act(&call).await;
    rejected(
        &answer,
        RejectionReason::Closed,
        "A withdrawn call, sent again,",
    )
}

/// A call whose time is soon up, and the decision on it as the stream tells it.
pub(super) async fn decided(
    bench: &Bench,
    step: &str,
    expiry: &str,
) -> Result<(Call, WatchDecisionsResponse), Stop> {
    let (call, _) = call(bench, step, expiry, SOON)?;
    let answer = bench.caller.act(&call).await;
    if !matches!(answer, Answer::Pending(_)) {
        return fail(format!(
            "the sample that waits for an officer was answered with {}",
            answer.told()
        ));
    }
    let mut stream = bench.caller.decisions("");
    loop {
        let Some(decision) = next(&mut stream, bench.caller.patience()).await? else {
            return fail(format!(
                "no decision on the call within {} s after it was due",
                bench.caller.patience().as_secs()
            ));
        };
        if decision.key.as_ref() == Some(&call.key) {
            return Ok((call, decision));
        }
    }
}

async fn deemed_refused(bench: &Bench) -> Checked {
    let (call, decision) = decided(bench, "deemed-refused", "deemed_refused").await?;
    told_as(&decision, Outcome::Refused)?;
    let response = bench.outcome(&call.key, EPOCH).await?;
    became(&response, Outcome::Refused, "After the time was up")?;
    if response.refusal.is_none() || response.refusal != decision.refusal {
        return fail("WatchDecisions and GetOutcome tell different refusals, or none");
    }
    if let Some(refusal) = decision
        .refusal
        .as_ref()
        .filter(|refusal| refusal.reason != DEEMED_REFUSED)
    {
        return fail(format!(
            "the refusal's reason is {:?}, and not {DEEMED_REFUSED:?}",
            refusal.reason
        ));
    }
    match bench.caller.act(&call).await {
        Answer::Refused(refusal) if Some(&refusal) == decision.refusal.as_ref() => Ok(()),
        other => fail(format!(
            "the call, sent again after it was refused, was answered with {}",
            other.told()
        )),
    }
}

async fn deemed_granted(bench: &Bench) -> Checked {
    let (call, decision) = decided(bench, "deemed-granted", "deemed_granted").await?;
    told_as(&decision, Outcome::Succeeded)?;
    let response = bench.outcome(&call.key, EPOCH).await?;
    became(&response, Outcome::Succeeded, "After the time was up")?;
    if response.response != decision.response {
        return fail("WatchDecisions and GetOutcome tell answers with different bytes");
    }
    let again = bench.caller.act(&call).await;
    same(
        &again,
        &decision.response,
        "The call, sent again after it was granted,",
    )?;
    bench
        .undo(
            &call.key,
            EPOCH,
            UndoOutcome::Undone,
            "After it was granted",
        )
        .await
}

fn told_as(decision: &WatchDecisionsResponse, expected: Outcome) -> Checked {
    if decision.outcome() != expected {
        return fail(format!(
            "WatchDecisions tells {}, and not {}",
            short(decision.outcome().as_str_name()),
            short(expected.as_str_name())
        ));
    }
    if !decision.deemed {
        return fail("WatchDecisions does not say that the decision is deemed by law");
    }
    if decision.decided_at.is_none() {
        return fail("WatchDecisions does not say when it was decided");
    }
    Ok(())
}

/// The next decision, or none if none comes in time. That the stream ends is an error.
pub(super) async fn next(
    stream: &mut Decisions,
    within: Duration,
) -> Result<Option<WatchDecisionsResponse>, Stop> {
    match stream.next(within).await {
        None => Ok(None),
        Some(Ok(Some(decision))) => Ok(Some(decision)),
        Some(Ok(None)) => {
            fail("WatchDecisions ended its stream; it stays open until the caller ends it")
        }
        Some(Err(status)) => fail(format!("WatchDecisions ended with {}", told(&status))),
    }
}
