//! What happens in one simulated case: the definition, how each step's department behaves, the weather
//! between them, and what people do.

use std::collections::VecDeque;
use std::time::Duration;

use onething_saga::Definition;

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
}

/// How the department of a step behaves.
#[derive(Clone, Debug, Default)]
pub struct Temper {
    /// What building the request comes to.
    pub request: Request,
    /// Rounds up to this one are refused.
    pub refuses: u32,
    /// An officer decides.
    pub decision: Option<Decision>,
    /// How its undo goes.
    pub undo: Undo,
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
    /// What it is.
    pub verdict: Verdict,
}

/// What an officer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Granted.
    Grant,
    /// Refused.
    Refuse,
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
