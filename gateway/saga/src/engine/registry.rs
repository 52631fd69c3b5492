//! Which sagas are in memory, how to reach them, and who watches them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};

use super::error::EngineError;
use crate::machine::{Input, SagaId, SagaState};

/// A wish that reaches a saga from outside.
pub(super) struct Wish {
    pub(super) input: Input,
    pub(super) reply: oneshot::Sender<Result<(), EngineError>>,
}

/// What is left in a saga's mailbox.
pub(super) enum Letter {
    /// Somebody wants something and waits for the answer.
    Wish(Wish),
    /// Something was delivered: it is in the store's inbox.
    Mail,
}

/// How far a saga in memory has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// The number of its last committed event; 0 when nothing was committed here yet.
    pub(super) seq: u64,
    /// The end it reached, once it did.
    pub(super) ended: Option<SagaState>,
}

#[derive(Clone)]
struct Handle {
    mailbox: mpsc::UnboundedSender<Letter>,
    progress: watch::Sender<Progress>,
}

/// What a new task of a saga gets.
pub(super) struct Desk {
    pub(super) mailbox: mpsc::UnboundedReceiver<Letter>,
    pub(super) progress: watch::Sender<Progress>,
}

#[derive(Default)]
pub(super) struct Registry {
    handles: Mutex<HashMap<SagaId, Handle>>,
}

impl Registry {
    /// Reserves a saga's place; none when it is in memory already.
    pub(super) fn open(&self, saga: SagaId) -> Option<Desk> {
        let mut handles = lock(&self.handles);
        match handles.get(&saga) {
            Some(handle) if !handle.mailbox.is_closed() => None,
            _ => Some(place(&mut handles, saga).1),
        }
    }

    /// Leaves a wish with a saga. When it is not in memory, its place is reserved with the wish in the
    /// mailbox, so that the wish is there before the saga can leave again.
    pub(super) fn send(&self, saga: SagaId, wish: Wish) -> Option<Desk> {
        let mut handles = lock(&self.handles);
        let letter = Letter::Wish(wish);
        let letter = match handles.get(&saga) {
            Some(handle) => handle.mailbox.send(letter).err().map(|unsent| unsent.0)?,
            None => letter,
        };
        let (mailbox, desk) = place(&mut handles, saga);
        // The receiver is in `desk`, so this cannot fail.
        mailbox.send(letter).ok();
        Some(desk)
    }

    /// Tells a saga that something was delivered; false when it is not in memory.
    pub(super) fn mail(&self, saga: SagaId) -> bool {
        lock(&self.handles)
            .get(&saga)
            .is_some_and(|handle| handle.mailbox.send(Letter::Mail).is_ok())
    }

    pub(super) fn close(&self, saga: SagaId) {
        lock(&self.handles).remove(&saga);
    }

    /// Learns of each commit of a saga that is in memory.
    pub(super) fn watch(&self, saga: SagaId) -> Option<watch::Receiver<Progress>> {
        lock(&self.handles)
            .get(&saga)
            .map(|handle| handle.progress.subscribe())
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.handles).len()
    }
}

fn place(
    handles: &mut HashMap<SagaId, Handle>,
    saga: SagaId,
) -> (mpsc::UnboundedSender<Letter>, Desk) {
    let (sender, mailbox) = mpsc::unbounded_channel();
    let progress = watch::Sender::default();
    let handle = Handle {
        mailbox: sender.clone(),
        progress: progress.clone(),
    };
    handles.insert(saga, handle);
    (sender, Desk { mailbox, progress })
}

/// These maps are whole after every statement, so a panic elsewhere cannot have damaged them.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
