//! Calls that are journaled before their turn, with a real bundle and real departments.

use futures::StreamExt;
use onething_tests::{Happening, Operator, Plan};

use crate::outcomes::relocation_completed;

#[tokio::test]
async fn a_step_that_needs_no_answer_is_journaled_with_those_before_it() {
    let suite = Plan::default().start().await;
    let client = suite.client();
    let form = suite.samples.relocation(&client).await;
    let code = form["enterprise"]["credit_code"].as_str().unwrap();
    let before = suite.departments().enterprise(code).await;
    let case = client.file("enterprise-relocation", &form).await;
    let case = client.ended(case.id()).await;
    relocation_completed(&suite.departments(), &form, &before, &case).await;
    let saran = Operator::new(suite.client(), "saran");
    for kind in ["intended_ahead", "begun"] {
        let rows = saran.rows(case.id(), kind).await;
        let steps: Vec<_> = rows.iter().map(|row| &row["step"]).collect();
        // They come after six questions, and are put together out of the form alone.
        assert_eq!(steps, ["lock-record", "accept-relocation"], "{kind}");
    }
    let told = client.events(case.id(), None).await.collect::<Vec<_>>();
    let told = told.await;
    let called = |event: &&Happening| event.kind == "step.intended";
    let called: Vec<_> = told.iter().filter(called).map(Happening::step).collect();
    assert!(called.contains(&"lock-record"), "{called:?}");
}
