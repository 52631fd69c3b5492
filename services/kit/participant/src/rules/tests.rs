//! The rules over every row and every call of a small world, and over every short history.

use super::*;
use crate::Rejection;

const DIGESTS: [&[u8]; 2] = [b"a", b"b"];
const KINDS: [Kind; 3] = [Kind::Compensable, Kind::Pivot, Kind::Forward];

fn rows() -> impl Iterator<Item = Row<'static>> {
    let expiries = [None, Some(10)]
        .into_iter()
        .flat_map(|due| Expiry::ALL.map(|expiry| (due, expiry)));
    let facts = Recorded::ALL.into_iter().flat_map(move |recorded| {
        expiries
            .clone()
            .map(move |(due, expiry)| (recorded, due, expiry))
    });
    (1..=2).flat_map(move |round| {
        facts.clone().flat_map(move |(recorded, due, expiry)| {
            (1..=2).map(move |epoch| Row {
                round,
                epoch,
                method: "m",
                digest: DIGESTS[0],
                recorded,
                due,
                expiry,
            })
        })
    })
}

fn calls() -> impl Iterator<Item = Incoming<'static>> {
    (1..=3).flat_map(|round| {
        (1..=3).flat_map(move |epoch| {
            DIGESTS.into_iter().map(move |digest| Incoming {
                round,
                epoch,
                method: "m",
                digest,
            })
        })
    })
}

#[test]
fn s23_a_lower_epoch_is_rejected_whatever_is_recorded() {
    for row in rows() {
        for epoch in 0..row.epoch {
            let stale = Rejection::StaleEpoch;
            for incoming in calls() {
                let verdict = call(Found::Row(row), Incoming { epoch, ..incoming });
                assert_eq!(verdict, CallVerdict::Rejected(stale), "{row:?}");
            }
            for round in 1..=3 {
                for kind in KINDS {
                    let verdict = undo(Found::Row(row), kind, round, epoch);
                    assert_eq!(verdict, UndoVerdict::Rejected(stale), "{row:?}");
                }
                let verdict = question(Found::Row(row), round, epoch);
                assert_eq!(verdict, QuestionVerdict::Rejected(stale), "{row:?}");
            }
        }
    }
}

#[test]
fn s10_a_round_is_carried_out_only_when_it_is_new_and_the_one_before_is_without_effect() {
    for row in rows() {
        for incoming in calls().filter(|incoming| incoming.epoch >= row.epoch) {
            let verdict = call(Found::Row(row), incoming);
            let may = incoming.round > row.round && row.recorded.is_without_effect();
            assert_eq!(
                verdict == CallVerdict::PerformNextRound,
                may,
                "{row:?} {incoming:?}"
            );
            assert_ne!(verdict, CallVerdict::Perform, "{row:?} {incoming:?}");
            let same = incoming.round == row.round && incoming.digest == row.digest;
            if verdict == CallVerdict::Repeat {
                assert!(same, "{row:?} {incoming:?}");
            }
        }
    }
}

#[test]
fn what_is_forgotten_is_never_opened_again() {
    for incoming in calls() {
        let closed = Rejection::Closed;
        let verdict = call(Found::Forgotten, incoming);
        assert_eq!(verdict, CallVerdict::Rejected(closed));
        let verdict = undo(Found::Forgotten, Kind::Pivot, incoming.round, 1);
        assert_eq!(verdict, UndoVerdict::Rejected(closed));
    }
    assert!(
        is_forgotten("a", Some("b")) && !is_forgotten("b", Some("b")) && !is_forgotten("a", None)
    );
    assert!(may_forget("a", Some("b"), Recorded::Undone, 0, 10, 10));
    assert!(!may_forget("a", Some("b"), Recorded::Undone, 1, 10, 10));
    assert!(!may_forget("a", Some("b"), Recorded::Pending, 0, 10, 10));
    assert!(!may_forget("a", Some("b"), Recorded::InFlight, 0, 10, 10));
    assert!(!may_forget("b", Some("b"), Recorded::Undone, 0, 10, 10));
}

#[test]
fn only_an_effect_that_can_be_annulled_is_annulled_and_only_a_review_is_withdrawn() {
    for row in rows() {
        for kind in KINDS {
            for round in 1..=3 {
                let verdict = undo(Found::Row(row), kind, round, row.epoch);
                let current = round == row.round;
                let succeeded = current && row.recorded == Recorded::Succeeded;
                assert_eq!(
                    verdict == UndoVerdict::Annul,
                    succeeded && kind == Kind::Compensable
                );
                assert_eq!(
                    verdict == UndoVerdict::AlreadyEffective,
                    succeeded && kind != Kind::Compensable
                );
                assert_eq!(
                    verdict == UndoVerdict::Withdraw,
                    current && row.recorded == Recorded::Pending
                );
                assert_eq!(
                    verdict == UndoVerdict::Wish,
                    current && row.recorded == Recorded::InFlight
                );
            }
        }
    }
    assert_eq!(annulled(Annulment::Done), Recorded::Undone);
    assert_eq!(annulled(Annulment::Pending), Recorded::Succeeded);
    assert_eq!(annulled(Annulment::Impossible), Recorded::Succeeded);
}

#[test]
fn s36_a_decision_counts_only_for_an_open_review_and_not_against_the_law() {
    for row in rows() {
        for round in 1..=3 {
            for now in [9, 10, 11] {
                let open = round == row.round && row.recorded == Recorded::Pending;
                let passed = row.due.is_some_and(|due| now >= due);
                let deeming = deemed(row.expiry).filter(|_| open && passed);
                assert_eq!(
                    decide(Found::Row(row), round, now) == DecisionVerdict::Take,
                    open && deeming.is_none(),
                    "{row:?} {round} {now}"
                );
                let expired = match expire(Found::Row(row), round, now) {
                    ExpiryVerdict::Deem(decision) => Some(decision),
                    ExpiryVerdict::NotYet | ExpiryVerdict::Never => None,
                };
                assert_eq!(expired, deeming, "{row:?} {round} {now}");
            }
        }
    }
    assert_eq!(decide(Found::Nothing, 1, 0), DecisionVerdict::NotSeen);
}

#[test]
fn a_suspended_matter_is_refused_but_a_forward_step_waits() {
    for kind in KINDS {
        assert_eq!(admission(false, kind), Admission::Carry);
    }
    assert_eq!(admission(true, Kind::Forward), Admission::Wait);
    assert_eq!(admission(true, Kind::Pivot), Admission::Refuse);
    assert_eq!(admission(true, Kind::Compensable), Admission::Refuse);
    assert_eq!(settled(Performed::Failed), None);
}

#[test]
fn the_time_for_deciding_moves_only_later() {
    assert_eq!(due(Some(5), Some(7)), Some(7));
    assert_eq!(due(Some(5), Some(3)), Some(5));
    assert_eq!(due(Some(5), None), Some(5));
    assert_eq!(due(None, Some(3)), None);
}

#[test]
fn a_cursor_goes_on_where_it_was_given_out_and_nowhere_else() {
    let cursor = Cursor {
        position: 7,
        seal: 0xab,
    };
    assert_eq!(Cursor::read(&cursor.to_string()), Some(cursor));
    for text in [
        "",
        "7",
        "7-ab",
        "000000000007-000000AB",
        "000000000000-00000000",
        "-",
        "x-y",
    ] {
        assert_eq!(Cursor::read(text), None, "{text}");
    }
    assert_eq!(resume(None, 9, None), Ok(0));
    assert_eq!(resume(Some(cursor), 9, Some(0xab)), Ok(7));
    assert_eq!(resume(Some(cursor), 9, None), Ok(7));
    assert_eq!(resume(Some(cursor), 6, None), Err(CursorProblem::Future));
    assert_eq!(
        resume(Some(cursor), 9, Some(0xac)),
        Err(CursorProblem::Rewritten)
    );
    assert_eq!(next_position(7), 8);
}

#[test]
fn names_are_read_back() {
    for recorded in Recorded::ALL {
        assert_eq!(Recorded::named(recorded.name()), Some(recorded));
    }
    for expiry in Expiry::ALL {
        assert_eq!(Expiry::named(expiry.name()), Some(expiry));
    }
    assert_eq!((Recorded::named("open"), Expiry::named("")), (None, None));
}

/// A row that owns what it holds, carried from verdict to verdict.
#[derive(Debug, Clone, Copy)]
struct Table {
    row: Option<Row<'static>>,
    /// Effects in force, by round.
    effects: u32,
}

/// Every history of five calls and undos of two rounds under three epochs: never two effects in
/// force, and none that a closed round could still get.
#[test]
fn no_short_history_has_two_effects_or_one_after_its_undo() {
    fn go(table: Table, kind: Kind, left: u32, undone: [bool; 4]) {
        assert!(table.effects <= 1, "{table:?}");
        if left == 0 {
            return;
        }
        let found = table.row.map_or(Found::Nothing, Found::Row);
        for round in 1..=3_u32 {
            for epoch in 1..=2 {
                let incoming = Incoming {
                    round,
                    epoch,
                    method: "m",
                    digest: DIGESTS[0],
                };
                let fresh = |recorded, seen| Row {
                    round,
                    epoch: raised(seen, epoch),
                    method: "m",
                    digest: DIGESTS[0],
                    recorded,
                    due: None,
                    expiry: Expiry::Escalate,
                };
                let seen = table.row.map_or(0, |row| row.epoch);
                match call(found, incoming) {
                    CallVerdict::Perform | CallVerdict::PerformNextRound => {
                        assert!(
                            !undone[round as usize],
                            "an effect after the undo: {table:?}"
                        );
                        for performed in [
                            Performed::Succeeded,
                            Performed::Refused,
                            Performed::Pending,
                            Performed::InFlight,
                        ] {
                            let Some(recorded) = settled(performed) else {
                                continue;
                            };
                            let effects =
                                table.effects + u32::from(recorded == Recorded::Succeeded);
                            let row = Some(fresh(recorded, seen));
                            go(Table { row, effects }, kind, left - 1, undone);
                        }
                    }
                    CallVerdict::Repeat | CallVerdict::Rejected(_) => {}
                }
                let mut closed = undone;
                closed[round as usize] = true;
                match undo(found, kind, round, epoch) {
                    UndoVerdict::Close | UndoVerdict::CloseNextRound | UndoVerdict::Withdraw => {
                        let row = Some(fresh(Recorded::Closed, seen));
                        go(Table { row, ..table }, kind, left - 1, closed);
                    }
                    UndoVerdict::Annul => {
                        let row = Some(fresh(annulled(Annulment::Done), seen));
                        let effects = table.effects - 1;
                        go(Table { row, effects }, kind, left - 1, closed);
                    }
                    // It is not undone yet: the other system's answer may be an effect.
                    UndoVerdict::Wish => {}
                    UndoVerdict::Nothing
                    | UndoVerdict::Undone
                    | UndoVerdict::AlreadyEffective
                    | UndoVerdict::Rejected(_) => {}
                }
            }
            let flying = table.row.filter(|row| row.recorded == Recorded::InFlight);
            for recorded in [Recorded::Succeeded, Recorded::Refused] {
                if let Some(row) = flying.filter(|row| row.round == round) {
                    assert!(
                        !undone[round as usize],
                        "another system's answer after the undo: {table:?}"
                    );
                    let effects = table.effects + u32::from(recorded == Recorded::Succeeded);
                    let row = Some(Row { recorded, ..row });
                    go(Table { row, effects }, kind, left - 1, undone);
                }
            }
            if decide(found, round, 0) == DecisionVerdict::Take {
                for decision in [Decision::Approve, Decision::Refuse, Decision::Return] {
                    assert!(
                        !undone[round as usize],
                        "a decision after the undo: {table:?}"
                    );
                    let recorded = decision.recorded();
                    let effects = table.effects + u32::from(recorded == Recorded::Succeeded);
                    let row = table.row.map(|row| Row { recorded, ..row });
                    go(Table { row, effects }, kind, left - 1, undone);
                }
            }
        }
    }
    for kind in KINDS {
        let table = Table {
            row: None,
            effects: 0,
        };
        go(table, kind, 5, [false; 4]);
    }
}
