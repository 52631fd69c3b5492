//! What a rule is tried on: a department's action with its sample, or the department itself. Keeps
//! account of every key it used, so that all of it is undone at the end.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures::future::join_all;
use onething_proto::participant::{Effect, GetOutcomeResponse, StepKey, UndoOutcome};
use tokio::sync::OnceCell;
use tonic::Status;

use super::{
    answer::{self, Answer},
    caller::{Call, Caller},
    department::Matter,
    expect::{short, told},
    rule::{Checked, Stop, fail},
    samples::Sample,
};

/// The epoch with which a check begins, so that there is a lower one.
pub(super) const EPOCH: u64 = 10;
/// The epoch with which things are undone at the end: above every other.
const LAST_EPOCH: u64 = 1_000_000;
/// How many duplicates are sent at once.
pub(super) const AT_ONCE: usize = 32;

/// What rules are tried on.
#[derive(Debug)]
pub(super) struct Bench {
    /// Calls the department.
    pub(super) caller: Caller,
    matter: Option<(Matter, Sample)>,
    /// The methods whose effects cannot be undone.
    lasting_methods: BTreeSet<String>,
    touched: Mutex<Vec<StepKey>>,
    lasting: OnceCell<Result<Done, Stop>>,
    /// Whether a sample took effect before.
    worked: AtomicBool,
    /// What the duplicates of the first call were answered, if the effect cannot be undone.
    first: Mutex<Vec<Answer>>,
}

/// A call that took effect.
#[derive(Debug)]
pub(super) struct Done {
    /// The call, under the epoch that it had.
    pub(super) call: Call,
    /// What it answered.
    pub(super) answer: Bytes,
    epoch: Arc<AtomicU64>,
}

impl Clone for Done {
    fn clone(&self) -> Self {
        Self {
            call: self.now(),
            answer: self.answer.clone(),
            epoch: self.epoch.clone(),
        }
    }
}

impl Done {
    /// The highest epoch that the department has seen for it.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// A higher epoch than before, from now on the highest.
    pub(super) fn raise(&self) -> u64 {
        self.epoch.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The same call under the highest epoch.
    pub(super) fn now(&self) -> Call {
        self.call.at(self.epoch())
    }

    /// Its key.
    pub(super) fn key(&self) -> &StepKey {
        &self.call.key
    }
}

impl Bench {
    /// A bench for the department itself.
    pub(super) fn of_department(caller: Caller, lasting_methods: BTreeSet<String>) -> Self {
        Self::new(caller, None, lasting_methods)
    }

    /// A bench for an action.
    pub(super) fn of_matter(caller: Caller, matter: Matter, sample: Sample) -> Self {
        Self::new(caller, Some((matter, sample)), BTreeSet::new())
    }

    fn new(
        caller: Caller,
        matter: Option<(Matter, Sample)>,
        lasting_methods: BTreeSet<String>,
    ) -> Self {
        Self {
            caller,
            matter,
            lasting_methods,
            touched: Mutex::default(),
            lasting: OnceCell::new(),
            worked: AtomicBool::new(false),
            first: Mutex::default(),
        }
    }

    /// Whether an effect of this method cannot be undone.
    pub(super) fn lasts(&self, method: &str) -> bool {
        self.lasting_methods.contains(method)
    }

    /// The action.
    ///
    /// # Errors
    /// On the department's own bench, which has none.
    pub(super) fn matter(&self) -> Result<&Matter, Stop> {
        match &self.matter {
            Some((matter, _)) => Ok(matter),
            None => Err(Stop::Skip("this is no action".to_owned())),
        }
    }

    fn sample(&self) -> Result<&Sample, Stop> {
        match &self.matter {
            Some((_, sample)) => Ok(sample),
            None => Err(Stop::Skip("this is no action".to_owned())),
        }
    }

    /// A key that nobody used before; it is undone at the end.
    pub(super) fn key(&self, step: &str) -> StepKey {
        let key = self.caller.key(step);
        self.touch(&key);
        key
    }

    /// Keeps a key in mind, so that it is undone at the end.
    pub(super) fn touch(&self, key: &StepKey) {
        guard(&self.touched).push(key.clone());
    }

    /// A call with a request under a key.
    pub(super) fn call(&self, key: StepKey, request: Bytes) -> Result<Call, Stop> {
        Ok(Call {
            path: self.matter()?.path.clone(),
            key,
            epoch: EPOCH,
            request,
            metadata: self.sample()?.metadata.clone(),
        })
    }

    /// The samples of requests that succeed.
    pub(super) fn succeeds(&self) -> Result<&[Bytes], Stop> {
        let succeeds = &self.sample()?.succeeds;
        if succeeds.is_empty() {
            return self.lacks("succeeds", "[[method.succeeds]]");
        }
        Ok(succeeds)
    }

    /// The sample of a request that is refused.
    pub(super) fn refused(&self) -> Result<Bytes, Stop> {
        match &self.sample()?.refused {
            Some(request) => Ok(request.clone()),
            None => self.lacks("is refused", "[method.refused]"),
        }
    }

    /// The sample of a request that waits for an officer.
    pub(super) fn pending(&self) -> Result<Bytes, Stop> {
        match &self.sample()?.pending {
            Some(request) => Ok(request.clone()),
            None => self.lacks("waits for an officer", "[method.pending]"),
        }
    }

    /// Has an officer decide the request that waits for one.
    pub(super) async fn decide(&self) -> Result<Result<Bytes, Status>, Stop> {
        match &self.sample()?.decide {
            Some(decide) => {
                let request = decide.request.clone();
                Ok(self.caller.plain(&decide.path, request).await)
            }
            None => self.lacks("decides as an officer does", "[method.decide]"),
        }
    }

    fn lacks<T>(&self, what: &str, table: &str) -> Result<T, Stop> {
        let matter = self.matter()?;
        Err(Stop::Skip(format!(
            "there is no sample of a request that {what}: write {table} under [[method]] name = \"{}\" in the file that --samples names (--template prints one to fill in)",
            matter.path
        )))
    }

    /// A call that took effect: a fresh one where it can be undone, else the one and only.
    ///
    /// # Errors
    /// When there is no sample, or none of them succeeds.
    pub(super) async fn done(&self, step: &str) -> Result<Done, Stop> {
        if self.matter()?.can_be_undone() {
            return self.do_once(step, 1).await;
        }
        let lasting = self.lasting.get_or_init(|| async {
            let done = self.do_once(step, AT_ONCE).await?;
            // It is undone no more, so that the epoch is this check's own.
            guard(&self.touched).retain(|key| key != done.key());
            Ok(done)
        });
        match lasting.await {
            Ok(done) => Ok(done.clone()),
            Err(stop) => Err(stop.clone()),
        }
    }

    /// Whether a sample took effect before.
    pub(super) fn worked(&self) -> bool {
        self.worked.load(Ordering::Relaxed)
    }

    /// The key of the one effect that stays, if there is one.
    pub(super) fn left(&self) -> Option<&StepKey> {
        self.lasting.get()?.as_ref().ok().map(Done::key)
    }

    /// What the duplicates of the one and only call were answered.
    pub(super) fn first(&self) -> Vec<Answer> {
        guard(&self.first).clone()
    }

    /// Sends the samples in turn until one is not refused.
    async fn do_once(&self, step: &str, times: usize) -> Result<Done, Stop> {
        let mut seen = String::new();
        for request in self.succeeds()? {
            let call = self.call(self.key(step), request.clone())?;
            let answers = self.at_once(&call, times).await;
            let done = answers.iter().find_map(|answer| match answer {
                Answer::Done(bytes) => Some(bytes.clone()),
                _ => None,
            });
            if let Some(answer) = done {
                *guard(&self.first) = answers;
                self.worked.store(true, Ordering::Relaxed);
                return Ok(Done {
                    epoch: Arc::new(AtomicU64::new(call.epoch)),
                    call,
                    answer,
                });
            }
            seen = answers.first().map(Answer::told).unwrap_or_default();
        }
        if self.worked.load(Ordering::Relaxed) {
            return Err(Stop::Skip(format!(
                "the request took effect before and was undone, but now it is answered with {seen}: see the check `undo`"
            )));
        }
        Err(Stop::Skip(format!(
            "no request of [[method.succeeds]] takes effect: the last was answered with {seen}"
        )))
    }

    /// The same call so many times at once. What was answered with a passing trouble is sent again,
    /// as a coordinator does.
    pub(super) async fn at_once(&self, call: &Call, times: usize) -> Vec<Answer> {
        let calls = (0..times).map(|_| self.caller.act(call));
        let mut answers = join_all(calls).await;
        for answer in &mut answers {
            for _ in 0..3 {
                if !answer.is_transient() {
                    break;
                }
                *answer = self.caller.act(call).await;
            }
        }
        answers
    }

    /// What is recorded for a key's saga.
    pub(super) async fn effects(&self, key: &StepKey) -> Result<Vec<Effect>, Stop> {
        let effects = self.caller.effects(&key.saga).await;
        effects
            .map_err(|status| Stop::Fail(format!("ListEffects answered {}", answer::told(&status))))
    }

    /// What became of a key.
    pub(super) async fn outcome(
        &self,
        key: &StepKey,
        epoch: u64,
    ) -> Result<GetOutcomeResponse, Stop> {
        let outcome = self.caller.outcome(key, epoch).await;
        outcome
            .map_err(|status| Stop::Fail(format!("GetOutcome answered {}", answer::told(&status))))
    }

    /// Undoes a key and expects one end of it.
    pub(super) async fn undo(
        &self,
        key: &StepKey,
        epoch: u64,
        expected: UndoOutcome,
        when: &str,
    ) -> Checked {
        match self.caller.undo(key, epoch).await {
            Ok(response) if response.outcome() == expected => Ok(()),
            Ok(response) => fail(format!(
                "{when}, Undo answered {}, and not {}",
                short(response.outcome().as_str_name()),
                short(expected.as_str_name())
            )),
            Err(status) => fail(format!(
                "{when}, Undo answered {}, and not {}",
                told(&status),
                short(expected.as_str_name())
            )),
        }
    }

    /// Undoes everything that the last rules did, and forgets it. The effects that cannot be undone
    /// stay in mind no longer either.
    pub(super) async fn clean(&self) {
        let keys = std::mem::take(&mut *guard(&self.touched));
        for key in keys.into_iter().rev() {
            // What this leaves behind is found by the rule that nothing is left.
            let _ = self.caller.undo(&key, LAST_EPOCH).await;
        }
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
