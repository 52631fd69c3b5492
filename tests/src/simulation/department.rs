//! The departments: production rules over a table in memory, and a temper for each step.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use onething_participant::Rejection;
use onething_participant::rules::{
    self, CallVerdict, Decision as Ruling, DecisionVerdict, Expiry, ExpiryVerdict, Found, Incoming,
    Performed, QuestionVerdict, Recorded,
};
use onething_saga::{
    Answer, Kind, OnExpiry, OutcomeAnswer, Plan, Refusal, State, StepIndex, UndoAnswer,
};

use super::books::{Books, Slot};
use super::clock::EPOCH;
use super::fault::Fault;
use super::story::{Decision, Temper, Verdict};

/// What arrives at a department.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) slot: Slot,
    pub(super) epoch: u64,
    pub(super) request: Bytes,
    pub(super) what: What,
}

/// What a letter asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Act,
    Ask,
    Undo,
}

/// What a department answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    Acted(Answer),
    Asked(OutcomeAnswer),
    Undone(UndoAnswer),
}

/// A review that an officer is to decide after a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct Review {
    pub(super) slot: Slot,
    pub(super) after: Duration,
    pub(super) verdict: Verdict,
    /// When the law deems it decided, in microseconds since the epoch.
    pub(super) due: Option<i64>,
}

/// The row of one step and item.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) round: u32,
    pub(super) epoch: u64,
    pub(super) method: String,
    pub(super) digest: Vec<u8>,
    pub(super) recorded: Recorded,
    pub(super) due: Option<i64>,
    pub(super) expiry: Expiry,
}

impl Row {
    pub(super) fn found(row: Option<&Self>) -> Found<'_> {
        row.map_or(Found::Nothing, |row| {
            Found::Row(rules::Row {
                round: row.round,
                epoch: row.epoch,
                method: &row.method,
                digest: &row.digest,
                recorded: row.recorded,
                due: row.due,
                expiry: row.expiry,
            })
        })
    }
}

/// What happened at a department beside its answer.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) review: Option<Review>,
    pub(super) faults: Vec<Fault>,
}

/// All departments of a case.
#[derive(Debug, Default)]
pub(super) struct Departments {
    /// What officers decided, in the order of commits: the stream that engines follow.
    pub(super) decisions: Vec<(Slot, Answer)>,
    pub(super) books: Books,
    pub(super) rows: BTreeMap<(StepIndex, u32), Row>,
    past: BTreeMap<Slot, Recorded>,
}

/// What a department sees of the world while it works.
pub(super) struct Scene<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tempers: &'a [Temper],
    pub(super) journal: Option<&'a State>,
    pub(super) now: Duration,
}

impl Scene<'_> {
    /// How a step's department behaves; the items of a repeated step behave alike.
    pub(super) fn temper(&self, step: StepIndex) -> &Temper {
        &self.tempers[self.plan.item_of(step).unwrap_or(step).at()]
    }
}

fn rejected(rejection: Rejection) -> Answer {
    match rejection {
        Rejection::StaleEpoch => Answer::StaleEpoch,
        Rejection::DigestMismatch => Answer::Mismatch,
        Rejection::Closed => Answer::Closed,
        Rejection::RoundNotOpen => doubt("the round before is still open"),
    }
}

fn doubt(why: &str) -> Answer {
    Answer::Doubt {
        why: why.to_owned(),
    }
}

fn response(slot: Slot) -> Answer {
    let response = Bytes::from(format!("{slot:?}"));
    Answer::Succeeded { response }
}

fn refusal() -> Answer {
    Answer::Refused(Refusal::new("NOT_ELIGIBLE", "the department refuses"))
}

fn returned() -> Answer {
    Answer::Returned(Refusal::new("INCOMPLETE", "a document is missing"))
}

/// Whether a department refuses at once; other items than the first are accepted.
fn refuses(temper: &Temper, item: u32, round: u32) -> bool {
    item < 2 && temper.refuses >= round
}

/// What an officer says in a round; other items than the first are granted.
fn ruling(decision: Decision, item: u32, round: u32) -> Verdict {
    match (item, round) {
        (2.., _) => Verdict::Grant,
        (_, 1) => decision.first,
        // Nobody returns an application for ever.
        (_, 4..) if decision.then == Verdict::Return => Verdict::Grant,
        _ => decision.then,
    }
}

impl Departments {
    /// Answers a letter, and says what else came of it.
    pub(super) fn answer(&mut self, letter: &Letter, scene: &Scene<'_>) -> (Reply, Side) {
        let mut side = Side::default();
        let reply = match letter.what {
            What::Act => Reply::Acted(self.act(letter, scene, &mut side)),
            What::Ask => Reply::Asked(self.ask(letter, scene)),
            What::Undo => Reply::Undone(self.undo(letter, scene, &mut side)),
        };
        (reply, side)
    }

    fn act(&mut self, letter: &Letter, scene: &Scene<'_>, side: &mut Side) -> Answer {
        let (slot, epoch) = (letter.slot, letter.epoch);
        let (step, item, round) = slot;
        let named = scene.plan.step(step);
        let temper = scene.temper(step);
        if named.kind == Kind::Query {
            if refuses(temper, item, round) {
                side.faults.push(Fault::Refused);
                self.books.refused.insert(slot);
                return refusal();
            }
            return response(slot);
        }
        let digest = rules::digest(&letter.request);
        let incoming = Incoming {
            round,
            epoch,
            method: &named.action,
            digest: &digest,
        };
        let verdict = rules::call(Row::found(self.rows.get(&(step, item))), incoming);
        let rejected_by_protocol = matches!(verdict, CallVerdict::Rejected(_));
        self.books
            .met_epoch(slot, epoch, rejected_by_protocol, scene.plan);
        if !rejected_by_protocol {
            self.check_bytes(letter, scene.plan);
        }
        match verdict {
            CallVerdict::Rejected(rejection) => return rejected(rejection),
            CallVerdict::Repeat => {
                let row = self.raise(step, item, epoch);
                return match row.map(|row| row.recorded) {
                    Some(Recorded::Succeeded) => response(slot),
                    Some(Recorded::Pending) => Answer::Pending,
                    Some(Recorded::Returned) => returned(),
                    _ => refusal(),
                };
            }
            CallVerdict::PerformNextRound => self.close_round(step, item),
            CallVerdict::Perform => {}
        }
        let due = scene.journal.and_then(|state| {
            let deadline = state.step(step).deadline.as_ref();
            deadline.map(|deadline| deadline.due.0)
        });
        let expiry = named.deadline.map(|limit| match limit.on_expiry {
            OnExpiry::Escalate => Expiry::Escalate,
            OnExpiry::Compensate => Expiry::Compensate,
            OnExpiry::DeemedGranted => Expiry::DeemedGranted,
            OnExpiry::DeemedRefused => Expiry::DeemedRefused,
        });
        let expiry = expiry.unwrap_or_default();
        let (performed, answer) = if refuses(temper, item, round) {
            side.faults.push(Fault::Refused);
            (Performed::Refused, refusal())
        } else if let Some(decision) = temper.decision {
            side.review = Some(Review {
                slot,
                after: decision.after,
                verdict: ruling(decision, item, round),
                due: due.filter(|_| rules::deemed(expiry).is_some()),
            });
            (Performed::Pending, Answer::Pending)
        } else {
            (Performed::Succeeded, response(slot))
        };
        let recorded = rules::settled(performed).unwrap_or(Recorded::Closed);
        if performed == Performed::Succeeded {
            self.books.perform(slot, scene.plan, scene.journal);
        }
        if performed == Performed::Refused {
            self.books.refused.insert(slot);
        }
        let epoch = self
            .rows
            .get(&(step, item))
            .map_or(epoch, |row| row.epoch.max(epoch));
        self.rows.insert(
            (step, item),
            Row {
                round,
                epoch,
                method: named.action.clone(),
                digest: digest.to_vec(),
                recorded,
                due,
                expiry,
            },
        );
        answer
    }

    /// One key is one request, whoever sends it.
    fn check_bytes(&mut self, letter: &Letter, plan: &Plan) {
        let first = self.books.requests.entry(letter.slot);
        let first = first.or_insert_with(|| letter.request.clone());
        if *first != letter.request {
            let id = &plan.step(letter.slot.0).id;
            let what = format!("`{id}` accepted another request under a known key");
            self.books.violation(what);
        }
    }

    fn ask(&mut self, letter: &Letter, scene: &Scene<'_>) -> OutcomeAnswer {
        let (slot, epoch) = (letter.slot, letter.epoch);
        let (step, item, round) = slot;
        let found = self.rows.get(&(step, item));
        let known = found.is_some();
        let verdict = rules::question(Row::found(found), round, epoch);
        // A key never seen proves nothing and changes nothing; a row's epoch is raised by a question about a
        // later round as well.
        if known {
            let rejected_by_protocol = matches!(verdict, QuestionVerdict::Rejected(_));
            self.books
                .met_epoch(slot, epoch, rejected_by_protocol, scene.plan);
        }
        if let QuestionVerdict::Rejected(rejection) = verdict {
            return OutcomeAnswer::Known(rejected(rejection));
        }
        let row = self.raise(step, item, epoch).map(|row| row.recorded);
        let recorded = match verdict {
            QuestionVerdict::Current => row,
            QuestionVerdict::Past => self.past.get(&slot).copied(),
            QuestionVerdict::NotSeen | QuestionVerdict::Rejected(_) => None,
        };
        match recorded {
            None => OutcomeAnswer::NotSeen,
            Some(Recorded::Succeeded) => OutcomeAnswer::Known(response(slot)),
            Some(Recorded::Refused) => OutcomeAnswer::Known(refusal()),
            Some(Recorded::Returned) => OutcomeAnswer::Known(returned()),
            Some(Recorded::Pending) => OutcomeAnswer::Known(Answer::Pending),
            // No department of the simulation calls another system.
            Some(Recorded::InFlight) => OutcomeAnswer::NotSeen,
            Some(Recorded::Undone | Recorded::Closed) => OutcomeAnswer::Known(Answer::Closed),
        }
    }

    /// An officer decides; false when it is too late.
    pub(super) fn decide(&mut self, review: Review, scene: &Scene<'_>) -> bool {
        let (step, item, round) = review.slot;
        let ruling = match review.verdict {
            Verdict::Grant => Ruling::Approve,
            Verdict::Refuse => Ruling::Refuse,
            Verdict::Return => Ruling::Return,
        };
        let found = Row::found(self.rows.get(&(step, item)));
        let now = EPOCH.plus(scene.now).0;
        let ruling = match rules::decide(found, round, now) {
            DecisionVerdict::Take => ruling,
            DecisionVerdict::DeemInstead(ruling) => ruling,
            DecisionVerdict::Conflict(_) | DecisionVerdict::NotSeen => return false,
        };
        self.rule(review.slot, ruling, scene);
        true
    }

    /// The time for a decision has passed; false when it was decided before.
    pub(super) fn expire(&mut self, review: Review, scene: &Scene<'_>) -> bool {
        let (step, item, round) = review.slot;
        let found = Row::found(self.rows.get(&(step, item)));
        let now = EPOCH.plus(scene.now).0;
        match rules::expire(found, round, now) {
            ExpiryVerdict::Deem(ruling) => {
                self.rule(review.slot, ruling, scene);
                true
            }
            ExpiryVerdict::NotYet | ExpiryVerdict::Never => false,
        }
    }

    fn rule(&mut self, slot: Slot, ruling: Ruling, scene: &Scene<'_>) {
        let (step, item, _) = slot;
        if let Some(row) = self.rows.get_mut(&(step, item)) {
            row.recorded = ruling.recorded();
        }
        let answer = match ruling {
            Ruling::Approve => {
                self.books.perform(slot, scene.plan, scene.journal);
                response(slot)
            }
            Ruling::Refuse => {
                self.books.refused.insert(slot);
                refusal()
            }
            Ruling::Return => {
                self.books.returned.insert(slot);
                returned()
            }
        };
        self.decisions.push((slot, answer));
    }

    pub(super) fn raise(&mut self, step: StepIndex, item: u32, epoch: u64) -> Option<&mut Row> {
        let row = self.rows.get_mut(&(step, item))?;
        row.epoch = rules::raised(row.epoch, epoch);
        Some(row)
    }

    pub(super) fn close_round(&mut self, step: StepIndex, item: u32) {
        if let Some(row) = self.rows.get(&(step, item)) {
            self.past.insert((step, item, row.round), row.recorded);
        }
    }
}
