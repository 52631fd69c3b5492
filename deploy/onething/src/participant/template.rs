//! A file of samples to fill in, made from the department's own descriptors.

use std::fmt::Write as _;

use onething_proto::annotations::ActionKind;
use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor};

use super::department::{Department, Matter};

/// A file of samples for a department, with a place for every request that the check needs.
pub(super) fn of(department: &Department, url: &str) -> String {
    let mut text = format!(
        "# Samples for `onething participant check {url} --samples THIS_FILE`.\n\
         #\n\
         # Each request is written as JSON's mapping of its protobuf message. Fill in values that the\n\
         # department's test system knows; take out the lines of fields that a request does not need.\n\
         # The check undoes what it does, except what cannot be undone: use a test system.\n"
    );
    if department.matters.is_empty() {
        text.push_str("#\n# This department has no method with an `action` option: there is nothing to fill in.\n");
    }
    for matter in &department.matters {
        write_matter(&mut text, matter);
    }
    text
}

fn write_matter(text: &mut String, matter: &Matter) {
    let input = matter.method.input();
    let _ = write!(
        text,
        "\n# {} ({})\n[[method]]\nname = \"{}\"\n",
        matter.path.rsplit('/').next().unwrap_or_default(),
        matter.kind_name(),
        matter.path,
    );
    for (table, comment) in wanted(matter) {
        let _ = writeln!(text, "\n# {comment}\n{table}");
        for field in input.fields() {
            write_field(text, &field);
        }
    }
    if matter.decides_later {
        text.push_str("\n# A call by which an officer decides that request, if there is one.\n# [method.decide]\n# call = \"package.Service/Method\"\n# request = {}\n");
    }
    text.push_str("\n# More metadata for each call, if the department wants any.\n# [method.metadata]\n# x-tenant = \"test\"\n");
}

/// The requests that a method's checks need.
pub(super) fn wanted(matter: &Matter) -> Vec<(&'static str, String)> {
    let mut wanted = Vec::new();
    if matter.decides_later {
        wanted.push((
            "[method.pending]",
            "A request that waits for an officer's decision. It is withdrawn again.".to_owned(),
        ));
    } else {
        wanted.push((
            "[[method.succeeds]]",
            match matter.kind {
                ActionKind::Query => "A request that is answered.".to_owned(),
                ActionKind::Compensable => {
                    "A request that takes effect each time after the effect before was undone."
                        .to_owned()
                }
                _ => "A request that takes effect. THAT CANNOT BE UNDONE, and happens once each time the\n\
                      # check is run. Give several ([[method.succeeds]] again): the first that is not refused\n\
                      # is used."
                    .to_owned(),
            },
        ));
    }
    if !matter.reasons.is_empty() {
        wanted.push((
            "[method.refused]",
            format!(
                "A request that is refused, for one of {}.",
                matter.reasons.join(", ")
            ),
        ));
    }
    wanted
}

fn write_field(text: &mut String, field: &FieldDescriptor) {
    let value = value(field, 0);
    let _ = writeln!(text, "{} = {value}", field.name());
}

/// A value of the field's type that shows how it is written.
fn value(field: &FieldDescriptor, depth: u8) -> String {
    if field.is_map() {
        return "{}".to_owned();
    }
    let one = one(field, depth);
    if field.cardinality() == Cardinality::Repeated {
        return format!("[{one}]");
    }
    one
}

fn one(field: &FieldDescriptor, depth: u8) -> String {
    match field.kind() {
        Kind::String => "\"\"".to_owned(),
        Kind::Bytes => "\"\" # base64".to_owned(),
        Kind::Bool => "false".to_owned(),
        Kind::Double | Kind::Float => "0.0".to_owned(),
        Kind::Enum(kind) => {
            let last = kind.values().last();
            format!(
                "\"{}\"",
                last.map(|v| v.name().to_owned()).unwrap_or_default()
            )
        }
        Kind::Message(message) => inline(&message, depth),
        _ => "0".to_owned(),
    }
}

fn inline(message: &MessageDescriptor, depth: u8) -> String {
    match message.full_name() {
        "google.protobuf.Timestamp" => return "\"2026-01-01T00:00:00Z\"".to_owned(),
        "google.protobuf.Duration" => return "\"1s\"".to_owned(),
        _ if depth > 3 => return "{}".to_owned(),
        _ => {}
    }
    let fields: Vec<_> = message
        .fields()
        .map(|field| format!("{} = {}", field.name(), value(&field, depth + 1)))
        .collect();
    if fields.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", fields.join(", "))
    }
}
