//! The simulation as tests: 20,000 generated cases from a fresh seed at every run.

use std::time::Duration;

use onething_bundle::Catalogue;
use onething_elements::Dictionary;
use onething_gateway::definition;
use onething_proto::Contracts;
use onething_tests::simulation::{Mutation, generate, play, prove, replay, run};

#[test]
fn generated_cases_keep_every_law() {
    let seed = u64::from(uuid::Uuid::new_v4().as_fields().0);
    println!("20000 cases from seed {seed}");
    let report = run(20_000, seed, |_| {});
    assert!(report.held(), "{}", report.story());
}

#[test]
fn a_seed_is_one_run() {
    for seed in 0..300 {
        let first = play(generate(seed), false);
        let second = play(generate(seed), true);
        assert_eq!(first.hash, second.hash, "{}", replay(seed));
        assert_eq!(first.commits, second.commits, "{}", replay(seed));
    }
}

#[test]
fn generated_definitions_are_proved() {
    for seed in 0..12 {
        let cases = prove(&generate(seed).definition).unwrap();
        assert!(cases > 2, "the definition of seed {seed} was hardly tried");
    }
}

#[test]
fn every_bundle_of_the_catalogue_is_proved() {
    let catalogue = Catalogue::embedded(Contracts::standard(), Dictionary::standard()).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // A bundle that differs from place to place is proved as it is everywhere and in each place.
    let definitions = catalogue.into_bundles().flat_map(|bundle| {
        let places = bundle.variants.iter().map(|variant| (**variant).clone());
        let all: Vec<_> = places.chain([bundle.clone()]).collect();
        all.into_iter()
            .map(|bundle| definition(&bundle, Duration::from_secs(10)))
    });
    let open = std::sync::Mutex::new(definitions.collect::<Vec<_>>());
    let proved = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(definition) = open.lock().unwrap().pop() else {
                        break;
                    };
                    let cases = prove(&definition).unwrap();
                    println!("{}: {cases} cases", definition.name);
                    assert!(cases as usize > definition.steps.len());
                    proved.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert!(
        proved.into_inner() >= 2,
        "the catalogue has hardly a bundle"
    );
}

/// So many cases a mutant may survive at most.
const MOST: u64 = 1_500;

#[test]
fn every_mutant_is_caught() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let open = std::sync::Mutex::new(Mutation::all());
    let survivors = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(mutation) = open.lock().unwrap().pop() else {
                        break;
                    };
                    match mutation.hunt(MOST, 1) {
                        Some((cases, wrong)) => println!("{mutation:?} after {cases}: {wrong}"),
                        None => survivors.lock().unwrap().push(mutation),
                    }
                }
            });
        }
    });
    let survivors = survivors.into_inner().unwrap();
    assert!(survivors.is_empty(), "not caught: {survivors:?}");
}
