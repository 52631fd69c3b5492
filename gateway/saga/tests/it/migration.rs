//! The pure core: going on under another version of a definition.

use onething_saga::{
    DefinitionError, Event, MigrationError, Plan, Refusal, SegmentIndex, StepIndex, UndoAnswer,
};

use crate::bench::Bench;
use crate::fixtures::definition;

const CHAIN: &[&str] = &[
    "a compensable 0",
    "b compensable 0 after a",
    "c pivot 0 after b",
];

fn plan(lines: &[&str]) -> Plan {
    let made: Result<Plan, Vec<DefinitionError>> = Plan::new(definition(lines));
    made.unwrap()
}

fn map(pairs: &[(u16, u16)]) -> Vec<(StepIndex, StepIndex)> {
    let index = |(from, to): &(u16, u16)| (StepIndex(*from), StepIndex(*to));
    pairs.iter().map(index).collect()
}

#[test]
fn s40_forward_only_what_was_started_needs_a_place() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    // The next version has another step before the pivot, and no `c`.
    let next = plan(&[
        "n query 0",
        "a compensable 0",
        "b compensable 0 after a n",
        "d pivot 0 after b",
    ]);
    assert_eq!(
        bench.state.check_migration(&next, &map(&[(0, 1), (1, 2)])),
        Ok(())
    );
    let missing = bench.state.check_migration(&next, &map(&[(0, 1)]));
    let step = "b".to_owned();
    assert_eq!(missing, Err(vec![MigrationError::Unmapped { step }]));
}

#[test]
fn s40_in_the_middle_of_an_undo_the_map_is_total_or_refused() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    bench.refuse("b");
    let next = plan(CHAIN);
    let partial = bench.state.check_migration(&next, &map(&[(0, 0), (1, 1)]));
    let step = "c".to_owned();
    assert_eq!(partial, Err(vec![MigrationError::UnmappedInUndo { step }]));
    let total = map(&[(0, 0), (1, 1), (2, 2)]);
    assert_eq!(bench.state.check_migration(&next, &total), Ok(()));
    let reason = "PAID".to_owned();
    bench.undo("a", UndoAnswer::Impossible { reason });
    assert!(
        bench
            .state
            .check_migration(&next, &map(&[(0, 0), (1, 1)]))
            .is_err()
    );
    bench.undone("a");
    let ended = bench.state.check_migration(&next, &total);
    assert_eq!(ended, Err(vec![MigrationError::Ended]));
}

#[test]
fn s40_a_started_step_stays_what_and_where_it_was() {
    let mut bench = Bench::new(CHAIN);
    bench.succeed("a");
    let same = map(&[(0, 0), (1, 1)]);
    let renamed = plan(&["x compensable 0", "b compensable 0 after x"]);
    let errors = bench.state.check_migration(&renamed, &same).unwrap_err();
    assert!(matches!(errors[..], [MigrationError::Different { .. }]));
    let changed = plan(&["a query 0", "b compensable 0 after a"]);
    let errors = bench.state.check_migration(&changed, &same).unwrap_err();
    assert!(matches!(errors[..], [MigrationError::Different { .. }]));
    let loose = plan(&["a compensable 0", "b compensable 0"]);
    let errors = bench.state.check_migration(&loose, &same).unwrap_err();
    assert!(matches!(errors[..], [MigrationError::Reordered { .. }]));
    let apart = plan(&["a compensable 0", "b compensable 1 after a"]);
    let errors = bench.state.check_migration(&apart, &same).unwrap_err();
    assert!(matches!(errors[..], [MigrationError::Regrouped { .. }]));
    let twice = map(&[(0, 0), (1, 0), (9, 1)]);
    let errors = bench
        .state
        .check_migration(&plan(CHAIN), &twice)
        .unwrap_err();
    assert!(matches!(
        errors[..],
        [
            MigrationError::NoMap { from: 1, .. },
            MigrationError::NoMap { from: 9, .. }
        ]
    ));
}

#[test]
fn s38_an_event_of_a_step_or_segment_that_is_gone_does_not_fit() {
    let bench = Bench::new(CHAIN);
    let refusal = Refusal::new("NO", "no");
    let round = 1;
    let step = StepIndex(3);
    assert!(!bench.state.fits(&Event::Refused {
        step,
        round,
        refusal
    }));
    let segment = SegmentIndex(1);
    assert!(!bench.state.fits(&Event::SegmentUndone { segment }));
    let (step, items) = (StepIndex(0), 300);
    assert!(
        !bench.state.fits(&Event::Expanded { step, items }),
        "too long a list"
    );
}
