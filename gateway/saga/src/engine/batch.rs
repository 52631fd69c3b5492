//! One batch of a saga: what came in goes through the core, its events into the journal, and only after the
//! commit are commands carried out. Calls that were intended ahead need not wait for it: while a batch is
//! being written, their answers go through the core as well, and what comes of them is written next.

use futures::future::FutureExt;
use futures::stream::StreamExt;

use super::error::EngineError;
use super::incoming::Mail;
use super::journal;
use super::registry::{Asker, Wish};
use super::wishes::{answer, tell};
use super::worker::{Held, Journaled, Left, Reply, Worker, due};
use crate::definition::StepIndex;
use crate::machine::{
    Command, Decision, Draft, Event, Input, Projection, Rejection, SagaState, State, Timestamp,
};
use crate::mutant::{self, Mutant};
use crate::store::{Append, EventRecord, StoreError};

/// What is decided and not yet on its way into the journal.
#[derive(Default)]
struct Undertaking {
    events: Vec<EventRecord>,
    /// The steps of which these events decide something that a call may not leave without.
    decided: Vec<StepIndex>,
    /// What is to be done once they are journaled.
    commands: Vec<Command>,
    granted: Vec<Asker>,
    refused: Vec<(Asker, String)>,
    taken: Vec<String>,
    at: Timestamp,
    /// Why nothing more can be decided.
    halt: Option<Halt>,
}

/// Why a saga is not carried on.
enum Halt {
    /// A department has seen a later owner.
    Overtaken,
    /// It contradicts its journal.
    Illegal(String),
}

/// How the saga's row is once something is written.
struct Row {
    projection: Projection,
    ended: Option<SagaState>,
    rests: Option<Timestamp>,
}

impl Undertaking {
    /// Adds what was decided, and gives back the calls that need not wait for it.
    fn add(&mut self, decision: Decision, at: Timestamp) -> Vec<Command> {
        self.at = at;
        let decided = decision.events.iter().filter_map(Event::decides);
        self.decided.extend(decided);
        match journal::records(&decision.events, at) {
            Ok(events) => self.events.extend(events),
            Err(error) => self.halt = Some(Halt::Illegal(error.to_string())),
        }
        if decision.commands.contains(&Command::Abandon) {
            self.halt = Some(Halt::Overtaken);
        }
        self.commands.extend(decision.commands);
        decision.early
    }

    /// Whether the journal must be asked before anything is done. Repetitions are not journaled: an owner that
    /// was overtaken would not learn of it until the department answers again. And nobody is told what only an
    /// overtaken owner believes.
    fn to_write(&self, exclusive: bool) -> bool {
        let told = !self.granted.is_empty() || !self.refused.is_empty();
        let confirms = !exclusive && (told || self.commands.iter().any(Command::repeats));
        !self.events.is_empty() || !self.taken.is_empty() || confirms
    }
}

impl Worker {
    /// One batch: everything that came in, one append, then the commands. The saga as it is held goes in, and
    /// comes back changed: nobody needs it any more as it was.
    pub(super) async fn batch(
        &mut self,
        held: Held,
        inputs: Vec<Input>,
        mail: Mail,
        wishes: Vec<Wish>,
    ) -> Result<Held, Left> {
        let Held {
            state,
            mut journaled,
        } = held;
        let epoch = journaled.epoch;
        let mut draft = self.draft(state);
        let mut next = Undertaking::default();
        for input in inputs {
            if let Err(rejection) = journal::feed(&self.shared, &mut draft, input) {
                return Err(self.set_aside(&rejection.to_string()).await);
            }
        }
        for input in mail.inputs {
            if let Err(rejection) = journal::feed(&self.shared, &mut draft, input) {
                tracing::warn!(saga.id = %self.saga, %rejection, "a delivery is left out");
            }
        }
        for Wish { input, reply } in wishes {
            match journal::feed(&self.shared, &mut draft, input) {
                Ok(()) => next.granted.push(reply),
                Err(Rejection::Conflict(why)) => next.refused.push((reply, why)),
                Err(Rejection::Illegal(why)) => return Err(self.set_aside(&why).await),
            }
        }
        next.taken = mail.taken;
        let at = draft.at();
        let (mut state, decision) = draft.into_parts();
        let early = next.add(decision, at);
        let racing = !early.is_empty();
        if next.halt.is_none() {
            self.carry_on(&state, epoch, early)?;
        }
        loop {
            match next.halt.take() {
                None => {}
                Some(Halt::Overtaken) => return Err(self.overtaken(&journaled, next.at).await),
                Some(Halt::Illegal(why)) => return Err(self.set_aside(&why).await),
            }
            if !next.to_write(self.shared.store.exclusive()) {
                tell(next.granted, next.refused);
                self.carry_on(&state, epoch, next.commands)?;
                return Ok(Held { state, journaled });
            }
            let mut written = std::mem::take(&mut next);
            let row = self.row(&state, &written);
            let append = self.append(&journaled, &row, &mut written);
            if mutant::active(Mutant::ActsBeforeCommit) {
                let commands = std::mem::take(&mut written.commands);
                self.carry_on(&state, epoch, commands).ok();
                // Calls are made when they are polled.
                drop(self.calls.next().now_or_never());
            }
            let store = self.shared.store.clone();
            let mut appending = store.append(append);
            let appended = loop {
                tokio::select! {
                    biased;
                    appended = &mut appending => break appended,
                    Some(reply) = self.calls.next(), if racing && next.halt.is_none() => {
                        state = self.go_on(state, epoch, reply, &written, &mut next);
                    }
                }
            };
            let Undertaking {
                granted, refused, ..
            } = written;
            match appended {
                Err(StoreError::Unknown(_)) if mutant::active(Mutant::UnknownCommitTrusted) => {}
                Ok(head) => {
                    journaled.head = head;
                    journaled.projection = row.projection;
                    journaled.rests = row.rests.is_some();
                }
                Err(error) => return Err(self.not_appended(error, granted, refused)),
            }
            self.show(journaled.head, row.ended);
            if let Some(due) = row.rests {
                self.shared.alarm.set(due);
            }
            tell(granted, refused);
            let commands = written.commands.into_iter();
            // What was answered meanwhile may have ended what was to be carried on.
            let open: Vec<Command> = commands.filter(|known| state.concerns(known)).collect();
            self.carry_on(&state, epoch, open)?;
        }
    }

    fn draft(&self, state: State) -> Draft {
        let at = self.now(&state);
        Draft::new(state, at).with_decisions_told(self.shared.settings.decisions_told)
    }

    /// Goes on with what was answered while a write is under way.
    fn go_on(
        &mut self,
        state: State,
        epoch: u64,
        reply: Reply,
        written: &Undertaking,
        next: &mut Undertaking,
    ) -> State {
        let unjournaled = written.decided.iter().chain(&next.decided).copied();
        let mut draft = self.draft(state).with_unjournaled(unjournaled);
        let mut reply = Some(reply);
        while let Some(answered) = reply {
            let input = self.input(draft.state(), answered);
            let fed = input.map_or(Ok(()), |input| {
                journal::feed(&self.shared, &mut draft, input)
            });
            if let Err(rejection) = fed {
                next.halt = Some(Halt::Illegal(rejection.to_string()));
                return draft.into_parts().0;
            }
            reply = self.calls.next().now_or_never().flatten();
        }
        let at = draft.at();
        let (state, decision) = draft.into_parts();
        let early = next.add(decision, at);
        if next.halt.is_none() {
            // Only calls are early, and they do not end the saga.
            self.carry_on(&state, epoch, early).ok();
        }
        state
    }

    fn row(&self, state: &State, next: &Undertaking) -> Row {
        let projection = state.projection();
        let rests = self.idle() && next.commands.is_empty();
        Row {
            rests: rests.then(|| due(projection.wake_at, next.at)),
            ended: state.ended().map(|ended| ended.state),
            projection,
        }
    }

    fn append(&self, journaled: &Journaled, row: &Row, written: &mut Undertaking) -> Append {
        Append {
            saga: self.saga,
            epoch: journaled.epoch,
            head: journaled.head,
            seal: journaled.seal,
            events: std::mem::take(&mut written.events),
            projection: row.projection.clone(),
            at: written.at,
            rests: row.rests,
            taken: std::mem::take(&mut written.taken),
        }
    }

    /// What was not written, or may not have been, is nobody's to act on.
    fn not_appended(
        &self,
        error: StoreError,
        granted: Vec<Asker>,
        refused: Vec<(Asker, String)>,
    ) -> Left {
        if matches!(error, StoreError::Fenced) {
            tracing::info!(saga.id = %self.saga, "the journal has a later owner of the saga");
            // Whoever asked asks again, and the saga is taken over for them.
            return Left::ForGood;
        }
        // Whether it was written is not known: only the journal can say.
        tracing::warn!(saga.id = %self.saga, %error, "append failed, reading again");
        let error = EngineError::Store(error);
        let asked = refused.into_iter().map(|(reply, _)| reply);
        granted
            .into_iter()
            .chain(asked)
            .for_each(|reply| answer(reply, Err(error.clone())));
        Left::ToReadAgain
    }
}
