//! Values that departments answer and applicants file in a simulation: valid for their elements, the
//! same for the same element of the same role.

use anyhow::bail;
use onething_bundle::{Bundle, Form};
use onething_elements::{Dictionary, Element, Format};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use serde_json::{Value as Json, json};

/// The sample form; what its population would give is made up.
pub(super) fn form(bundle: &Bundle) -> anyhow::Result<Form> {
    let mut sample = bundle.sample.clone();
    for (role, attributes) in sample.as_object_mut().into_iter().flatten() {
        for (attribute, value) in attributes.as_object_mut().into_iter().flatten() {
            let path = value.as_str().is_some_and(|text| text.starts_with('$'));
            let field = bundle.form_field(role, attribute);
            let element = field.and_then(|field| Dictionary::standard().get(&field.element));
            if let Some(element) = element.filter(|_| path) {
                *value = typed(&text(element, role));
            }
        }
    }
    bundle.check_form(&sample).or_else(|problems| {
        let all: Vec<_> = problems
            .iter()
            .map(|p| format!("{}: {}", p.field, p.reason))
            .collect();
        bail!("the sample cannot be filed: {}", all.join("; "))
    })
}

/// A department's answer: each field that the bundle knows by its element, the rest by its type.
pub(super) fn answer(message: &MessageDescriptor, gives: &[(String, String)]) -> DynamicMessage {
    let mut answer = DynamicMessage::new(message.clone());
    // The elements are in the order of the fields that carry one.
    let mut gives = gives.iter();
    for field in message.fields() {
        let element = carries(&field).then(|| gives.next()).flatten();
        let value = if field.is_list() {
            Some(Value::List(list(&field)))
        } else {
            element.and_then(|(role, element)| known(&field, role, element))
        };
        if let Some(value) = value.or_else(|| plain(&field)) {
            // A value of another type leaves the field at its default.
            let _ = answer.try_set_field(&field, value);
        }
    }
    answer
}

/// Whether a field carries an element, as the contracts' options say.
fn carries(field: &FieldDescriptor) -> bool {
    let options = field.options();
    options
        .extensions()
        .any(|(extension, _)| extension.number() == 50_103)
}

/// Two items, so that a repeated step is seen to be repeated.
fn list(field: &FieldDescriptor) -> Vec<Value> {
    let item = |number: u32| match field.kind() {
        Kind::Message(message) => {
            let mut item = DynamicMessage::new(message.clone());
            for field in message.fields().filter(|field| !field.is_list()) {
                let value = match field.kind() {
                    Kind::String => Some(Value::String(format!("{}-{number}", field.name()))),
                    _ => plain(&field),
                };
                if let Some(value) = value {
                    let _ = item.try_set_field(&field, value);
                }
            }
            Value::Message(item)
        }
        _ => Value::String(format!("{}-{number}", field.name())),
    };
    vec![item(1), item(2)]
}

fn known(field: &FieldDescriptor, role: &str, element: &str) -> Option<Value> {
    let element = Dictionary::standard().get(element)?;
    match (field.kind(), typed(&text(element, role))) {
        (Kind::String, Json::String(text)) => Some(Value::String(text)),
        (Kind::Bool, Json::Bool(flag)) => Some(Value::Bool(flag)),
        (Kind::Int64, Json::Number(number)) => number.as_i64().map(Value::I64),
        (Kind::Int32, Json::Number(number)) => number.as_i64()?.try_into().ok().map(Value::I32),
        _ => None,
    }
}

fn plain(field: &FieldDescriptor) -> Option<Value> {
    match field.kind() {
        Kind::String => Some(Value::String(field.name().to_uppercase())),
        Kind::Bool => Some(Value::Bool(true)),
        Kind::Int64 => Some(Value::I64(1)),
        Kind::Int32 => Some(Value::I32(1)),
        _ => None,
    }
}

/// A text as the JSON value that a form takes.
fn typed(text: &(String, Format)) -> Json {
    let (text, format) = text;
    match format {
        Format::Boolean => json!(text == "true"),
        Format::Integer | Format::Year | Format::MoneyFen => {
            text.parse::<i64>().map_or(Json::Null, Json::from)
        }
        _ => json!(text),
    }
}

/// A valid value of an element.
fn text(element: &Element, role: &str) -> (String, Format) {
    let format = element.format();
    let text = match format {
        Format::PersonalName => "其其格",
        // Valid by their check digits; the sequences are examples, see the elements' own tests.
        Format::ResidentNumber if element.attribute().contains("spouse") => "150302196603159977",
        Format::ResidentNumber => "152525198802299995",
        Format::CreditCode => "91150105YYYY00012D",
        Format::Mobile => "13800000000",
        Format::Division => "150105",
        Format::Ethnicity => "02",
        Format::Boolean => "true",
        Format::Integer => "1",
        Format::Year => "2026",
        Format::Date => "2026-05-29",
        Format::MoneyFen => "100000",
        Format::BirthCertificate => "A123456789",
        Format::MarriageCertificate => "J150105-2020-000001",
        Format::RealEstateTitle => "蒙(2023)呼和浩特市不动产权第0012345号",
        Format::StudentNumber => "G152525198802299995",
        Format::Plate => "蒙A12345",
        Format::Vin => "L0ZZZ00A8TA000001",
        Format::Sha256 => "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        Format::Choice => element
            .choices()
            .first()
            .map_or("", |choice| choice.value.as_str()),
        _ => {
            return (
                format!("{role}-{}-1", element.attribute()).to_uppercase(),
                format,
            );
        }
    };
    (text.to_owned(), format)
}
