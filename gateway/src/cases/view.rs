//! A case as its readers see it: the saga in the words of its bundle.

use std::sync::Arc;

use onething_bundle::{Bundle, Step, Text};
use onething_saga::{SagaState, SagaView, StepState, StepView, Timestamp};
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{departments::response, trace};

/// A case: its saga, seen through the bundle it follows.
#[derive(Debug, Clone)]
pub(crate) struct CaseView {
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) saga: SagaView,
}

/// One item of a case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Item<'a> {
    /// The step's id.
    pub(crate) step: &'a str,
    /// What it is called.
    pub(crate) title: &'a Text,
    /// Who decides it.
    pub(crate) department: Department<'a>,
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
    pub(crate) fn new(bundle: Arc<Bundle>, saga: SagaView) -> Self {
        Self { bundle, saga }
    }

    /// The items, in the order of the bundle.
    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.bundle
            .steps
            .iter()
            .zip(&self.saga.steps)
            .map(|(step, saga)| item(step, saga))
    }

    /// The results whose steps stand.
    pub(crate) fn certificates(&self) -> Vec<Certificate<'_>> {
        let responses = |index: usize| {
            let step = self.saga.steps.get(index)?;
            let stands = step.state == StepState::Succeeded;
            response(
                &self.bundle,
                index,
                step.response.as_ref().filter(|_| stands),
            )
        };
        let results = self.bundle.results(&responses).into_iter();
        results
            .filter_map(|(result, value)| {
                let step = &self.bundle.steps.get(result.step)?.id;
                Some(Certificate {
                    title: &result.title,
                    value,
                    step,
                })
            })
            .collect()
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

fn item<'a>(step: &'a Step, saga: &'a StepView) -> Item<'a> {
    Item {
        step: &step.id,
        title: &step.title,
        department: Department {
            code: &step.department.code,
            title: &step.department.title,
        },
        state: saga.state,
        reason: saga.refusal.as_ref().map(|refusal| refusal.reason.as_str()),
        message: saga
            .refusal
            .as_ref()
            .map(|refusal| refusal.message.as_str()),
        started_at: saga.started_at,
        ended_at: saga.ended_at,
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
        out.serialize_field("title", &self.bundle.title)?;
        out.serialize_field("state", &snake(saga.state.name()))?;
        out.serialize_field("ended", &saga.state.ended())?;
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
