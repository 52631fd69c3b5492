//! Many cases, one after another on each core, and what they come to together.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::case::{Outcome, play};
use super::coverage::Coverage;
use super::generator::generate;

/// From so many cases on, everything that can be reached must have been.
pub const FULL: u64 = 10_000;
/// So many failures are told; the rest are counted.
const TOLD: usize = 5;

/// What many cases came to.
#[derive(Debug, Default)]
pub struct Report {
    /// How many cases were played.
    pub cases: u64,
    /// The seed of the first one; each next case has the next seed.
    pub seed: u64,
    /// How many of them went wrong.
    pub violations: u64,
    /// The first few that did.
    pub failures: Vec<Outcome>,
    /// What they reached.
    pub coverage: Coverage,
}

impl Report {
    /// What a full run must have reached and this one did not; empty for a short run.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        if self.cases < FULL {
            return Vec::new();
        }
        self.coverage.missing()
    }

    /// Transitions that no case may go through, and some did.
    #[must_use]
    pub fn unexpected(&self) -> Vec<String> {
        self.coverage.unexpected()
    }

    /// Whether everything held.
    #[must_use]
    pub fn held(&self) -> bool {
        self.violations == 0 && self.missing().is_empty() && self.unexpected().is_empty()
    }

    /// The report as one JSON object.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        json!({
            "cases": self.cases,
            "faults": self.coverage.faults(),
            "violations": self.violations
                + (self.missing().len() + self.unexpected().len()) as u64,
            "seed": self.seed,
        })
    }

    /// What went wrong, for people, with the commands that play it again.
    #[must_use]
    pub fn story(&self) -> String {
        let mut story = String::new();
        for failure in &self.failures {
            story.push_str(&format!("case of seed {}:\n", failure.seed));
            for violation in &failure.violations {
                story.push_str(&format!("  {violation}\n"));
            }
            story.push_str(&format!("  again: {}\n", replay(failure.seed)));
        }
        for missing in self.missing() {
            story.push_str(&format!("never reached: {missing}\n"));
        }
        for unexpected in self.unexpected() {
            story.push_str(&format!("must not be reached: {unexpected}\n"));
        }
        story
    }
}

/// A case that panics has gone wrong like any other.
pub(super) fn play_caught(seed: u64) -> Outcome {
    let played = catch_unwind(|| play(generate(seed), false));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Outcome {
            seed,
            end: None,
            violations: vec![format!("panicked: {}", text.unwrap_or("without a word"))],
            coverage: Coverage::default(),
            hash: 0,
            trace: String::new(),
            commits: 0,
        }
    })
}

/// The command that plays one case again.
#[must_use]
pub fn replay(seed: u64) -> String {
    format!("cargo run --release -p onething-tests --bin simulate -- --cases 1 --seed {seed}")
}

/// Plays `cases` stories from `seed` on; `progress` hears of the count from time to time.
///
/// # Panics
/// When a case panics.
pub fn run(cases: u64, seed: u64, progress: impl Fn(u64) + Sync) -> Report {
    run_with(cases, seed, progress, || {})
}

/// Likewise, with something to do first on each thread.
///
/// # Panics
/// When a case panics.
pub fn run_with(
    cases: u64,
    seed: u64,
    progress: impl Fn(u64) + Sync,
    first: impl Fn() + Sync,
) -> Report {
    let next = AtomicU64::new(0);
    let report = Mutex::new(Report {
        cases,
        seed,
        ..Report::default()
    });
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(usize::try_from(cases).unwrap_or(usize::MAX)) {
            scope.spawn(|| {
                first();
                let mut coverage = Coverage::default();
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= cases {
                        break;
                    }
                    if case % 1_000 == 999 {
                        progress(case + 1);
                    }
                    let outcome = play_caught(seed.wrapping_add(case));
                    coverage.add(&outcome.coverage);
                    if !outcome.violations.is_empty() {
                        let report = &mut *report.lock().unwrap_or_else(PoisonError::into_inner);
                        report.violations += 1;
                        report.failures.push(outcome);
                        report.failures.sort_by_key(|failure| failure.seed);
                        report.failures.truncate(TOLD);
                    }
                }
                let report = &mut *report.lock().unwrap_or_else(PoisonError::into_inner);
                report.coverage.add(&coverage);
            });
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}
