//! A case as its readers see it: the saga in the words of its bundle.

use std::sync::Arc;

use onething_bundle::{Bundle, ResultSpec, Step, Text};
use onething_saga::{SagaState, SagaView, State, StepState, StepView, Timestamp};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::turn::{Turn, turn};
use crate::{departments::response, trace};

/// A case: its saga, seen through the bundle it follows.
#[derive(Debug, Clone)]
pub(crate) struct CaseView {
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) saga: SagaView,
    /// Whether nobody can read any more what was submitted and answered.
    erased: bool,
    /// Whose turn it is at each step of the saga.
    turns: Vec<Option<Turn>>,
}

/// One item of a case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Item<'a> {
    /// The step's id.
    pub(crate) step: &'a str,
    /// Its place in the list that its step is repeated for, from 1; 0 for any other.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) item: u32,
    /// What it is called.
    pub(crate) title: &'a Text,
    /// Who decides it.
    pub(crate) department: Department<'a>,
    /// Whether those whom it concerns have to appear there.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) in_person: bool,
    /// How it stands.
    #[serde(serialize_with = "step_state")]
    pub(crate) state: StepState,
    /// A refusal's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'a str>,
    /// The refusal in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<&'a str>,
    /// When it began.
    #[serde(
        serialize_with = "optional_time",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) started_at: Option<Timestamp>,
    /// When it last came to a result.
    #[serde(
        serialize_with = "optional_time",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) ended_at: Option<Timestamp>,
    /// Who acts next: `department`, `applicant`, `operator`, `time`, or whom the bundle names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) acts_next: Option<&'a str>,
    /// Since when.
    #[serde(
        serialize_with = "optional_time",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) since: Option<Timestamp>,
    /// Until when, where the law or the bundle says so.
    #[serde(
        serialize_with = "optional_time",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) due_at: Option<Timestamp>,
    /// Whether that may still move, because a year's holidays are not known yet.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) due_provisional: bool,
    /// Its place in the order in which items were undone, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) undo_order: Option<u32>,
}

/// A department by code and name.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Department<'a> {
    pub(crate) code: &'a str,
    pub(crate) title: &'a Text,
}

/// A result of a case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Certificate<'a> {
    /// What it is called.
    pub(crate) title: &'a Text,
    /// Its number or value.
    pub(crate) value: String,
    /// The step that gave it.
    pub(crate) step: &'a str,
}

/// Something that a partial outcome leaves to be done.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Remainder<'a> {
    /// The declared outcome.
    pub(crate) outcome: &'a str,
    /// What it means for the applicant.
    pub(crate) title: &'a Text,
    /// Who acts next.
    pub(crate) owner: &'a Text,
    /// What is to be done.
    pub(crate) next: &'a Text,
}

impl CaseView {
    /// A case of a bundle.
    pub(crate) fn new(bundle: Arc<Bundle>, state: &State) -> Self {
        let steps = state.plan().step_indices();
        Self {
            bundle,
            saga: state.view(),
            erased: state.erased(),
            turns: steps.map(|step| turn(state, step)).collect(),
        }
    }

    /// The items, in the order of the bundle; behind a repeated step, each of those it is repeated for.
    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let steps = self.bundle.steps.iter().enumerate();
        steps.flat_map(|(index, step)| {
            let places = std::iter::once(index).chain(self.repeated(index));
            places.filter_map(|at| {
                let whose = self.turns.get(at).and_then(Option::as_ref);
                Some(item(step, self.saga.steps.get(at)?, whose))
            })
        })
    }

    /// Where the saga has the items that a step is repeated for: behind the bundle's own steps.
    fn repeated(&self, index: usize) -> impl Iterator<Item = usize> {
        let count = self.bundle.steps.len();
        let named = self.saga.steps.get(index).map(|step| step.id.as_str());
        let behind = self.saga.steps.iter().enumerate().skip(count);
        behind
            .filter(move |(_, step)| named == Some(step.id.as_str()))
            .map(|(at, _)| at)
    }

    /// The results whose steps stand; none of a case that is erased, whose answers are gone.
    pub(crate) fn certificates(&self) -> Vec<Certificate<'_>> {
        let mut certificates = Vec::new();
        if self.erased {
            return certificates;
        }
        for result in &self.bundle.results {
            let items: Vec<_> = self.repeated(result.step).collect();
            let places = if items.is_empty() {
                vec![result.step]
            } else {
                items
            };
            for at in places {
                certificates.extend(self.certificate(result, at));
            }
        }
        certificates
    }

    /// What a step, or one of the items it is repeated for, gave.
    fn certificate<'a>(&'a self, result: &'a ResultSpec, at: usize) -> Option<Certificate<'a>> {
        let step = self.saga.steps.get(at)?;
        let stands = step.state == StepState::Succeeded;
        let answer = step.response.as_ref().filter(|_| stands);
        let answer = response(&self.bundle, result.step, answer)?;
        let given = |index: usize| (index == result.step).then(|| answer.clone());
        let mut values = self.bundle.results(&given).into_iter();
        let (_, value) = values.find(|(known, _)| *known == result)?;
        Some(Certificate {
            title: &result.title,
            value,
            step: &self.bundle.steps.get(result.step)?.id,
        })
    }

    /// What a partial outcome leaves to be done, and with whom.
    pub(crate) fn remainders(&self) -> Vec<Remainder<'_>> {
        let outcomes = self
            .saga
            .outcomes
            .iter()
            .filter_map(|name| self.bundle.partial(name));
        outcomes
            .map(|partial| Remainder {
                outcome: &partial.id,
                title: &partial.title,
                owner: &partial.owner,
                next: &partial.next,
            })
            .collect()
    }

    /// The trace to follow across the departments.
    pub(crate) fn trace_id(&self) -> Option<String> {
        self.saga.traceparent.as_deref().and_then(trace::trace_id)
    }
}

fn item<'a>(step: &'a Step, saga: &'a StepView, turn: Option<&'a Turn>) -> Item<'a> {
    Item {
        step: &step.id,
        item: saga.item,
        title: &step.title,
        department: Department {
            code: &step.department.code,
            title: &step.department.title,
        },
        in_person: step.in_person,
        state: saga.state,
        reason: saga.refusal.as_ref().map(|refusal| refusal.reason.as_str()),
        // Of an erased case what the department said is gone.
        message: saga
            .refusal
            .as_ref()
            .map(|refusal| refusal.message.as_str())
            .filter(|message| !message.is_empty()),
        started_at: saga.started_at,
        ended_at: saga.ended_at,
        acts_next: turn.map(|turn| turn.by.as_str()),
        since: turn.and_then(|turn| turn.since),
        due_at: turn.and_then(|turn| turn.due),
        due_provisional: turn.is_some_and(|turn| turn.due_provisional),
        undo_order: saga.undo_order,
    }
}

impl Serialize for CaseView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let saga = &self.saga;
        let mut out = serializer.serialize_struct("Case", 17)?;
        out.serialize_field("id", &saga.id)?;
        out.serialize_field("bundle", &self.bundle.id)?;
        out.serialize_field("bundle_version", &saga.version)?;
        out.serialize_field("region", &self.bundle.region)?;
        out.serialize_field("title", &self.bundle.title)?;
        out.serialize_field("state", &snake(saga.state.name()))?;
        out.serialize_field("ended", &saga.state.ended())?;
        out.serialize_field("erased", &self.erased)?;
        out.serialize_field("created_at", &timestamp(saga.accepted_at))?;
        out.serialize_field("updated_at", &timestamp(saga.updated_at))?;
        out.serialize_field("ended_at", &saga.ended_at.map(timestamp))?;
        out.serialize_field(
            "waits_for",
            &saga.wake_reason.as_ref().filter(|_| !saga.state.ended()),
        )?;
        out.serialize_field(
            "responsible",
            &saga.responsible.as_ref().filter(|_| !saga.state.ended()),
        )?;
        out.serialize_field("items", &self.items().collect::<Vec<_>>())?;
        out.serialize_field("certificates", &self.certificates())?;
        out.serialize_field("remainders", &self.remainders())?;
        out.serialize_field("trace_id", &self.trace_id())?;
        out.end()
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A moment as RFC 3339, in UTC.
pub(crate) fn timestamp(at: Timestamp) -> Option<String> {
    jiff::Timestamp::from_microsecond(at.0)
        .ok()
        .map(|at| at.to_string())
}

/// A state's name as the contracts write it: `not_started`, not `NotStarted`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// A step's state by its name in the contracts.
pub(crate) fn step_state_name(state: StepState) -> String {
    snake(&format!("{state:?}"))
}

pub(super) fn time<S: Serializer>(at: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    timestamp(Timestamp(*at)).serialize(serializer)
}

fn optional_time<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.and_then(timestamp).serialize(serializer)
}

pub(super) fn state<S: Serializer>(state: &SagaState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&snake(state.name()))
}

fn step_state<S: Serializer>(state: &StepState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&step_state_name(*state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_written_in_snake_case_and_times_in_utc() {
        assert_eq!(step_state_name(StepState::NothingToUndo), "nothing_to_undo");
        assert_eq!(snake(SagaState::Completed.name()), "completed");
        assert_eq!(
            timestamp(Timestamp(1_500_000)).as_deref(),
            Some("1970-01-01T00:00:01.5Z")
        );
    }
}
