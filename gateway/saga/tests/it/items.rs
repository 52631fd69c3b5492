//! The pure core: steps that are repeated for each item of a list.

use onething_saga::{
    DefinitionError, Facts, Input, Kind, Operator, SagaState, StepState, UndoAnswer,
};

use crate::bench::Bench;
use crate::fixtures::definition;

fn repeated(lines: &[&str], items: usize) -> Bench {
    let mut definition = definition(lines);
    let step = definition.index_of("a").unwrap();
    definition.steps[step.at()].for_each = true;
    definition.steps[step.at()].fresh_for = None;
    for step in &mut definition.steps {
        step.correctable = true;
    }
    let mut bench = Bench::idle(definition);
    bench.lists.insert("a".to_owned(), items);
    bench.start();
    bench
}

#[test]
fn each_item_has_its_own_call_and_the_step_joins_them() {
    let mut bench = repeated(
        &[
            "x compensable 0",
            "a compensable 0 after x",
            "b pivot 0 after a",
        ],
        3,
    );
    bench.succeed("x");
    assert_eq!(bench.take("act"), ["x", "a#1", "a#2", "a#3"]);
    bench.crash();
    assert_eq!(bench.take("act"), ["a#1", "a#2", "a#3"]);
    bench.succeed("a#2");
    bench.succeed("a#1");
    assert_eq!(bench.step("b"), StepState::Blocked);
    bench.answer(
        "a#3",
        onething_saga::Answer::Succeeded {
            response: "third".into(),
        },
    );
    assert_eq!(bench.step("b"), StepState::Intended);
    let facts = Facts::new(&bench.state, bench.now);
    let responses = facts.items(bench.index("a"));
    let responses: Vec<_> = responses.into_iter().map(|r| r.unwrap().clone()).collect();
    assert_eq!(responses, ["ok", "ok", "third"]);
    assert_eq!(
        facts.response_of("a"),
        None,
        "the join has no response of its own"
    );
    bench.succeed("b");
    assert_eq!(bench.status(), SagaState::Completed);
    let view = bench.state.view();
    let items: Vec<_> = view.steps.iter().filter(|step| step.id == "a").collect();
    assert_eq!(
        items.iter().map(|step| step.item).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    assert!(items.iter().all(|step| step.kind == Kind::Compensable));
}

#[test]
fn a_refused_item_undoes_the_others_and_what_came_before() {
    let mut bench = repeated(&["x compensable 0", "a compensable 0 after x"], 3);
    bench.succeed("x");
    bench.succeed("a#1");
    bench.refuse("a#2");
    bench.open.clear();
    bench.succeed("a#3");
    assert_eq!(bench.take("undo"), ["a#3", "a#1"]);
    bench.undone("a#1");
    bench.crash();
    bench.undone("a#3");
    bench.undone("x");
    assert_eq!(bench.status(), SagaState::Compensated);
}

#[test]
fn a_refused_item_of_an_optional_step_is_left_out_alone() {
    let mut bench = repeated(&["a? compensable 0", "b pivot 0 after a"], 2);
    bench.refuse("a#1");
    bench.undo("a#1", UndoAnswer::NothingToUndo);
    bench.succeed("a#2");
    assert_eq!(bench.step("a#1"), StepState::Omitted);
    assert_eq!(bench.step("a"), StepState::Succeeded);
    let facts = Facts::new(&bench.state, bench.now);
    assert_eq!(facts.items(bench.index("a"))[0], None);
    bench.succeed("b");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn an_empty_list_leaves_the_step_out() {
    let mut bench = repeated(&["a compensable 0", "b pivot 0 after a"], 0);
    assert_eq!(bench.step("a"), StepState::Omitted);
    bench.succeed("b");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_list_has_a_largest_length() {
    let bench = repeated(&["a compensable 0"], 257);
    assert_eq!(bench.status(), SagaState::Rejected);
    let largest = repeated(&["a compensable 0"], 256);
    assert_eq!(largest.open.len(), 256);
}

#[test]
fn a_step_that_is_not_repeated_has_no_items() {
    let mut bench = Bench::idle(definition(&["a compensable 0"]));
    bench.start();
    let prepared = onething_saga::Prepared::Each { calls: Vec::new() };
    let fresh = onething_saga::State::new(bench.state.saga(), bench.state.plan().clone());
    let mut draft = onething_saga::Draft::new(fresh, bench.now);
    draft.feed(Input::Resume).unwrap();
    let step = bench.index("a");
    draft.feed(Input::Prepared { step, prepared }).unwrap();
    assert_eq!(draft.state().status(), SagaState::Rejected);
}

#[test]
fn a_refused_forward_item_is_tried_again_alone() {
    let mut bench = repeated(&["p pivot 0", "a forward 0 after p"], 2);
    bench.succeed("p");
    bench.succeed("a#1");
    bench.refuse("a#2");
    assert_eq!(bench.status(), SagaState::Escalated);
    bench.open.clear();
    let (step, by, reason) = (bench.index("a#2"), "owner".to_owned(), "fixed".to_owned());
    bench
        .feed(Input::Operator(Operator::Retry { step, by, reason }))
        .unwrap();
    assert_eq!(bench.take("act"), ["a#2"]);
    assert_eq!(bench.state.step(step).round, 2);
    bench.crash();
    bench.succeed("a#2");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_correction_may_lengthen_and_shorten_the_list() {
    for (items, acted) in [(3, 3), (1, 1)] {
        let mut bench = repeated(&["a compensable 0", "r compensable 0 after a"], 2);
        bench.succeed("a#1");
        bench.succeed("a#2");
        bench.returned("r");
        bench.lists.insert("a".to_owned(), items);
        bench.correct("r", &["a"]).unwrap();
        bench.open.clear();
        bench.undone("a#1");
        bench.undone("a#2");
        bench.crash();
        assert_eq!(bench.take("act").len(), acted, "{:#?}", bench.events);
        for item in 1..=items {
            bench.succeed(&format!("a#{item}"));
        }
        assert_eq!(bench.step("r"), StepState::Intended);
        if items == 1 {
            assert_eq!(bench.step("a#2"), StepState::Omitted);
        }
        bench.succeed("r");
        assert_eq!(bench.status(), SagaState::Completed);
    }
}

#[test]
fn a_returned_item_is_corrected_alone() {
    let mut bench = repeated(&["a compensable 0"], 2);
    bench.succeed("a#1");
    bench.returned("a#2");
    bench.correct("a#2", &[]).unwrap();
    assert_eq!(bench.state.step(bench.index("a#1")).round, 1);
    assert_eq!(bench.state.step(bench.index("a#2")).round, 2);
    bench.succeed("a#2");
    assert_eq!(bench.status(), SagaState::Completed);
}

#[test]
fn a_pivot_is_not_repeated() {
    let mut definition = definition(&["a pivot 0"]);
    definition.steps[0].for_each = true;
    let errors = definition.validate().unwrap_err();
    assert!(matches!(
        errors[..],
        [DefinitionError::RepeatedPivot { .. }]
    ));
}
