//! One open review in words: what was applied for, read with the method's own contract.

use onething_proto::{
    Contracts, annotations,
    participant::{self as proto, ReviewField},
};
use prost_reflect::{DynamicMessage, MethodDescriptor, SerializeOptions, Value};

use crate::{RETURNED, review::timestamp, store::OpenReview};

/// Tells an open review with what the contract says of its method.
pub(super) fn told(contracts: &Contracts, open: OpenReview) -> proto::Review {
    let method = contracts.method(&open.method);
    let action = method.as_ref().and_then(|method| contracts.action(method));
    let request = method.as_ref().and_then(|method| {
        // What was accepted once was well formed; the contract may have changed since.
        DynamicMessage::decode(method.input(), open.request.as_deref()?).ok()
    });
    let (title, mut reasons) = match action {
        Some(action) => (action.title, action.refusal_reasons),
        None => (None::<annotations::Text>, Vec::new()),
    };
    reasons.push(RETURNED.to_owned());
    proto::Review {
        fields: match (&method, &request) {
            (Some(method), Some(request)) => fields(contracts, method, request),
            _ => Vec::new(),
        },
        request: request.as_ref().map(json).unwrap_or_default(),
        key: Some(open.key().into()),
        method: open.method,
        title,
        purpose: open.purpose.unwrap_or_default(),
        opened_at: Some(timestamp(open.seen_at)),
        due_at: open.due_at.map(timestamp),
        reasons,
    }
}

fn fields(
    contracts: &Contracts,
    method: &MethodDescriptor,
    request: &DynamicMessage,
) -> Vec<ReviewField> {
    let filled = |field: &prost_reflect::FieldDescriptor| request.has_field(field);
    let input = method.input();
    let fields = input.fields().filter(filled).map(|field| {
        let element = contracts.element(&field).unwrap_or_default();
        ReviewField {
            name: field.name().to_owned(),
            role: element.role,
            element: element.element,
            value: value(&request.get_field(&field)),
        }
    });
    fields.collect()
}

/// A text as it is, everything else as JSON.
fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => value.to_string(),
        Value::F64(value) => value.to_string(),
        Value::EnumNumber(number) => number.to_string(),
        Value::Message(message) => json(message),
        Value::List(values) => list(values.iter()),
        Value::Map(values) => list(values.values()),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
    }
}

fn list<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let parts = values.map(|part| match part {
        Value::Message(message) => serde_json::from_str(&json(message)).unwrap_or_default(),
        Value::String(text) => serde_json::Value::from(text.as_str()),
        other => serde_json::from_str(&value(other)).unwrap_or_default(),
    });
    serde_json::Value::Array(parts.collect()).to_string()
}

/// Fields by the names of the contract; integers as integers.
fn json(message: &DynamicMessage) -> String {
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .stringify_64_bit_integers(false);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map(|value| value.to_string())
        .unwrap_or_default()
}
