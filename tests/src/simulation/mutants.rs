//! Mutants: the same cases with one rule broken, to show that the simulation notices.

use onething_participant::mutant as department;
use onething_saga::mutant as engine;

use super::run::play_caught;

/// A rule that is broken, in the engine or in the departments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// In the engine.
    Engine(engine::Mutant),
    /// In the departments.
    Department(department::Mutant),
}

impl Mutation {
    /// Every one.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let engine = engine::Mutant::ALL.map(Self::Engine);
        let department = department::Mutant::ALL.map(Self::Department);
        engine.into_iter().chain(department).collect()
    }

    fn switch_on(self) {
        match self {
            Self::Engine(mutant) => engine::switch_on(Some(mutant)),
            Self::Department(mutant) => department::switch_on(Some(mutant)),
        }
    }

    /// Plays cases until one goes wrong: how many that took, and what was wrong.
    #[must_use]
    pub fn hunt(self, cases: u64, seed: u64) -> Option<(u64, String)> {
        self.switch_on();
        let found = (0..cases).find_map(|case| {
            let outcome = play_caught(seed.wrapping_add(case));
            let wrong = outcome.violations.into_iter().next()?;
            Some((case + 1, wrong))
        });
        engine::switch_on(None);
        department::switch_on(None);
        found
    }
}
