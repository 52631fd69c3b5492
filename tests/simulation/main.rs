//! The simulation as tests: 20,000 generated cases from a fresh seed at every run.

use onething_tests::simulation::run;

#[test]
fn generated_cases_keep_every_law() {
    let seed = u64::from(uuid::Uuid::new_v4().as_fields().0);
    println!("20000 cases from seed {seed}");
    let report = run(20_000, seed, |_| {});
    assert!(report.held(), "{}", report.story());
}
