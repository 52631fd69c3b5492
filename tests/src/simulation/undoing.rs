//! The departments' way back: undos, judged by the production rules, and how each annulment goes.

use onething_participant::Rejection;
use onething_participant::rules::{self, Annulment, Expiry, Recorded, UndoVerdict};
use onething_saga::{Kind, UndoAnswer};

use super::books::Slot;
use super::department::{Departments, Letter, Row, Scene, Side};
use super::fault::Fault;
use super::story::Undo;

fn ledger_kind(kind: Kind) -> rules::Kind {
    match kind {
        Kind::Compensable | Kind::Query => rules::Kind::Compensable,
        Kind::Pivot => rules::Kind::Pivot,
        Kind::Forward => rules::Kind::Forward,
    }
}

impl Departments {
    pub(super) fn undo(
        &mut self,
        letter: &Letter,
        scene: &Scene<'_>,
        side: &mut Side,
    ) -> UndoAnswer {
        let (slot, epoch) = (letter.slot, letter.epoch);
        let (step, item, round) = slot;
        let named = scene.plan.step(step);
        let found = Row::found(self.rows.get(&(step, item)));
        let verdict = rules::undo(found, ledger_kind(named.kind), round, epoch);
        let rejected_by_protocol = matches!(verdict, UndoVerdict::Rejected(_));
        // An annulment that fails takes back everything, the higher epoch included.
        let fails = verdict == UndoVerdict::Annul && self.annulment_fails(slot, scene);
        self.books
            .met_epoch(slot, epoch, rejected_by_protocol || fails, scene.plan);
        let close = |row: Option<&Row>| Row {
            round,
            epoch: row.map_or(epoch, |row| rules::raised(row.epoch, epoch)),
            method: String::new(),
            digest: Vec::new(),
            recorded: Recorded::Closed,
            due: None,
            expiry: Expiry::default(),
        };
        match verdict {
            UndoVerdict::Rejected(Rejection::StaleEpoch) => return UndoAnswer::StaleEpoch,
            UndoVerdict::Rejected(rejection) => {
                let why = rejection.to_string();
                return UndoAnswer::Doubt { why };
            }
            UndoVerdict::Close => {
                self.rows.insert((step, item), close(None));
            }
            UndoVerdict::CloseNextRound => {
                let row = close(self.rows.get(&(step, item)));
                self.close_round(step, item);
                self.rows.insert((step, item), row);
            }
            UndoVerdict::Withdraw => {
                if let Some(row) = self.raise(step, item, epoch) {
                    row.recorded = Recorded::Closed;
                }
            }
            // No department of the simulation calls another system.
            UndoVerdict::Wish => return UndoAnswer::Pending,
            UndoVerdict::Nothing => {
                self.raise(step, item, epoch);
            }
            UndoVerdict::Undone => {
                self.raise(step, item, epoch);
                self.books.closed.insert(slot);
                return UndoAnswer::Undone;
            }
            UndoVerdict::AlreadyEffective => {
                self.raise(step, item, epoch);
                return UndoAnswer::AlreadyEffective;
            }
            UndoVerdict::Annul => return self.annul(slot, epoch, scene, side),
        }
        self.books.closed.insert(slot);
        UndoAnswer::NothingToUndo
    }

    fn annulment_fails(&self, slot: Slot, scene: &Scene<'_>) -> bool {
        let tries = self.books.undo_tries.get(&slot).copied().unwrap_or(0);
        matches!(scene.temper(slot.0).undo, Undo::FailsFirst(times) if tries < times)
    }

    fn annul(&mut self, slot: Slot, epoch: u64, scene: &Scene<'_>, side: &mut Side) -> UndoAnswer {
        let (step, item, _) = slot;
        let tries = self.books.undo_tries.entry(slot).or_default();
        *tries += 1;
        let annulment = match scene.temper(step).undo {
            Undo::FailsFirst(times) if *tries <= times => {
                side.faults.push(Fault::UndoFails);
                let why = "the annulment failed".to_owned();
                return UndoAnswer::Doubt { why };
            }
            Undo::Takes(time) => {
                let began = *self.books.undo_began.entry(slot).or_insert(scene.now);
                if scene.now < began + time {
                    side.faults.push(Fault::UndoPending);
                    Annulment::Pending
                } else {
                    Annulment::Done
                }
            }
            Undo::Impossible(times) if *tries <= times => {
                side.faults.push(Fault::UndoImpossible);
                Annulment::Impossible
            }
            Undo::Ready | Undo::FailsFirst(_) | Undo::Impossible(_) => Annulment::Done,
        };
        if annulment == Annulment::Done {
            self.books.annul(slot, scene.plan, scene.journal);
            self.books.closed.insert(slot);
        }
        if let Some(row) = self.raise(step, item, epoch) {
            row.recorded = rules::annulled(annulment);
        }
        match annulment {
            Annulment::Done => UndoAnswer::Undone,
            Annulment::Pending => UndoAnswer::Pending,
            Annulment::Impossible => UndoAnswer::Impossible {
                reason: "PAID_OUT".to_owned(),
            },
        }
    }
}
