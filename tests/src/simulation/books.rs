//! The departments' tables: the ledger's rows, kept by the production rules, and beside them the
//! effects themselves with everything the departments ever promised about them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use onething_saga::{Kind, Plan, State, StepIndex, StepState};

/// One round of one step.
pub(super) type Slot = (StepIndex, u32, u32);

/// An effect in a department's own table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effect {
    pub(super) slot: Slot,
    pub(super) annulled: bool,
}

/// Everything the departments keep and said.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) effects: Vec<Effect>,
    /// Keys of which it was said that they have no effect and never will.
    pub(super) closed: BTreeSet<Slot>,
    /// Keys that were refused.
    pub(super) refused: BTreeSet<Slot>,
    /// Keys that were returned to the applicant.
    pub(super) returned: BTreeSet<Slot>,
    /// The highest epoch that reached a step's key.
    pub(super) epochs: BTreeMap<(StepIndex, u32), u64>,
    /// The request that a key was first used with.
    pub(super) requests: BTreeMap<Slot, Bytes>,
    /// When an undo that takes time was begun.
    pub(super) undo_began: BTreeMap<Slot, Duration>,
    /// How often an undo was tried.
    pub(super) undo_tries: BTreeMap<Slot, u32>,
    pub(super) violations: Vec<String>,
}

impl Books {
    /// Whether a step's effect stands, in any round and item.
    pub(super) fn stands(&self, step: StepIndex) -> bool {
        let mut own = self.effects.iter().filter(|effect| effect.slot.0 == step);
        own.any(|effect| !effect.annulled)
    }

    /// Whether this very key's effect stands.
    pub(super) fn slot_stands(&self, slot: Slot) -> bool {
        let mut own = self.effects.iter().filter(|effect| effect.slot == slot);
        own.any(|effect| !effect.annulled)
    }

    /// Whether this very key's effect was annulled.
    pub(super) fn slot_annulled(&self, slot: Slot) -> bool {
        let mut own = self.effects.iter().filter(|effect| effect.slot == slot);
        own.any(|effect| effect.annulled)
    }

    /// Whether anything of this step ever took effect.
    pub(super) fn ever(&self, step: StepIndex) -> bool {
        self.effects.iter().any(|effect| effect.slot.0 == step)
    }

    pub(super) fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    /// The effect takes place. `journal` is what was committed by then.
    pub(super) fn perform(&mut self, slot: Slot, plan: &Plan, journal: Option<&State>) {
        let (step, item, _) = slot;
        let id = &plan.step(step).id;
        if self.effects.iter().any(|effect| effect.slot == slot) {
            self.violation(format!("`{id}` took effect twice in one round: {slot:?}"));
        } else if self
            .effects
            .iter()
            .any(|e| e.slot.0 == step && e.slot.1 == item && !e.annulled)
        {
            self.violation(format!(
                "`{id}` took effect over a standing effect: {slot:?}"
            ));
        }
        if self.closed.contains(&slot) {
            self.violation(format!("`{id}` took effect after its undo: {slot:?}"));
        }
        if self.refused.contains(&slot) || self.returned.contains(&slot) {
            self.violation(format!("`{id}` took effect after it was refused: {slot:?}"));
        }
        // A repeated step stands for its items.
        let items = |before: &StepIndex| {
            if plan.joins(*before) {
                plan.items_of(*before)
            } else {
                vec![*before]
            }
        };
        for before in plan
            .step(step)
            .after
            .iter()
            .flat_map(items)
            .collect::<Vec<_>>()
        {
            let before = &before;
            let excused = plan.step(*before).kind == Kind::Query
                || journal.is_some_and(|state| {
                    matches!(
                        state.step(*before).state,
                        StepState::Omitted | StepState::Attested
                    )
                });
            // What is being undone, or was attested, is no longer built upon.
            let attested = journal.is_some_and(|state| {
                use StepState::{Attested, UndoInDoubt, UndoIntended, UndoReady, UndoWaiting};
                matches!(
                    state.step(step).state,
                    Attested | UndoInDoubt | UndoIntended | UndoReady | UndoWaiting
                )
            });
            if !excused && !attested && !self.stands(*before) {
                let missing = &plan.step(*before).id;
                self.violation(format!("`{id}` took effect without `{missing}`"));
            }
        }
        match journal {
            // What two operators attested is theirs, whatever the department still does.
            Some(state) if state.step(step).state == StepState::Attested => {}
            Some(state) if state.ended().is_some() => {
                self.violation(format!("`{id}` took effect after the case ended"));
            }
            None => self.violation(format!("`{id}` took effect before the case was accepted")),
            Some(_) => {}
        }
        self.effects.push(Effect {
            slot,
            annulled: false,
        });
    }

    /// The effect is annulled.
    pub(super) fn annul(&mut self, slot: Slot, plan: &Plan, journal: Option<&State>) {
        let (step, _, _) = slot;
        let named = plan.step(step);
        if named.kind != Kind::Compensable {
            let id = &named.id;
            self.violation(format!(
                "`{id}` was annulled although it is {:?}",
                named.kind
            ));
        }
        for later in plan.descendants(step) {
            let attested =
                journal.is_some_and(|state| state.step(*later).state == StepState::Attested);
            if !attested && plan.step(*later).kind != Kind::Query && self.stands(*later) {
                let (id, later) = (&named.id, &plan.step(*later).id);
                self.violation(format!(
                    "`{id}` was annulled before `{later}`, which builds on it"
                ));
            }
        }
        let own = self.effects.iter_mut().find(|effect| effect.slot == slot);
        match own {
            Some(effect) if !effect.annulled => effect.annulled = true,
            Some(_) => self.violation(format!("`{}` was annulled twice", named.id)),
            None => self.violation(format!("`{}` was annulled without an effect", named.id)),
        }
    }

    /// A department is about to answer a caller with this epoch, unless it changes nothing.
    pub(super) fn met_epoch(&mut self, slot: Slot, epoch: u64, nothing: bool, plan: &Plan) {
        let highest = self.epochs.entry((slot.0, slot.1)).or_default();
        if nothing {
            return;
        }
        if epoch < *highest {
            let (id, highest) = (&plan.step(slot.0).id, *highest);
            self.violation(format!(
                "`{id}` served epoch {epoch} after epoch {highest} was seen"
            ));
        } else {
            *highest = epoch;
        }
    }
}
