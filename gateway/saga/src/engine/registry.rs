//! Which sagas are in memory, how to reach them, and who watches them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};

use super::error::EngineError;
use crate::machine::{Input, SagaId, SagaState};

/// Who waits for what becomes of a wish.
pub(super) type Asker = oneshot::Sender<Result<(), EngineError>>;

/// A wish that reaches a saga from outside.
pub(super) struct Wish {
    pub(super) input: Input,
    pub(super) reply: Asker,
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

/// What a follower of a saga watches.
pub(super) enum Watch {
    /// The saga's commits.
    Commits(watch::Receiver<Progress>),
    /// The moment when the saga, which is not in memory, comes into it: nothing is sent, and the channel
    /// ends.
    Arrival(watch::Receiver<()>),
}

#[derive(Default)]
pub(super) struct Registry {
    handles: Mutex<Handles>,
}

#[derive(Default)]
struct Handles {
    sagas: HashMap<SagaId, Handle>,
    /// Sagas that somebody follows and that are not in memory.
    awaited: HashMap<SagaId, watch::Sender<()>>,
}

impl Registry {
    /// Reserves a saga's place; none when it is in memory already.
    pub(super) fn open(&self, saga: SagaId) -> Option<Desk> {
        let mut handles = lock(&self.handles);
        match handles.sagas.get(&saga) {
            Some(handle) if !handle.mailbox.is_closed() => None,
            _ => Some(place(&mut handles, saga).1),
        }
    }

    /// Leaves a wish with a saga. When it is not in memory, its place is reserved with the wish in the
    /// mailbox, so that the wish is there before the saga can leave again.
    pub(super) fn send(&self, saga: SagaId, wish: Wish) -> Option<Desk> {
        let mut handles = lock(&self.handles);
        let letter = Letter::Wish(wish);
        let letter = match handles.sagas.get(&saga) {
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
            .sagas
            .get(&saga)
            .is_some_and(|handle| handle.mailbox.send(Letter::Mail).is_ok())
    }

    pub(super) fn close(&self, saga: SagaId) {
        lock(&self.handles).sagas.remove(&saga);
    }

    /// Learns of each commit of a saga that is in memory.
    pub(super) fn watch(&self, saga: SagaId) -> Option<watch::Receiver<Progress>> {
        lock(&self.handles)
            .sagas
            .get(&saga)
            .map(|handle| handle.progress.subscribe())
    }

    /// Learns of each commit of a saga, or of its coming into memory.
    pub(super) fn follow(&self, saga: SagaId) -> Watch {
        let mut handles = lock(&self.handles);
        match handles.sagas.get(&saga) {
            Some(handle) => Watch::Commits(handle.progress.subscribe()),
            None => Watch::Arrival(handles.awaited.entry(saga).or_default().subscribe()),
        }
    }

    /// Nobody awaits a saga any more, but for those that still have a [`Watch`].
    pub(super) fn leave(&self, saga: SagaId) {
        let awaited = &mut lock(&self.handles).awaited;
        if awaited
            .get(&saga)
            .is_some_and(|arrival| arrival.receiver_count() == 0)
        {
            awaited.remove(&saga);
        }
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.handles).sagas.len()
    }
}

fn place(handles: &mut Handles, saga: SagaId) -> (mpsc::UnboundedSender<Letter>, Desk) {
    let (sender, mailbox) = mpsc::unbounded_channel();
    let progress = watch::Sender::default();
    let handle = Handle {
        mailbox: sender.clone(),
        progress: progress.clone(),
    };
    handles.sagas.insert(saga, handle);
    handles.awaited.remove(&saga);
    (sender, Desk { mailbox, progress })
}

/// These maps are whole after every statement, so a panic elsewhere cannot have damaged them.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
