//! The graph rules.

use std::time::Duration;

use onething_saga::{Awaits, DefinitionError, OnExpiry, Step, StepIndex, TimeLimit};

use crate::fixtures::definition;

fn broken(lines: &[&str]) -> Vec<DefinitionError> {
    definition(lines).validate().unwrap_err()
}

#[test]
fn a_sound_definition_passes() {
    let sound = definition(&[
        "q query 0",
        "a compensable 0 after q",
        "p pivot 0 after a",
        "f forward 0 after p",
        "b compensable 1 after p",
    ]);
    assert_eq!(sound.validate(), Ok(()));
}

#[test]
fn steps_do_not_wait_for_each_other() {
    let mut circle = definition(&["a compensable 0", "b compensable 0 after a"]);
    circle.steps[0].after.push(StepIndex(1));
    let errors = circle.validate().unwrap_err();
    assert_eq!(
        errors,
        [DefinitionError::Cycle {
            steps: vec!["b".into(), "a".into()]
        }]
    );
}

#[test]
fn segments_do_not_wait_for_each_other() {
    let errors = broken(&[
        "a compensable 0",
        "b compensable 1 after a",
        "c compensable 0 after b",
    ]);
    assert!(
        matches!(errors[..], [DefinitionError::SegmentCycle { .. }]),
        "{errors:?}"
    );
}

#[test]
fn nothing_of_a_segment_runs_beside_its_pivot() {
    let errors = broken(&["a compensable 0", "p pivot 0"]);
    assert!(
        matches!(errors[..], [DefinitionError::BesidePivot { .. }]),
        "{errors:?}"
    );
    let errors = broken(&["p pivot 0", "r pivot 0 after p"]);
    assert!(
        matches!(errors[..], [DefinitionError::TwoPivots { .. }]),
        "{errors:?}"
    );
}

#[test]
fn what_can_fail_comes_before_what_stays() {
    let errors = broken(&["p pivot 0", "a compensable 0 after p"]);
    assert!(
        matches!(errors[..], [DefinitionError::FailsAfterPivot { .. }]),
        "{errors:?}"
    );
    let errors = broken(&["f forward 0", "p pivot 0 after f"]);
    assert!(
        matches!(errors[..], [DefinitionError::ForwardBeforePivot { .. }]),
        "{errors:?}"
    );
    let errors = broken(&["f forward 0", "a compensable 0"]);
    assert!(
        matches!(errors[..], [DefinitionError::FailsBesideForward { .. }]),
        "{errors:?}"
    );
    assert_eq!(
        definition(&["p pivot 0", "a? compensable 0 after p"]).validate(),
        Ok(())
    );
}

#[test]
fn a_segment_that_can_fail_beside_an_effect_declares_its_outcome() {
    let mut silent = definition(&["p pivot 0", "a compensable 1 after p"]);
    silent.segments[1].partial = None;
    let errors = silent.validate().unwrap_err();
    assert!(
        matches!(errors[..], [DefinitionError::MissingPartial { .. }]),
        "{errors:?}"
    );
    // Everything else depends on the first segment: its failure ends the case with nothing standing.
    let mut first = definition(&["p pivot 0", "a compensable 1 after p"]);
    first.segments[0].partial = None;
    assert_eq!(first.validate(), Ok(()));
}

#[test]
fn references_lead_somewhere() {
    let mut dangling = definition(&["a compensable 0", "a compensable 0"]);
    dangling.steps[0].after.push(StepIndex(9));
    let errors = dangling.validate().unwrap_err();
    assert!(matches!(
        errors[..],
        [
            DefinitionError::UnknownStep { after: 9, .. },
            DefinitionError::DuplicateStep { .. }
        ]
    ));
    let mut none = definition(&[]);
    none.segments.clear();
    assert_eq!(none.validate(), Err(vec![DefinitionError::Empty]));
}

#[test]
fn what_a_step_waits_for_goes_with_what_it_is() {
    let with = |kind: &str, change: fn(&mut Step)| {
        let mut definition = definition(&[&format!("a {kind} 0")]);
        change(&mut definition.steps[0]);
        definition.validate().unwrap_err()
    };
    let timer = |step: &mut Step| {
        step.awaits = Some(Awaits::Timer {
            after: Duration::from_secs(1),
        });
    };
    let errors = with("compensable", timer);
    assert!(matches!(errors[..], [DefinitionError::WaitCalls { .. }]));
    let errors = with("query", |step| {
        step.awaits = Some(Awaits::Signal { name: "x".into() });
        step.deadline = Some(TimeLimit {
            working_days: 1,
            on_expiry: OnExpiry::DeemedGranted,
        });
    });
    assert!(matches!(
        errors[..],
        [DefinitionError::NobodyDecides { .. }]
    ));
    let errors = with("forward", |step| {
        step.deadline = Some(TimeLimit {
            working_days: 1,
            on_expiry: OnExpiry::Compensate,
        });
    });
    assert!(matches!(
        errors[..],
        [DefinitionError::ExpiryCannotUndo { .. }]
    ));
    let errors = with("pivot", |step| {
        step.fresh_for = Some(Duration::from_secs(1))
    });
    assert!(matches!(
        errors[..],
        [DefinitionError::OnlyQueriesAge { .. }]
    ));
}
