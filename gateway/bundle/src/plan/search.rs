//! The search: which shared items save the applicant which answers.
//!
//! It starts with everything that would be asked and takes away, one after the other, what a shared
//! item can give whose own keys are known: asked anyway, answered by an earlier step, or given by
//! another shared item (chained). What is no key of any item goes first, in the order of the form; of
//! what is one, the last goes first, so that the applicant is asked for what the bundle needs first.
//! Of several items that give the same, the one wins that adds the fewest calls, then the lowest
//! number, path and roles. A choice that would close a circle, or let the case be refused where the
//! bundle did not provide for it, does not count.

use std::collections::BTreeMap;

use serde::Serialize;

use super::item::{Candidate, Fact};
use super::place::Place;
use super::scene::{Scene, Use, Want};

/// How many items may build on each other.
const CHAIN: usize = 4;

/// A shared item that the planner calls.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    /// Its position among the candidates.
    pub(crate) candidate: usize,
    /// The fields of the request that are filled, and with what.
    pub(crate) keys: Vec<(String, Key)>,
}

/// Where a key of a shared item comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Key {
    /// The applicant is asked anyway.
    Asked(Fact),
    /// A step of the bundle answers it.
    Step(usize, String),
    /// Another chosen item gives it, by position among the chosen.
    Chosen(usize, String),
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) chosen: Vec<Chosen>,
    /// What each chosen item gives: its position among the chosen, and the field of its answer.
    pub(crate) given: BTreeMap<Fact, (usize, String)>,
    /// Where each chosen item stands.
    pub(crate) places: Vec<Place>,
    /// Why what is still asked is asked, where a shared item could have given it.
    pub(crate) spared: BTreeMap<Fact, Spared>,
    /// What only items could give of which it is not clear whom they are about.
    pub(crate) doubts: Vec<(Fact, Vec<usize>)>,
}

/// Why a shared item that gives something does not spare the applicant the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", content = "item", rename_all = "snake_case")]
pub enum Spared {
    /// The bundle says that the applicant is asked, or leaves it to their wish.
    Wish,
    /// The item's own keys are not known without it.
    KeysUnknown(String),
    /// The item would have to be asked where its refusal could no longer be provided for.
    TooLate(String),
}

/// Searches a scene.
pub(crate) fn search(scene: &Scene<'_>) -> Found {
    let mut asked: Vec<&Want> = scene.wants.iter().collect();
    let mut found = Found::default();
    for want in in_turn(scene) {
        if want.fixed {
            if able(scene, &want.fact).next().is_some() {
                found.spared.insert(want.fact.clone(), Spared::Wish);
            }
            continue;
        }
        let rest: Vec<&Want> = asked
            .iter()
            .copied()
            .filter(|other| other.fact != want.fact)
            .collect();
        let mut attempts: Vec<Found> = Vec::new();
        for (position, candidate) in able(scene, &want.fact).filter(|(_, c)| c.certain) {
            let attempt = Attempt {
                scene,
                asked: &rest,
                wanted: want,
            };
            match attempt.with(&found, position) {
                Ok(next) => attempts.push(next),
                Err(why) => {
                    let item = candidate.item.share.id.clone();
                    let spared = match why {
                        Failed::Keys => Spared::KeysUnknown(item),
                        Failed::Unsound => Spared::TooLate(item),
                    };
                    found.spared.entry(want.fact.clone()).or_insert(spared);
                }
            }
        }
        // The first of those with the fewest calls: candidates are in their order.
        let best = attempts.into_iter().min_by_key(|next| next.chosen.len());
        if let Some(next) = best {
            found = next;
            found.spared.remove(&want.fact);
            asked = rest;
        }
    }
    for want in asked.iter().filter(|want| !want.fixed) {
        let attempt = Attempt {
            scene,
            asked: &asked,
            wanted: want,
        };
        let doubtful = able(scene, &want.fact).filter(|(_, candidate)| !candidate.certain);
        let answering = doubtful.filter(|(position, _)| {
            let mut trial = found.clone();
            attempt
                .choose(&mut trial, *position, &mut vec![want.fact.clone()])
                .is_some()
        });
        let options: Vec<usize> = answering.map(|(position, _)| position).collect();
        let needed = want.uses.iter().any(|u| !u.tolerant);
        if !options.is_empty() && needed {
            found.doubts.push((want.fact.clone(), options));
        }
    }
    found
}

/// The wants in the order in which they are tried.
fn in_turn<'s>(scene: &'s Scene<'_>) -> Vec<&'s Want> {
    let is_key = |want: &&Want| {
        scene.candidates.iter().any(|candidate| {
            let mut keys = candidate.item.keys.iter().filter(|key| key.required());
            keys.any(|key| candidate.fact(key).as_ref() == Some(&want.fact))
        })
    };
    let (keys, plain): (Vec<&Want>, Vec<&Want>) = scene.wants.iter().partition(is_key);
    plain.into_iter().chain(keys.into_iter().rev()).collect()
}

/// The candidates that give a fact.
fn able<'s, 'i>(
    scene: &'s Scene<'i>,
    fact: &'s Fact,
) -> impl Iterator<Item = (usize, &'s Candidate<'i>)> {
    let candidates = scene.candidates.iter().enumerate();
    candidates.filter(move |(_, candidate)| candidate.gives(fact).is_some())
}

enum Failed {
    Keys,
    Unsound,
}

/// An attempt to do without one question.
struct Attempt<'s, 'i> {
    scene: &'s Scene<'i>,
    /// What is asked all the same.
    asked: &'s [&'s Want],
    /// What it would do without.
    wanted: &'s Want,
}

impl Attempt<'_, '_> {
    /// What was found so far, and a candidate that gives what is wanted.
    fn with(&self, found: &Found, candidate: usize) -> Result<Found, Failed> {
        let want = self.wanted;
        let given = self.scene.candidates[candidate].gives(&want.fact);
        let fits = |u: &Use| match (&u.field, given) {
            (Some(field), Some(given)) => {
                given.kind() == field.kind() && given.is_list() == field.is_list()
            }
            _ => true,
        };
        let Some(given) = given.filter(|_| want.uses.iter().all(fits)) else {
            return Err(Failed::Keys);
        };
        let mut next = found.clone();
        let at = self
            .choose(&mut next, candidate, &mut vec![want.fact.clone()])
            .ok_or(Failed::Keys)?;
        let source = (at, given.name().to_owned());
        next.given.insert(want.fact.clone(), source.clone());
        // Items that took it from the form now take it from this one.
        for chosen in &mut next.chosen {
            for (_, key) in &mut chosen.keys {
                if *key == Key::Asked(want.fact.clone()) {
                    *key = Key::Chosen(source.0, source.1.clone());
                }
            }
        }
        next.places = super::place::places(self.scene, &next).ok_or(Failed::Unsound)?;
        Ok(next)
    }

    /// The position of a candidate among the chosen, which it joins if its keys are known. `open`
    /// holds what is being looked for: no item may build on it.
    fn choose(&self, found: &mut Found, candidate: usize, open: &mut Vec<Fact>) -> Option<usize> {
        let mut chosen = found.chosen.iter();
        if let Some(at) = chosen.position(|chosen| chosen.candidate == candidate) {
            return Some(at);
        }
        if open.len() > CHAIN {
            return None;
        }
        let this = &self.scene.candidates[candidate];
        let mut keys = Vec::new();
        for key in &this.item.keys {
            let known = this.fact(key).and_then(|fact| {
                self.known(found, &fact, open)
                    .or_else(|| key.required().then(|| self.chained(found, &fact, open))?)
            });
            match known {
                Some(known) => keys.push((key.field.name().to_owned(), known)),
                None if key.required() => return None,
                None => {}
            }
        }
        found.chosen.push(Chosen { candidate, keys });
        Some(found.chosen.len() - 1)
    }

    /// A key that is known without another item.
    fn known(&self, found: &Found, fact: &Fact, open: &[Fact]) -> Option<Key> {
        if open.contains(fact) {
            return None;
        }
        if let Some(want) = self.asked.iter().find(|want| want.fact == *fact) {
            return self.surely(want).then(|| Key::Asked(fact.clone()));
        }
        if let Some((at, field)) = found.given.get(fact) {
            return Some(Key::Chosen(*at, field.clone()));
        }
        let mut answers = self.scene.answers.get(fact)?.iter();
        answers
            .next()
            .map(|(step, field)| Key::Step(*step, field.clone()))
    }

    /// Whether the applicant fills a key in whenever it is needed: nothing is asked more often
    /// because an item wants to know it.
    fn surely(&self, key: &Want) -> bool {
        let needed = |when: Option<&str>| {
            key.uses.iter().filter(|u| !u.tolerant).any(|u| {
                let of = self.scene.steps[u.step].when.as_ref();
                of.is_none() || of.map(|of| of.text.as_str()) == when
            })
        };
        self.wanted.uses.iter().all(|u| {
            let when = self.scene.steps[u.step].when.as_ref();
            needed(when.filter(|_| u.field.is_some()).map(|w| w.text.as_str()))
        })
    }

    /// A key that another item gives.
    fn chained(&self, found: &mut Found, fact: &Fact, open: &mut Vec<Fact>) -> Option<Key> {
        if open.contains(fact) {
            return None;
        }
        open.push(fact.clone());
        let mut key = None;
        for (position, candidate) in able(self.scene, fact).filter(|(_, c)| c.certain) {
            let mut trial = found.clone();
            let Some(at) = self.choose(&mut trial, position, open) else {
                continue;
            };
            let field = candidate.gives(fact)?.name().to_owned();
            trial.given.insert(fact.clone(), (at, field.clone()));
            *found = trial;
            key = Some(Key::Chosen(at, field));
            break;
        }
        open.pop();
        key
    }
}
