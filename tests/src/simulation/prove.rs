//! The proof of one definition: each step refused, everything doubled, killed at every write, each undo
//! failing first.

use onething_saga::{Definition, Kind};

use super::case::{Outcome, play};
use super::gate::Fate;
use super::story::{Story, Temper, Undo, Weather};

/// Proves that every saga of a definition keeps every law, whichever step is refused, whatever arrives
/// twice, at whichever write the engine dies, and whichever undo fails first. Says how many cases that
/// took.
///
/// # Errors
/// With the first thing that went wrong, and where.
pub fn prove(definition: &Definition) -> Result<u64, String> {
    let mut proof = Proof {
        definition,
        cases: 0,
    };
    // Whatever the definition lets be called ahead of the journal is.
    let ahead = Temper {
        ahead: true,
        ..Temper::default()
    };
    let tempers = vec![ahead; definition.steps.len()];
    proof.holds("nothing goes wrong", &tempers)?;
    for (place, step) in definition.steps.iter().enumerate() {
        if step.awaits.is_some() || !step.refusable {
            continue;
        }
        let mut refused = tempers.clone();
        refused[place].refuses = 1;
        proof.holds(&format!("`{}` is refused", step.id), &refused)?;
        for (other, undone) in definition.steps.iter().enumerate() {
            if undone.kind == Kind::Compensable {
                let mut failing = refused.clone();
                failing[other].undo = Undo::FailsFirst(1);
                let id = &undone.id;
                let what = format!("`{}` is refused and the undo of `{id}` fails", step.id);
                proof.plays(&what, &failing, Weather::default(), None)?;
            }
        }
    }
    Ok(proof.cases)
}

struct Proof<'a> {
    definition: &'a Definition,
    cases: u64,
}

impl Proof<'_> {
    /// The case itself, the case with everything doubled, and the case killed at every crossing of a
    /// write, before and after its commit; writes are slow there, so that calls go on meanwhile.
    fn holds(&mut self, what: &str, tempers: &[Temper]) -> Result<(), String> {
        let plain = self.plays(what, tempers, Weather::default(), None)?;
        let doubled = Weather {
            doubled: 100,
            ..Weather::default()
        };
        self.plays(&format!("{what}, all doubled"), tempers, doubled, None)?;
        for after in 0..i64::try_from(plain.commits * 2).unwrap_or(i64::MAX) {
            let fate = Fate {
                after,
                wakes_after: None,
                writes_only: true,
            };
            let slow = Weather {
                slow: 100,
                ..Weather::default()
            };
            let what = format!("{what}, killed at crossing {after}");
            self.plays(&what, tempers, slow, Some(fate))?;
        }
        Ok(())
    }

    fn plays(
        &mut self,
        what: &str,
        tempers: &[Temper],
        weather: Weather,
        fate: Option<Fate>,
    ) -> Result<Outcome, String> {
        self.cases += 1;
        let story = Story {
            tempers: tempers.to_vec(),
            weather,
            fates: fate.into_iter().collect(),
            ..Story::calm(self.cases, self.definition.clone())
        };
        let outcome = play(story, false);
        match outcome.violations.first() {
            None => Ok(outcome),
            Some(wrong) => Err(format!("{}: {what}: {wrong}", self.definition.name)),
        }
    }
}
