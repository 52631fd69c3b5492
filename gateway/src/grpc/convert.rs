//! From the gateway's own types to those of its contract.

use onething_bundle::{Region, Text};
use onething_proto::{annotations, gateway as proto};
use onething_saga::{SagaView, Timestamp};
use prost_types::{Struct, Value, value::Kind};

use crate::cases::{CaseView, Happening, Item, snake, step_state_name};

pub(super) fn text(text: &Text) -> annotations::Text {
    annotations::Text {
        zh: text.zh.clone(),
        mn: text.mn.clone(),
        en: text.en.clone(),
    }
}

pub(super) fn region(region: &Region) -> proto::Region {
    proto::Region {
        code: region.code.clone(),
        year: region.year.map(u32::from),
    }
}

pub(super) fn time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.0.div_euclid(1_000_000),
        nanos: i32::try_from(at.0.rem_euclid(1_000_000) * 1_000).unwrap_or_default(),
    }
}

pub(super) fn case(view: &CaseView) -> proto::Case {
    let saga = &view.saga;
    proto::Case {
        id: saga.id.to_string(),
        bundle: view.bundle.id.clone(),
        bundle_version: saga.version,
        state: snake(saga.state.name()),
        ended: saga.state.ended(),
        created_at: Some(time(saga.accepted_at)),
        ended_at: saga.ended_at.map(time),
        items: view.items().map(|of| item(&of)).collect(),
        certificates: view
            .certificates()
            .into_iter()
            .map(|certificate| proto::Certificate {
                title: Some(text(certificate.title)),
                value: certificate.value,
                step: certificate.step.to_owned(),
            })
            .collect(),
        remainders: view
            .remainders()
            .into_iter()
            .map(|remainder| proto::Remainder {
                outcome: remainder.outcome.to_owned(),
                title: Some(text(remainder.title)),
                owner: Some(text(remainder.owner)),
                next: Some(text(remainder.next)),
            })
            .collect(),
        trace_id: view.trace_id().unwrap_or_default(),
        waits_for: open(saga, &saga.wake_reason),
        responsible: open(saga, &saga.responsible),
        region: view.bundle.region.as_ref().map(region),
    }
}

/// What is told only of a case that has not ended.
fn open(saga: &SagaView, what: &Option<String>) -> String {
    let what = what.as_ref().filter(|_| !saga.state.ended());
    what.cloned().unwrap_or_default()
}

fn item(item: &Item<'_>) -> proto::CaseItem {
    proto::CaseItem {
        step: item.step.to_owned(),
        title: Some(text(item.title)),
        department: item.department.code.to_owned(),
        state: step_state_name(item.state),
        reason: item.reason.unwrap_or_default().to_owned(),
        message: item.message.unwrap_or_default().to_owned(),
        started_at: item.started_at.map(time),
        ended_at: item.ended_at.map(time),
        item: item.item,
        acts_next: item.acts_next.unwrap_or_default().to_owned(),
        in_person: item.in_person,
        since: item.since.map(time),
        due_at: item.due_at.map(time),
        due_provisional: item.due_provisional,
    }
}

pub(super) fn happening(happening: Happening) -> proto::WatchCaseResponse {
    proto::WatchCaseResponse {
        sequence: happening.sequence,
        at: Some(time(Timestamp(happening.at))),
        kind: happening.kind,
        step: happening.step.unwrap_or_default(),
        state: snake(happening.state.name()),
        reason: happening.reason.unwrap_or_default(),
    }
}

/// A protobuf struct as JSON. Whole numbers come out as integers, as an app would send them.
pub(super) fn json(object: Struct) -> serde_json::Value {
    object
        .fields
        .into_iter()
        .map(|(name, value)| (name, json_value(value)))
        .collect()
}

fn json_value(value: Value) -> serde_json::Value {
    match value.kind {
        None | Some(Kind::NullValue(_)) => serde_json::Value::Null,
        Some(Kind::BoolValue(value)) => value.into(),
        Some(Kind::StringValue(value)) => value.into(),
        Some(Kind::NumberValue(value)) => number(value),
        Some(Kind::StructValue(value)) => json(value),
        Some(Kind::ListValue(list)) => list.values.into_iter().map(json_value).collect(),
    }
}

fn number(value: f64) -> serde_json::Value {
    /// Up to here every whole double is one integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and within the exact range"
        )]
        return serde_json::Value::from(value as i64);
    }
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struct_becomes_the_json_an_app_would_send() {
        let value = |kind| Value { kind: Some(kind) };
        let inner = Struct {
            fields: [
                ("n".to_owned(), value(Kind::NumberValue(3.0))),
                ("s".to_owned(), value(Kind::StringValue("x".to_owned()))),
            ]
            .into(),
        };
        let outer = Struct {
            fields: [("mother".to_owned(), value(Kind::StructValue(inner)))].into(),
        };
        assert_eq!(
            json(outer),
            serde_json::json!({"mother": {"n": 3, "s": "x"}})
        );
    }
}
