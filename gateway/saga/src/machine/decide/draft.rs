//! A state under change: which input goes to which decision, and what they have come to so far.

use onething_calendar::Calendar;

use crate::definition::{Kind, StepIndex};
use crate::machine::answer::OutcomeAnswer;
use crate::machine::command::{Command, Wait};
use crate::machine::event::Event;
use crate::machine::input::{Input, Rejection};
use crate::machine::key::Timestamp;
use crate::machine::state::State;
use crate::machine::status::StepState;

/// Events to journal, and what to do once they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// The events, in order.
    pub events: Vec<Event>,
    /// The commands, in order.
    pub commands: Vec<Command>,
    /// Calls that need not wait until the events are journaled: what they rest on is, or can be asked for
    /// again.
    pub early: Vec<Command>,
}

/// What an input means for a saga in this state.
///
/// # Errors
/// [`Rejection`] when it means nothing there; the state is then as before.
pub fn decide(state: &State, input: Input, at: Timestamp) -> Result<Decision, Rejection> {
    let mut draft = Draft::new(state.clone(), at);
    draft.feed(input)?;
    Ok(draft.into_parts().1)
}

/// A state under change: the inputs of one batch and what they cause, before it is committed.
#[derive(Debug)]
pub struct Draft {
    pub(super) state: State,
    pub(super) at: Timestamp,
    pub(super) calendar: &'static Calendar,
    /// Decisions are told; nothing is polled.
    told: bool,
    pub(super) decision: Decision,
    pub(super) preparing: Vec<StepIndex>,
    /// The steps whose requests were asked for ahead in this draft.
    pub(super) looked: Vec<StepIndex>,
    /// The steps of which something is decided, and not journaled, that a call may not leave without.
    pub(super) unjournaled: Vec<StepIndex>,
}

impl Draft {
    /// Starts from a committed state.
    #[must_use]
    pub fn new(state: State, at: Timestamp) -> Self {
        Self {
            state,
            at,
            calendar: Calendar::standard(),
            told: false,
            decision: Decision::default(),
            preparing: Vec::new(),
            looked: Vec::new(),
            unjournaled: Vec::new(),
        }
    }

    /// Says that departments tell what they decide, so that nothing is polled: what waits is only looked
    /// at again when [`Input::Tick`] finds that due.
    #[must_use]
    pub fn with_decisions_told(mut self, told: bool) -> Self {
        self.told = told;
        self
    }

    /// Says of which steps something is decided that is still on its way into the journal
    /// ([`Event::decides`]).
    #[must_use]
    pub(crate) fn with_unjournaled(mut self, steps: impl Iterator<Item = StepIndex>) -> Self {
        self.unjournaled.extend(steps);
        self
    }

    /// Counts working days with another calendar than the country's.
    #[must_use]
    pub fn with_calendar(mut self, calendar: &'static Calendar) -> Self {
        self.calendar = calendar;
        self
    }

    /// Adds an input.
    ///
    /// # Errors
    /// [`Rejection`] when it means nothing here; the draft is then as before.
    pub fn feed(&mut self, input: Input) -> Result<(), Rejection> {
        match input {
            Input::Resume => self.resume(),
            Input::Prepared { step, prepared } => {
                self.known(step)?;
                self.prepared(step, prepared);
            }
            Input::PreparedAhead { step, call } => {
                self.known(step)?;
                self.prepared_ahead(step, call);
            }
            Input::Acted {
                step,
                round,
                answer,
            } => {
                self.known(step)?;
                self.acted(step, round, answer)?;
            }
            Input::Asked {
                step,
                round,
                answer,
            } => {
                self.known(step)?;
                match answer {
                    OutcomeAnswer::Known(answer) => self.acted(step, round, answer)?,
                    OutcomeAnswer::NotSeen => self.not_seen(step, round),
                }
            }
            Input::UndoAnswered {
                step,
                round,
                answer,
            } => {
                self.known(step)?;
                self.undo_answered(step, round, answer);
            }
            Input::Cancel { by, reason } => self.cancel(by, reason)?,
            Input::Operator(operator) => self.operator(operator)?,
            Input::Tick => self.tick(),
            Input::Signal { id, name, payload } => self.signal(id, name, payload)?,
            Input::Correct {
                by,
                step,
                input,
                affected,
            } => self.correct(by, step, input, &affected)?,
        }
        self.settle();
        Ok(())
    }

    /// Records an event from outside the decisions (the acceptance).
    pub fn record(&mut self, event: Event) {
        self.emit(event);
    }

    /// The state with everything fed so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The time of this batch.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The pure commands so far: requests to build before the batch is committed.
    pub fn take_prepares(&mut self) -> Vec<Command> {
        let pure = |command: &mut Command| {
            matches!(
                command,
                Command::Prepare {
                    wait: Wait::Now,
                    ..
                } | Command::PrepareAhead { .. }
            )
        };
        self.decision.commands.extract_if(.., pure).collect()
    }

    /// The new state, what led to it, and those commands whose answers it still waits for.
    #[must_use]
    pub fn into_parts(self) -> (State, Decision) {
        let Self {
            state,
            mut decision,
            ..
        } = self;
        // A later input of the batch may have ended what an earlier one had carried on: whoever takes a
        // saga over both repeats its calls and finds their time spent. And a call is sent with the bytes
        // of the step's last round, so one of an earlier round would carry another request.
        decision.commands.retain(|command| state.concerns(command));
        decision.early.retain(|command| state.concerns(command));
        (state, decision)
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.state.apply(&event, self.at);
        self.unjournaled.extend(event.decides());
        self.decision.events.push(event);
    }

    pub(super) fn command(&mut self, command: Command) {
        self.decision.commands.push(command);
    }

    /// Asks again for something that others decide, where they do not tell by themselves.
    pub(super) fn poll(&mut self, command: Command) {
        if !self.told {
            self.command(command);
        }
    }

    pub(super) fn known(&self, step: StepIndex) -> Result<(), Rejection> {
        if step.at() < self.state.steps.len() {
            Ok(())
        } else {
            Err(Rejection::Illegal(format!(
                "there is no step number {}",
                step.0
            )))
        }
    }

    /// Repeats whatever was under way when the last owner stopped.
    fn resume(&mut self) {
        if self.state.ended().is_some() {
            self.command(Command::Retire);
            return;
        }
        self.doubt_what_was_ahead();
        for step in self.state.plan.step_indices() {
            let record = self.state.step(step);
            if record.halted {
                continue;
            }
            let (round, wait) = (record.round, Wait::Now);
            let query = self.state.plan.step(step).kind == Kind::Query;
            match record.state {
                StepState::Intended => self.command(Command::Act { step, round, wait }),
                StepState::InDoubt if query => self.command(Command::Act { step, round, wait }),
                StepState::InDoubt => self.command(Command::Ask { step, round, wait }),
                StepState::Waiting if record.deciding() && !self.told => {
                    self.command(Command::Ask { step, round, wait });
                }
                StepState::UndoWaiting if self.told => {}
                StepState::UndoIntended | StepState::UndoWaiting | StepState::UndoInDoubt => {
                    self.command(Command::Undo { step, round, wait });
                }
                _ => {}
            }
        }
    }
}

impl State {
    /// Whether a command's answer is still waited for.
    pub(crate) fn concerns(&self, command: &Command) -> bool {
        match *command {
            Command::Act { step, round, .. } | Command::Ask { step, round, .. } => {
                let record = self.step(step);
                record.round == round && (record.in_flight() || record.deciding())
            }
            Command::Undo { step, round, .. } => {
                let record = self.step(step);
                record.round == round && record.undoing()
            }
            Command::Prepare { .. }
            | Command::PrepareAhead { .. }
            | Command::Retire
            | Command::Abandon => true,
        }
    }
}
