//! What counts as doubled, left behind or missing, given what was counted. No database is read here.

use std::collections::{BTreeMap, BTreeSet};

/// Rows of one kind in a department's registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    /// All that were ever made.
    pub(super) made: i64,
    /// Those that stand, neither annulled nor cancelled.
    pub(super) standing: i64,
}

/// One call in a department's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) saga: String,
    pub(super) step: String,
    pub(super) item: String,
    pub(super) method: String,
    pub(super) outcome: String,
}

/// What is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Effects that are there more than once.
    pub(super) doubled: i64,
    /// Effects that stand although they were undone, or their case says that they do not.
    pub(super) leftover: i64,
    /// Effects that a case counts on and that do not stand.
    pub(super) missing: i64,
    /// In words.
    pub(super) problems: Vec<String>,
}

impl Wrong {
    /// Holds the rows that calls of some methods made against what the ledger says of those calls.
    pub(super) fn rows(
        &mut self,
        methods: &[&str],
        before: Rows,
        after: Rows,
        ledger: &[Recorded],
    ) {
        let with = |outcome: &str| {
            let calls = ledger.iter().filter(|call| {
                methods.iter().any(|method| call.method.ends_with(method))
                    && call.outcome == outcome
            });
            i64::try_from(calls.count()).unwrap_or(i64::MAX)
        };
        let (succeeded, undone) = (with("succeeded"), with("undone"));
        let made = after.made - before.made;
        let standing = after.standing - before.standing;
        let (doubled, left) = (made - succeeded - undone, standing - succeeded);
        if doubled != 0 || left != 0 {
            self.problems.push(format!(
                "{methods:?}: {made} rows were made and {standing} of them stand, for {succeeded} calls that \
                 succeeded and {undone} that were undone"
            ));
        }
        self.doubled += doubled.max(0);
        // A row that was made twice stands twice: it is counted once, as doubled.
        self.leftover += (left - doubled.max(0)).max(0);
        self.missing += (-left).max(0);
    }

    /// Holds the steps that a case counts as done against what the ledgers say of the case.
    pub(super) fn case(&mut self, saga: &str, done: &BTreeSet<String>, ledgers: &[Recorded]) {
        let mut effects: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
        for call in ledgers.iter().filter(|call| call.outcome == "succeeded") {
            let items = effects.entry(&call.step).or_default();
            *items.entry(&call.item).or_default() += 1;
        }
        for (step, items) in &effects {
            let twice: i64 = items.values().map(|times| times - 1).sum();
            if twice > 0 {
                self.problems
                    .push(format!("case {saga}: {step} took effect {items:?} times"));
                self.doubled += twice;
            }
            if !done.contains(*step) {
                self.problems.push(format!(
                    "case {saga}: {step} stands, but the case says otherwise"
                ));
                self.leftover += 1;
            }
        }
        for step in done
            .iter()
            .filter(|step| !effects.contains_key(step.as_str()))
        {
            self.problems
                .push(format!("case {saga}: {step} is done, but has no effect"));
            self.missing += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(step: &str, outcome: &str) -> Recorded {
        Recorded {
            saga: "s".to_owned(),
            step: step.to_owned(),
            item: String::new(),
            method: format!("package.Service/{step}"),
            outcome: outcome.to_owned(),
        }
    }

    fn judged(before: (i64, i64), after: (i64, i64)) -> (i64, i64, i64) {
        let rows = |(made, standing)| Rows { made, standing };
        let ledger = [
            call("lock", "succeeded"),
            call("lock", "undone"),
            call("lock", "refused"),
            call("other", "succeeded"),
        ];
        let mut wrong = Wrong::default();
        wrong.rows(&["/lock"], rows(before), rows(after), &ledger);
        (wrong.doubled, wrong.leftover, wrong.missing)
    }

    #[test]
    fn rows_are_held_against_the_ledger() {
        assert_eq!(judged((10, 5), (12, 6)), (0, 0, 0));
        assert_eq!(judged((10, 5), (13, 7)), (1, 0, 0), "made twice");
        assert_eq!(
            judged((10, 5), (13, 6)),
            (1, 0, 0),
            "made twice, undone once"
        );
        assert_eq!(judged((10, 5), (12, 7)), (0, 1, 0), "undone in words only");
        assert_eq!(
            judged((10, 5), (12, 5)),
            (0, 0, 1),
            "undone without being asked"
        );
    }

    #[test]
    fn a_case_is_held_against_the_ledgers() {
        let done = |steps: &[&str]| steps.iter().map(|step| (*step).to_owned()).collect();
        let ledgers = [call("a", "succeeded"), call("b", "undone")];
        let judged = |done: BTreeSet<String>, ledgers: &[Recorded]| {
            let mut wrong = Wrong::default();
            wrong.case("s", &done, ledgers);
            (wrong.doubled, wrong.leftover, wrong.missing)
        };
        assert_eq!(judged(done(&["a"]), &ledgers), (0, 0, 0));
        assert_eq!(judged(done(&[]), &ledgers), (0, 1, 0));
        assert_eq!(judged(done(&["a", "b"]), &ledgers), (0, 0, 1));
        let twice = [call("a", "succeeded"), call("a", "succeeded")];
        assert_eq!(judged(done(&["a"]), &twice), (1, 0, 0));
    }
}
