//! Rules of ListEffects: whole, in order, and empty of what should be gone.

use onething_proto::participant::{Outcome, StepKey, UndoOutcome};

use crate::participant::{
    answer,
    bench::{Bench, EPOCH},
    expect::short,
    rule::{Checked, Rule, Stop, fail, rule},
};

/// For every department.
pub(super) const RULES: &[Rule] = &[rule!(
    "effects-in-order",
    effects_in_order,
    "ListEffects pages through every key once, in the order in which keys were first seen, also while new ones arrive, and keeps to the saga that is asked for.",
    "Sort by the time of first sight and the key, make next_page_token out of the last row's sort key (never an offset), and filter by coordinator and, if not empty, by saga.",
)];

/// When everything was undone.
pub(super) const AT_THE_END: &[Rule] = &[rule!(
    "nothing-left",
    nothing_left,
    "After everything was undone, ListEffects has nothing in force for this coordinator but what cannot be undone.",
    "Look at the checks of Undo above: what is left in force is named here, and has to be annulled by hand.",
)];

/// How many keys are listed, a few to a page.
const LISTED: usize = 7;
const PAGE: i32 = 3;

async fn effects_in_order(bench: &Bench) -> Checked {
    // Two sagas, in turn; the names of the steps are in no order.
    let sagas = [bench.key("list").saga, bench.key("list").saga];
    let steps = ["m", "c", "x", "a", "p", "b", "k", "late"];
    let mut sent = Vec::new();
    for (at, step) in steps.iter().enumerate().take(LISTED) {
        let key = listed_key(bench, &sagas[at % 2], step);
        bench
            .undo(
                &key,
                EPOCH,
                UndoOutcome::NothingToUndo,
                "For a key that was never sent",
            )
            .await?;
        sent.push(key);
    }
    let mut seen: Vec<StepKey> = Vec::new();
    let mut token = String::new();
    for turn in 0.. {
        let page = bench.caller.page("", PAGE, &token).await;
        let page = page.map_err(|status| {
            Stop::Fail(format!("ListEffects answered {}", answer::told(&status)))
        })?;
        if page.effects.len() > PAGE as usize {
            return fail(format!(
                "a page of at most {PAGE} has {} entries",
                page.effects.len()
            ));
        }
        if page
            .effects
            .iter()
            .any(|effect| effect.recorded_at.is_none())
        {
            return fail("an entry has no recorded_at");
        }
        seen.extend(page.effects.into_iter().filter_map(|effect| effect.key));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
        if turn > 1_000 {
            return fail("the pages do not end: next_page_token never becomes empty");
        }
        if turn == 0 {
            // What arrives while pages are turned moves nothing.
            let late = listed_key(bench, &sagas[0], steps[LISTED]);
            bench
                .undo(
                    &late,
                    EPOCH,
                    UndoOutcome::NothingToUndo,
                    "For a key that was never sent",
                )
                .await?;
        }
    }
    let of_these = |key: &&StepKey| sagas.contains(&key.saga) && key.step != steps[LISTED];
    let listed: Vec<_> = seen.iter().filter(of_these).collect();
    if listed != sent.iter().collect::<Vec<_>>() {
        let names = |keys: &[&StepKey]| {
            keys.iter()
                .map(|key| key.step.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        return fail(format!(
            "the steps were first seen in the order {}, and ListEffects in pages of {PAGE} tells {}",
            names(&sent.iter().collect::<Vec<_>>()),
            names(&listed)
        ));
    }
    let of_one = bench.caller.effects(&sagas[1]).await;
    let of_one = of_one.map_err(|status| {
        Stop::Fail(format!(
            "ListEffects of a saga answered {}",
            answer::told(&status)
        ))
    })?;
    let expected = sent.iter().filter(|key| key.saga == sagas[1]).count();
    let right = of_one
        .iter()
        .all(|effect| effect.key.as_ref().is_some_and(|key| key.saga == sagas[1]));
    if of_one.len() != expected || !right {
        return fail(format!(
            "of one saga with {expected} keys, ListEffects tells {}",
            of_one.len()
        ));
    }
    Ok(())
}

fn listed_key(bench: &Bench, saga: &str, step: &str) -> StepKey {
    let key = StepKey {
        saga: saga.to_owned(),
        ..bench.caller.key(step)
    };
    bench.touch(&key);
    key
}

async fn nothing_left(bench: &Bench) -> Checked {
    let effects = bench.caller.effects("").await;
    let effects = effects
        .map_err(|status| Stop::Fail(format!("ListEffects answered {}", answer::told(&status))))?;
    let left: Vec<_> = effects
        .iter()
        .filter(|effect| matches!(effect.outcome(), Outcome::Succeeded | Outcome::Pending))
        .filter(|effect| effect.outcome() == Outcome::Pending || !bench.lasts(&effect.method))
        .map(|effect| {
            let key = effect.key.clone().unwrap_or_default();
            format!(
                "{} of {} ({}/{})",
                short(effect.outcome().as_str_name()),
                effect.method,
                key.saga,
                key.step
            )
        })
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    fail(format!("still in force: {}", left.join("; ")))
}
