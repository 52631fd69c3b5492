//! Plays generated cases on simulated time: `simulate --cases N [--seed S]`. The last line is one JSON
//! object; it exits 0 only if everything held.

use std::process::ExitCode;
use std::time::Instant;

use onething_tests::simulation::{generate, play, run};

fn main() -> ExitCode {
    let Some((cases, seed)) = arguments() else {
        eprintln!("usage: simulate --cases N [--seed S]");
        return ExitCode::from(64);
    };
    let begun = Instant::now();
    eprintln!("{cases} cases from seed {seed}");
    let report = run(cases, seed, |done| {
        let rate = done as f64 / begun.elapsed().as_secs_f64();
        eprintln!("{done} cases, {rate:.0} a second");
    });
    if cases == 1 {
        eprint!("{}", play(generate(seed), true).trace);
    } else {
        for line in report.coverage.lines() {
            eprintln!("{line}");
        }
    }
    eprint!("{}", report.story());
    println!("{}", report.json());
    if report.held() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// How many cases, and the seed of the first.
fn arguments() -> Option<(u64, u64)> {
    let (mut cases, mut seed) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--cases" => cases = Some(value),
            "--seed" => seed = Some(value),
            _ => return None,
        }
    }
    Some((cases?, seed.unwrap_or_else(fresh_seed)))
}

/// A seed that no run before had.
fn fresh_seed() -> u64 {
    // Small enough to be typed again.
    u64::from(uuid::Uuid::new_v4().as_fields().0)
}
