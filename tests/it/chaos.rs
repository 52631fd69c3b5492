//! A short disaster on each store; `chaos --kills 200` is a longer one (see tests/README.md).

use onething_tests::{Foreign, chaos::Disaster};

/// The seed is fresh each time; it is printed, and `chaos --seed` takes it.
async fn strikes(kills: u32, postgres: bool) {
    let disaster = Disaster {
        kills,
        postgres,
        gateways: if postgres { 2 } else { 1 },
        seed: uuid::Uuid::new_v4().as_u64_pair().0,
    };
    let found = disaster.strike().await;
    assert!(found.held(), "{}", found.json());
    // Else it shows nothing.
    assert!(found.under_way() * 2 >= kills, "{}", found.json());
    assert!(
        found.ended().values().sum::<u32>() >= 12,
        "{}",
        found.json()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_killed_under_load_leave_nothing_doubled_or_behind_on_sqlite() {
    strikes(12, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_killed_under_load_leave_nothing_doubled_or_behind_on_postgresql() {
    if Foreign::Postgres.find().is_none() {
        return;
    }
    strikes(12, true).await;
}
