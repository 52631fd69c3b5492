//! What a measurement found, for people and as one JSON object.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::command::{EngineArguments, Kind};

/// Syncs that the latency of one case at a time is held against: its acceptance and five answers.
const SYNCS_OF_A_CASE: u32 = 6;

/// Processor time by process.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Used {
    pub(super) own: Duration,
    pub(super) participant: Duration,
    pub(super) database: Duration,
}

impl Used {
    pub(super) fn since(self, first: Self) -> Self {
        Self {
            own: self.own.saturating_sub(first.own),
            participant: self.participant.saturating_sub(first.participant),
            database: self.database.saturating_sub(first.database),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            own: self.own + other.own,
            participant: self.participant + other.participant,
            database: self.database + other.database,
        }
    }
}

/// What one side came to over all rounds.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) taken: Vec<Duration>,
    pub(super) during: Duration,
    pub(super) all: u64,
    pub(super) used: Used,
}

impl Side {
    fn rate(&self) -> f64 {
        self.taken.len() as f64 / self.during.as_secs_f64()
    }

    fn each(&self, used: Duration) -> f64 {
        milliseconds(used) / self.taken.len().max(1) as f64
    }
}

/// A whole measurement.
pub(super) struct Report {
    arguments: EngineArguments,
    file_system: String,
    pub(super) syncs: Vec<Duration>,
    /// The bare calls in tokio's own runtime, which has a thread for each processor.
    pub(super) bare: Side,
    /// The bare calls in one thread, as the engine makes its calls.
    pub(super) bare_in_one_thread: Side,
    pub(super) engine: Side,
}

impl Report {
    pub(super) fn new(arguments: &EngineArguments, file_system: String) -> Self {
        Self {
            arguments: arguments.clone(),
            file_system,
            syncs: Vec::new(),
            bare: Side::default(),
            bare_in_one_thread: Side::default(),
            engine: Side::default(),
        }
    }

    /// How many cases and bare counterparts there were.
    pub(super) fn all(&self) -> u64 {
        self.engine.all + self.bare.all + self.bare_in_one_thread.all
    }

    /// The figures so far, in a line.
    pub(super) fn line(&self) -> String {
        let (rate, bare) = (self.engine.rate(), self.bare.rate());
        let one_thread = self.bare_in_one_thread.rate();
        format!(
            "{rate:.0} cases/s, bare {bare:.0}/s, ratio {:.2} (in one thread {one_thread:.0}/s, {:.2}), p50 {:.2} ms, engine {:.3} ms of CPU a case",
            rate / bare,
            rate / one_thread,
            milliseconds(quantile(&self.engine.taken, 0.5)),
            self.engine.each(self.engine.used.own),
        )
    }

    fn syncs_per_second(&self) -> f64 {
        self.syncs.len() as f64 / self.syncs.iter().sum::<Duration>().as_secs_f64()
    }

    /// Prints the figures, and as the last line the JSON object.
    pub(super) fn print(&self) {
        let arguments = &self.arguments;
        let (engine, bare) = (&self.engine, &self.bare);
        let (rate, bare_rate) = (engine.rate(), bare.rate());
        let p50 = quantile(&engine.taken, 0.5);
        let mut cpu = Map::new();
        cpu.insert("engine".into(), rounded(engine.each(engine.used.own)));
        cpu.insert(
            "participant".into(),
            rounded(engine.each(engine.used.participant)),
        );
        if arguments.store == Kind::Postgres {
            cpu.insert(
                "postgres".into(),
                rounded(engine.each(engine.used.database)),
            );
        }
        cpu.insert("bare_client".into(), rounded(bare.each(bare.used.own)));
        cpu.insert(
            "bare_participant".into(),
            rounded(bare.each(bare.used.participant)),
        );
        let mut found = json!({
            "workload": arguments.workload.name(),
            "at_once": arguments.at_once,
            "store": arguments.store.name(),
            "seconds": arguments.seconds,
            "in_turn": arguments.in_turn,
            "file_system": self.file_system,
            "cases": engine.all,
            "cases_per_second": rounded(rate),
            "p50_ms": rounded(milliseconds(p50)),
            "p99_ms": rounded(milliseconds(quantile(&engine.taken, 0.99))),
            "cpu_ms_per_case": cpu,
            "bare_cases_per_second": rounded(bare_rate),
            "bare_p50_ms": rounded(milliseconds(quantile(&bare.taken, 0.5))),
            "ratio_to_bare": rounded(rate / bare_rate),
            "bare_in_one_thread_cases_per_second": rounded(self.bare_in_one_thread.rate()),
            "ratio_to_bare_in_one_thread": rounded(rate / self.bare_in_one_thread.rate()),
            "fsyncs_per_second": rounded(self.syncs_per_second()),
        });
        println!("on {}: {}", self.file_system, self.line());
        println!("fsyncs a second: {:.0}", self.syncs_per_second());
        if arguments.at_once == 1 {
            let sync = quantile(&self.syncs, 0.5);
            let floor = sync * SYNCS_OF_A_CASE + quantile(&bare.taken, 0.5);
            let over = p50.as_secs_f64() / floor.as_secs_f64();
            println!(
                "one at a time: p50 {:.2} ms is {over:.2} times {SYNCS_OF_A_CASE} fsyncs and the bare calls ({:.2} ms)",
                milliseconds(p50),
                milliseconds(floor)
            );
            found["fsync_p50_ms"] = rounded(milliseconds(sync));
            found["floor_p50_ms"] = rounded(milliseconds(floor));
            found["ratio_to_floor"] = rounded(over);
        }
        println!("{found}");
    }
}

fn quantile(taken: &[Duration], at: f64) -> Duration {
    let mut sorted = taken.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() as f64 * at) as usize;
    sorted
        .get(place.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn rounded(value: f64) -> Value {
    json!((value * 1_000.0).round() / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted() {
        let taken: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(&taken, 0.5), Duration::from_millis(51));
        assert_eq!(quantile(&taken, 0.99), Duration::from_millis(100));
        assert_eq!(quantile(&[], 0.5), Duration::ZERO);
    }
}
