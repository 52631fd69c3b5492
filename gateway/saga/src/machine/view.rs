//! A saga as readers see it: names instead of positions, and no payloads but the responses.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use super::cause::FailureCause;
use super::input::OwnerAct;
use super::key::{SagaId, Timestamp};
use super::record::{Cancel, Incident, Proposal, WaitingFor};
use super::state::State;
use super::status::{SagaState, SegmentState, StepState};
use crate::definition::Kind;

/// A saga for its readers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SagaView {
    /// Its identity.
    pub id: SagaId,
    /// Name of its definition.
    pub definition: String,
    /// Version of its definition.
    pub version: u32,
    /// Its state.
    pub state: SagaState,
    /// A department, the applicant, a message or a time is waited for.
    pub waiting: bool,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The declared partial outcomes it ended in.
    pub outcomes: Vec<String>,
    /// Who must act next.
    pub responsible: Option<String>,
    /// When something happens next by itself or an owner is due.
    pub wake_at: Option<Timestamp>,
    /// What is waited for.
    pub wake_reason: Option<String>,
    /// The wish to withdraw, if there is one.
    pub cancel: Option<Cancel>,
    /// Its steps, in the definition's order.
    pub steps: Vec<StepView>,
    /// Its segments, in the definition's order.
    pub segments: Vec<SegmentView>,
    /// What must not happen and did.
    pub incidents: Vec<Incident>,
    /// W3C trace context of its submission.
    pub traceparent: Option<String>,
    /// The saga whose legal effect this one annuls.
    #[serde(default)]
    pub annuls: Option<SagaId>,
    /// What operators proposed and another must approve.
    #[serde(default)]
    pub proposals: Vec<ProposalView>,
}

/// A proposal that waits for a second operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposalView {
    /// Its number in the saga, from 1.
    pub number: u32,
    /// The name of the step it is about.
    pub step: String,
    /// The step's place in a list it is repeated for, from 1; 0 otherwise.
    pub item: u32,
    /// How the step is to be settled.
    pub act: OwnerAct,
    /// Who proposed it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A step for its readers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepView {
    /// Its name.
    pub id: String,
    /// Its place in the list a step of this name is repeated for, from 1; 0 for any other step.
    #[serde(default)]
    pub item: u32,
    /// What its action does.
    pub kind: Kind,
    /// Its state.
    pub state: StepState,
    /// What it waits for, while it is waiting.
    #[serde(default)]
    pub waiting_for: Option<WaitingFor>,
    /// The end of its statutory time, once that runs.
    #[serde(default)]
    pub due: Option<Timestamp>,
    /// That end may still move, because a year's holidays are not known yet.
    #[serde(default)]
    pub due_provisional: bool,
    /// The name of its segment.
    pub segment: String,
    /// Its round; 0 before the first.
    pub round: u32,
    /// Its department.
    pub responsible: String,
    /// When it was first called.
    pub started_at: Option<Timestamp>,
    /// When it last reached a result.
    pub ended_at: Option<Timestamp>,
    /// Its last refusal.
    pub refusal: Option<Refusal>,
    /// Why it is in doubt, halted, or could not be undone.
    pub trouble: Option<String>,
    /// Its place in the order in which steps were undone, from 1.
    pub undo_order: Option<u32>,
    /// What an owner attested about it.
    pub attested: Option<String>,
    /// Its response as wire bytes, once it succeeded; kept out of the serialized form.
    #[serde(skip)]
    pub response: Option<Bytes>,
}

/// A segment for its readers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentView {
    /// Its name.
    pub id: String,
    /// Its state.
    pub state: SegmentState,
    /// Its declared partial outcome.
    pub partial: Option<String>,
    /// The step whose failure turned it backward, if one did.
    pub failed_step: Option<String>,
    /// The segment whose failure kept it from starting, if one did.
    pub failed_segment: Option<String>,
    /// It failed or was dropped because the case was withdrawn.
    pub withdrawn: bool,
    /// It failed or was dropped because the case's time was over.
    #[serde(default)]
    pub time_up: bool,
}

impl State {
    /// The saga for its readers.
    #[must_use]
    pub fn view(&self) -> SagaView {
        let projection = self.projection();
        let steps = self.plan.step_indices().map(|step| {
            let (named, record) = (self.plan.step(step), self.step(step));
            StepView {
                id: named.id.clone(),
                item: self.plan.item(step),
                kind: self.plan.kind(step),
                state: record.state,
                waiting_for: record.waiting_for,
                due: record.deadline.as_ref().map(|deadline| deadline.due),
                due_provisional: record.deadline.as_ref().is_some_and(|d| d.provisional),
                segment: self.plan.definition().segment(named.segment).id.clone(),
                round: record.round,
                responsible: named.responsible.clone(),
                started_at: record.started_at,
                ended_at: record.ended_at,
                refusal: record.refusal.clone(),
                trouble: record.trouble.clone(),
                undo_order: record.undo_order,
                attested: record.attested.clone(),
                response: record.response.clone(),
            }
        });
        let segments = self.plan.segment_indices().map(|segment| {
            let (named, record) = (
                self.plan.definition().segment(segment),
                self.segment(segment),
            );
            let (mut failed_step, mut failed_segment) = (None, None);
            match record.why {
                Some(FailureCause::Refused { step } | FailureCause::GivenUp { step }) => {
                    failed_step = Some(self.plan.step(step).id.clone());
                }
                Some(FailureCause::Depends { segment }) => {
                    failed_segment = Some(self.plan.definition().segment(segment).id.clone());
                }
                Some(FailureCause::Cancelled | FailureCause::TimeLimit) | None => {}
            }
            SegmentView {
                id: named.id.clone(),
                state: record.state,
                partial: named.partial.clone(),
                failed_step,
                failed_segment,
                withdrawn: record.why == Some(FailureCause::Cancelled),
                time_up: record.why == Some(FailureCause::TimeLimit),
            }
        });
        SagaView {
            id: self.saga,
            definition: self.plan.name.clone(),
            version: self.plan.version,
            state: projection.state,
            waiting: projection.waiting,
            accepted_at: self.accepted_at,
            updated_at: self.updated_at,
            ended_at: self.ended().map(|ended| ended.at),
            outcomes: self.ended().map(|e| e.outcomes.clone()).unwrap_or_default(),
            responsible: projection.responsible,
            wake_at: projection.wake_at,
            wake_reason: projection.wake_reason,
            cancel: self.cancel().cloned(),
            steps: steps.collect(),
            segments: segments.collect(),
            incidents: self.incidents().to_vec(),
            traceparent: self.traceparent().map(str::to_owned),
            annuls: self.annuls(),
            proposals: self.proposals().iter().map(|p| self.proposal(p)).collect(),
        }
    }

    fn proposal(&self, proposal: &Proposal) -> ProposalView {
        ProposalView {
            number: proposal.number,
            step: self.plan.step(proposal.step).id.clone(),
            item: self.plan.item(proposal.step),
            act: proposal.act.clone(),
            by: proposal.by.clone(),
            reason: proposal.reason.clone(),
            at: proposal.at,
        }
    }
}
