//! What happens in one simulated case: the definition, how each step's department behaves, the weather
//! between them, and what people do.

use std::collections::VecDeque;
use std::time::Duration;

use onething_saga::{Awaits, Definition, SagaId};

use super::gate::Fate;

/// One case, told beforehand.
#[derive(Clone, Debug)]
pub struct Story {
    /// Where all further chance comes from.
    pub seed: u64,
    /// What is to be done.
    pub definition: Definition,
    /// How each step's department behaves, in the definition's order.
    pub tempers: Vec<Temper>,
    /// Several engines share the store under leases; otherwise only one can have it at a time.
    pub shared: bool,
    /// How messages and writes fare until it is calm.
    pub weather: Weather,
    /// When departments are down.
    pub outages: Vec<Outage>,
    /// What becomes of each engine in turn; engines beyond these live.
    pub fates: VecDeque<Fate>,
    /// What people and the surroundings do, in the order of time.
    pub acts: Vec<(Duration, Act)>,
    /// From here on nothing goes wrong any more, and everybody does what is theirs.
    pub calm_at: Duration,
    /// The case annuls the legal effect of this one.
    pub annuls: Option<SagaId>,
}

impl Story {
    /// A story in which nothing goes wrong.
    #[must_use]
    pub fn calm(seed: u64, definition: Definition) -> Self {
        Self {
            seed,
            tempers: vec![Temper::default(); definition.steps.len()],
            definition,
            shared: false,
            weather: Weather::default(),
            outages: Vec::new(),
            fates: VecDeque::new(),
            acts: Vec::new(),
            calm_at: Duration::from_secs(60),
            annuls: None,
        }
    }

    /// Within this time of calm the case ends: everything it may have to wait for, and a week.
    #[must_use]
    pub fn patience(&self) -> Duration {
        const DAY: Duration = Duration::from_hours(24);
        let steps = self.definition.steps.iter().map(|step| {
            let timer = match step.awaits {
                Some(Awaits::Timer { after }) => after,
                _ => Duration::ZERO,
            };
            // Working days: weekends and the longest holidays lie between them.
            let statutory = step.deadline.map_or(0, |limit| limit.working_days);
            (timer + DAY * statutory * 2) * ROUNDS + step.undo_max_elapsed
        });
        DAY * 14 + steps.sum::<Duration>() + self.definition.time_limit.unwrap_or_default()
    }
}

/// No step of a simulated case has more rounds than about this.
const ROUNDS: u32 = 4;

/// How the department of a step behaves.
#[derive(Clone, Debug)]
pub struct Temper {
    /// What building the request comes to.
    pub request: Request,
    /// Its request needs nothing of the answers that come before it.
    pub ahead: bool,
    /// How many items its list has, if it is repeated: at first, and after a correction.
    pub items: [u16; 2],
    /// Rounds up to this one are refused, of the first item if it is repeated.
    pub refuses: u32,
    /// An officer decides.
    pub decision: Option<Decision>,
    /// Somebody else uses the step's key before the engine does, with another request.
    pub squatted: bool,
    /// The applicant withdraws while the officer decides.
    pub races: bool,
    /// How long the applicant takes for a correction once it is calm.
    pub ponders: Duration,
    /// Whoever the step waits for does nothing: no message is sent, nothing is corrected.
    pub silent: bool,
    /// How its undo goes.
    pub undo: Undo,
}

impl Default for Temper {
    /// Everything goes well at once.
    fn default() -> Self {
        Self {
            request: Request::Ready,
            ahead: false,
            items: [2, 2],
            refuses: 0,
            decision: None,
            squatted: false,
            races: false,
            ponders: Duration::ZERO,
            silent: false,
            undo: Undo::Ready,
        }
    }
}

/// What building a request comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Request {
    /// It can be built.
    #[default]
    Ready,
    /// It can be built after so many tries.
    Later(u32),
    /// The step does not apply.
    NotApplicable,
    /// It can never be built.
    Never,
}

/// An officer's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// How long it takes.
    pub after: Duration,
    /// What it is in the first round, for the first item if the step is repeated.
    pub first: Verdict,
    /// What it is in later rounds, for the first item if the step is repeated. Other items are granted.
    pub then: Verdict,
}

/// What an officer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Granted.
    Grant,
    /// Refused.
    Refuse,
    /// Returned to the applicant, who may correct it.
    Return,
}

/// How an undo goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undo {
    /// At once.
    #[default]
    Ready,
    /// It fails without an effect so many times first.
    FailsFirst(u32),
    /// The department works on it for so long.
    Takes(Duration),
    /// The department says it is impossible so many times.
    Impossible(u32),
}

/// How often, in a hundred, something goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// A request is lost.
    pub request_lost: u64,
    /// A reply is lost.
    pub reply_lost: u64,
    /// A request is doubled.
    pub doubled: u64,
    /// A request or reply is very late.
    pub late: u64,
    /// A reply cannot be read.
    pub unreadable: u64,
    /// A write fails in one of its ways.
    pub store: u64,
    /// A write is slow.
    pub slow: u64,
    /// A stranger uses a step's key after it.
    pub strangers: u64,
}

/// A time in which a department is down.
#[derive(Clone, Debug)]
pub struct Outage {
    /// The department.
    pub department: String,
    /// From when.
    pub from: Duration,
    /// Until when.
    pub to: Duration,
}

/// Something that people or the surroundings do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The applicant withdraws.
    Withdraw,
    /// The applicant submits again.
    SubmitAgain,
    /// The applicant submits something else under the same key.
    SubmitOther,
    /// Somebody sends a message that a step waits for, or will wait for.
    Message,
    /// A message is sent once more.
    MessageAgain,
    /// Another message comes under the identity of one that was sent.
    MessageOther,
    /// The applicant corrects what was returned.
    Correct,
    /// An operator asks for something.
    Meddle,
    /// A second engine takes everything over.
    Rival,
    /// The engine is stopped in good order and started again.
    Restart,
    /// The engine's clock jumps ahead.
    ClockAhead,
    /// The engine's clock jumps back.
    ClockBack,
}
