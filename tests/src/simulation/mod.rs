//! Deterministic simulation: the production engine and the production ledger rules on simulated time,
//! with crashes, lost messages, stale owners and everything else that a seed brings.

mod applicant;
mod books;
mod case;
mod chronicle;
mod clock;
mod coverage;
mod crew;
mod definitions;
mod department;
mod dice;
mod disk;
mod fault;
mod gate;
mod generator;
mod law;
mod line;
mod mutants;
mod people;
mod prove;
mod run;
mod story;
mod trace;
mod transitions;
mod undoing;
mod wish;
mod world;

pub use case::{Outcome, play};
pub use coverage::Coverage;
pub use dice::Dice;
pub use fault::Fault;
pub use gate::Fate;
pub use generator::generate;
pub use mutants::Mutation;
pub use prove::prove;
pub use run::{FULL, Report, replay, run, run_with};
pub use story::{Act, Decision, Outage, Request, Story, Temper, Undo, Verdict, Weather};
pub use trace::Trace;
