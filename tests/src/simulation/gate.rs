//! The only way out of an engine: everything it writes or calls crosses a gate, where it can be frozen
//! or killed at a chosen crossing.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::fault::Fault;

/// How an engine is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Everything passes.
    Alive,
    /// Everything waits.
    Frozen,
    /// Nothing passes any more.
    Dead,
}

/// A place in the engine's doings at which it can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    BeforeCommit,
    AfterCommit,
    BeforeCall,
    AfterCall,
}

/// What becomes of an engine, and at which crossing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// After so many crossings.
    pub after: i64,
    /// Frozen for so long and then woken; killed when there is none.
    pub wakes_after: Option<Duration>,
    /// Only writes count as crossings.
    pub writes_only: bool,
}

/// An engine's gate.
pub(super) struct Gate {
    mode: Mutex<Mode>,
    /// Wakes in the order of waiting, which a watch channel does not.
    changed: Notify,
    left: AtomicI64,
    fate: Option<Fate>,
}

impl Gate {
    pub(super) fn new(fate: Option<Fate>) -> Self {
        let left = AtomicI64::new(fate.map_or(i64::MAX, |fate| fate.after));
        Self {
            mode: Mutex::new(Mode::Alive),
            changed: Notify::new(),
            left,
            fate,
        }
    }

    pub(super) fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn fate(&self) -> Option<Fate> {
        self.fate
    }

    pub(super) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
        self.changed.notify_waiters();
    }

    /// Forgets the fate: from now on the engine lives.
    pub(super) fn spare(&self) {
        self.left.store(i64::MAX, Ordering::Relaxed);
    }

    /// Whether fate strikes at this crossing, and as what.
    pub(super) fn strikes(&self, place: Place) -> Option<Fault> {
        let fate = self.fate?;
        if fate.writes_only && matches!(place, Place::BeforeCall | Place::AfterCall) {
            return None;
        }
        let left = self.left.load(Ordering::Relaxed);
        if left == i64::MAX || self.mode() != Mode::Alive {
            return None;
        }
        self.left.store(left - 1, Ordering::Relaxed);
        if left > 0 {
            return None;
        }
        self.spare();
        let frozen = fate.wakes_after.is_some();
        self.set(if frozen { Mode::Frozen } else { Mode::Dead });
        Some(match (place, frozen) {
            (Place::BeforeCommit, false) => Fault::CrashBeforeCommit,
            (Place::AfterCommit, false) => Fault::CrashAfterCommit,
            (Place::BeforeCall, false) => Fault::CrashBeforeCall,
            (Place::AfterCall, false) => Fault::CrashAfterCall,
            (Place::BeforeCommit, true) => Fault::FrozenBeforeCommit,
            (Place::AfterCommit, true) => Fault::FrozenAfterCommit,
            (Place::BeforeCall, true) => Fault::FrozenBeforeCall,
            (Place::AfterCall, true) => Fault::FrozenAfterCall,
        })
    }

    /// Waits until the engine is alive; forever once it is dead.
    pub(super) async fn open(&self) {
        loop {
            let changed = self.changed.notified();
            if self.mode() == Mode::Alive {
                return;
            }
            changed.await;
        }
    }
}
