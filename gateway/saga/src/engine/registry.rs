//! Which sagas are in memory, how to reach them, and who watches them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::error::EngineError;
use crate::machine::{Input, SagaId};

/// A wish that reaches a saga from outside.
pub(super) struct Wish {
    pub(super) input: Input,
    pub(super) reply: oneshot::Sender<Result<(), EngineError>>,
}

#[derive(Clone)]
struct Handle {
    mailbox: mpsc::UnboundedSender<Wish>,
    committed: watch::Sender<u64>,
}

/// What a new task of a saga gets.
pub(super) struct Desk {
    pub(super) mailbox: mpsc::UnboundedReceiver<Wish>,
    pub(super) committed: watch::Sender<u64>,
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
        let wish = match handles.get(&saga) {
            Some(handle) => handle.mailbox.send(wish).err().map(|unsent| unsent.0)?,
            None => wish,
        };
        let (mailbox, desk) = place(&mut handles, saga);
        // The receiver is in `desk`, so this cannot fail.
        mailbox.send(wish).ok();
        Some(desk)
    }

    pub(super) fn close(&self, saga: SagaId) {
        lock(&self.handles).remove(&saga);
    }

    /// Learns of each commit of a saga that is in memory.
    pub(super) fn watch(&self, saga: SagaId) -> Option<watch::Receiver<u64>> {
        lock(&self.handles)
            .get(&saga)
            .map(|handle| handle.committed.subscribe())
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.handles).len()
    }
}

fn place(
    handles: &mut HashMap<SagaId, Handle>,
    saga: SagaId,
) -> (mpsc::UnboundedSender<Wish>, Desk) {
    let (sender, mailbox) = mpsc::unbounded_channel();
    let committed = watch::Sender::new(0);
    let handle = Handle {
        mailbox: sender.clone(),
        committed: committed.clone(),
    };
    handles.insert(saga, handle);
    (sender, Desk { mailbox, committed })
}

/// How many calls each department gets at a time.
pub(super) struct Limits {
    each: usize,
    departments: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Limits {
    pub(super) fn new(each: usize) -> Self {
        Self {
            each: each.max(1),
            departments: Mutex::default(),
        }
    }

    pub(super) fn of(&self, department: &str) -> Arc<Semaphore> {
        let mut departments = lock(&self.departments);
        if let Some(limit) = departments.get(department) {
            return limit.clone();
        }
        let limit = Arc::new(Semaphore::new(self.each));
        departments.insert(department.to_owned(), limit.clone());
        limit
    }
}

/// These maps are whole after every statement, so a panic elsewhere cannot have damaged them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
