//! The stream of a case's events: everything from the beginning or from the event seen last, without
//! gap, live, and over with the case.

use futures::StreamExt;
use onething_tests::{Happening, Suite};

async fn all(suite: &Suite, id: &str, last: Option<u64>) -> Vec<Happening> {
    suite.client().events(id, last).await.collect().await
}

#[tokio::test]
async fn events_replay_continue_live_and_end_with_the_case() {
    let suite = Suite::start().await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let case = client.file("newborn", &form).await;

    // Live, and cut off in the middle: the same caller comes back with the id that it saw last.
    let mut seen: Vec<_> = client.events(case.id(), None).await.take(5).collect().await;
    let last = seen.last().unwrap();
    assert_eq!(last.id, last.sequence().to_string());
    let rest = all(&suite, case.id(), Some(last.sequence())).await;
    seen.extend(rest);

    let case = client.case(case.id()).await;
    assert_eq!(
        case.state(),
        "completed",
        "the stream ended, and with it the case"
    );
    let sequences: Vec<_> = seen.iter().map(Happening::sequence).collect();
    let whole: Vec<_> = (1..=u64::try_from(seen.len()).unwrap()).collect();
    assert_eq!(sequences, whole, "no gap, nothing twice");
    assert_eq!(
        (seen[0].kind.as_str(), seen.last().unwrap().kind.as_str()),
        ("case.accepted", "case.ended")
    );
    assert_eq!(seen.last().unwrap().state(), "completed");
    for event in &seen {
        assert_eq!(event.data["kind"], event.kind.as_str());
        assert!(
            event.data["at"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .is_ok()
        );
    }
    for (step, state) in case.items() {
        let kind = format!("step.{state}");
        let told = seen
            .iter()
            .filter(|event| event.step() == step && event.kind == kind)
            .count();
        assert_eq!(told, 1, "{step} {state}");
    }

    // Afterwards the same is told to anyone, from wherever they ask.
    assert_eq!(all(&suite, case.id(), None).await, seen);
    assert_eq!(all(&suite, case.id(), Some(7)).await, seen[7..]);
    assert_eq!(all(&suite, case.id(), Some(whole.len() as u64)).await, []);
}

#[tokio::test]
async fn events_say_nothing_about_the_person() {
    let suite = Suite::start().await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let case = client.file("newborn", &form).await;
    let case = client.ended(case.id()).await;
    let told = format!("{:?}", all(&suite, case.id(), None).await);
    for role in form.as_object().unwrap().values() {
        for (attribute, value) in role.as_object().unwrap() {
            if let Some(value) = value.as_str().filter(|_| attribute != "follows") {
                assert!(!told.contains(value), "{attribute}");
            }
        }
    }
    assert!(!told.contains(case.certificate("birth-registration")));
}
