//! Requests and answers whose messages are known only at run time: a request is read, checked
//! against the data elements that its fields carry, and normalised; an answer is encoded.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use onething_elements::{Dictionary, Element};
use onething_participant::{Fault, Refusal};
use onething_proto::Contracts;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value as Proto, prost::Message,
};
use serde_json::{Map, Value};

use crate::expression::{Scalar, Table, Type};

/// How requests of one method are read.
#[derive(Debug)]
pub(crate) struct RequestShape {
    message: MessageDescriptor,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    descriptor: FieldDescriptor,
    holds: Holds,
}

/// What a field holds.
#[derive(Debug)]
enum Holds {
    /// A plain value.
    One(Plain),
    /// Plain values.
    Values(Plain),
    /// Messages of plain values, by the name of each.
    Messages(Vec<(FieldDescriptor, Plain)>),
}

/// A plain value, and what it must be.
#[derive(Debug)]
struct Plain {
    /// How a refusal names the field.
    name: String,
    scalar: Scalar,
    optional: bool,
    element: Option<&'static Element>,
}

/// The most items of a list in a request.
const MOST_ITEMS: usize = 1_000;

impl RequestShape {
    /// Reads a request's descriptor. Text fields other than the `optional` ones must be filled in.
    ///
    /// # Errors
    /// Everything that programs cannot work with.
    pub(crate) fn new(
        contracts: &Contracts,
        message: MessageDescriptor,
        optional: &[&str],
    ) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let fields = message
            .fields()
            .filter_map(|descriptor| {
                let name = descriptor.name().to_owned();
                let mut plain = |field: &FieldDescriptor, name: String| {
                    Plain::new(contracts, field, name, optional, &mut problems)
                };
                let holds = match (descriptor.is_list(), descriptor.kind()) {
                    (true, Kind::Message(item)) => Holds::Messages(
                        item.fields()
                            .filter_map(|field| {
                                let name = format!("{name}.{}", field.name());
                                Some((field.clone(), plain(&field, name)?))
                            })
                            .collect(),
                    ),
                    (true, _) => Holds::Values(plain(&descriptor, name)?),
                    (false, _) => Holds::One(plain(&descriptor, name)?),
                };
                Some(Field { descriptor, holds })
            })
            .collect();
        if problems.is_empty() {
            Ok(Self { message, fields })
        } else {
            Err(problems)
        }
    }

    /// The request as expressions see it.
    pub(crate) fn table(&self) -> Arc<Table> {
        let fields: BTreeMap<String, Type> = self
            .fields
            .iter()
            .map(|field| (field.descriptor.name().to_owned(), field.seen()))
            .collect();
        Arc::new(Table {
            name: "request".to_owned(),
            fields,
        })
    }

    /// Whether the request has a field of this name, or a list's items do (`goods.price`).
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| match &field.holds {
            _ if field.descriptor.name() == name => true,
            Holds::Messages(items) => items.iter().any(|(_, plain)| plain.name == name),
            Holds::One(_) | Holds::Values(_) => false,
        })
    }

    /// Reads a request, each value in its one spelling.
    ///
    /// # Errors
    /// A refusal of what is malformed, naming the field and never the value.
    pub(crate) fn read(&self, bytes: Bytes) -> Result<Value, Refusal> {
        let message = DynamicMessage::decode(self.message.clone(), bytes)
            .map_err(|_| Refusal::invalid("", "the request message is malformed"))?;
        let mut values = Map::new();
        for field in &self.fields {
            let value = field.read(&message.get_field(&field.descriptor))?;
            values.insert(field.descriptor.name().to_owned(), value);
        }
        Ok(Value::Object(values))
    }
}

impl Field {
    /// Its type.
    fn seen(&self) -> Type {
        match &self.holds {
            Holds::One(plain) => Type::plain(plain.scalar),
            Holds::Values(plain) => Type::List(Arc::new(Type::plain(plain.scalar))),
            Holds::Messages(items) => Type::List(Arc::new(Type::table(Arc::new(Table {
                name: self.descriptor.name().to_owned(),
                fields: items
                    .iter()
                    .map(|(field, plain)| (field.name().to_owned(), Type::plain(plain.scalar)))
                    .collect(),
            })))),
        }
    }

    fn read(&self, value: &Proto) -> Result<Value, Refusal> {
        let items = match &self.holds {
            Holds::One(plain) => return plain.read(value),
            Holds::Values(_) | Holds::Messages(_) => value.as_list().unwrap_or_default(),
        };
        if items.len() > MOST_ITEMS {
            let message = format!("the list has more than {MOST_ITEMS} items");
            return Err(Refusal::invalid(self.descriptor.name(), message));
        }
        items.iter().map(|item| self.item(item)).collect()
    }

    fn item(&self, item: &Proto) -> Result<Value, Refusal> {
        match (&self.holds, item.as_message()) {
            (Holds::Messages(fields), Some(message)) => {
                let mut values = Map::new();
                for (field, plain) in fields {
                    let value = plain.read(&message.get_field(field))?;
                    values.insert(field.name().to_owned(), value);
                }
                Ok(Value::Object(values))
            }
            (Holds::One(plain) | Holds::Values(plain), _) => plain.read(item),
            (Holds::Messages(_), None) => Err(Refusal::invalid(
                self.descriptor.name(),
                "the list is malformed",
            )),
        }
    }
}

impl Plain {
    fn new(
        contracts: &Contracts,
        field: &FieldDescriptor,
        name: String,
        optional: &[&str],
        problems: &mut Vec<String>,
    ) -> Option<Self> {
        let id = contracts.element(field).map(|carried| carried.element);
        let element = id.as_deref().and_then(|id| Dictionary::standard().get(id));
        if let (Some(id), None) = (&id, element) {
            problems.push(format!(
                "the request's `{name}` carries the element `{id}`, which is not in the dictionary"
            ));
        }
        let Some(scalar) = kind(field) else {
            problems.push(format!(
                "the request's `{name}` is no text, integer or boolean; programs read no others"
            ));
            return None;
        };
        Some(Self {
            optional: optional.contains(&name.as_str()),
            name,
            scalar,
            element,
        })
    }

    fn read(&self, value: &Proto) -> Result<Value, Refusal> {
        let invalid = |reason: &str| Refusal::invalid(&self.name, reason);
        let checked = |text: &str| {
            let value = self
                .element
                .map(|element| element.validate(text))
                .transpose();
            value.map_err(|fault| invalid(fault.reason()))
        };
        if let Some(text) = value.as_str() {
            if text.trim().is_empty() {
                return if self.optional {
                    Ok(Value::String(String::new()))
                } else {
                    Err(invalid("this field is required"))
                };
            }
            let normalized = checked(text)?;
            let text = normalized.map_or_else(|| text.to_owned(), |n| n.as_str().to_owned());
            return Ok(Value::String(text));
        }
        if let Some(truth) = value.as_bool() {
            return Ok(Value::Bool(truth));
        }
        let number = integer(value).ok_or_else(|| invalid("the number is too large"))?;
        checked(&number.to_string())?;
        Ok(Value::from(number))
    }
}

/// The plain type of a field, if it has one.
pub(crate) fn scalar(field: &FieldDescriptor) -> Option<Scalar> {
    if field.is_list() {
        return None;
    }
    kind(field)
}

/// The plain type of a field or of its items, if they have one.
pub(crate) fn kind(field: &FieldDescriptor) -> Option<Scalar> {
    if field.is_map() {
        return None;
    }
    match field.kind() {
        Kind::String => Some(Scalar::Text),
        Kind::Bool => Some(Scalar::Boolean),
        Kind::Int32
        | Kind::Sint32
        | Kind::Sfixed32
        | Kind::Int64
        | Kind::Sint64
        | Kind::Sfixed64
        | Kind::Uint32
        | Kind::Fixed32
        | Kind::Uint64
        | Kind::Fixed64 => Some(Scalar::Integer),
        Kind::Double | Kind::Float | Kind::Bytes | Kind::Message(_) | Kind::Enum(_) => None,
    }
}

fn integer(value: &Proto) -> Option<i64> {
    match value {
        Proto::I32(number) => Some(i64::from(*number)),
        Proto::I64(number) => Some(*number),
        Proto::U32(number) => Some(i64::from(*number)),
        Proto::U64(number) => i64::try_from(*number).ok(),
        _ => None,
    }
}

/// Encodes an answer out of its fields' values.
///
/// # Errors
/// When a number does not fit its field.
pub(crate) fn encode(
    message: &MessageDescriptor,
    fields: impl IntoIterator<Item = (FieldDescriptor, Value)>,
) -> Result<Bytes, Fault> {
    Ok(filled(message, fields)?.encode_to_vec().into())
}

fn filled(
    message: &MessageDescriptor,
    fields: impl IntoIterator<Item = (FieldDescriptor, Value)>,
) -> Result<DynamicMessage, Fault> {
    let mut answer = DynamicMessage::new(message.clone());
    for (field, value) in fields {
        let value = match &value {
            Value::Array(items) if field.is_list() => items
                .iter()
                .map(|item| of_field(message, &field, item))
                .collect::<Result<_, Fault>>()
                .map(Proto::List)?,
            value => of_field(message, &field, value)?,
        };
        answer.set_field(&field, value);
    }
    Ok(answer)
}

/// The value of a field or of one of its items.
fn of_field(
    message: &MessageDescriptor,
    field: &FieldDescriptor,
    value: &Value,
) -> Result<Proto, Fault> {
    let unfit = || Fault::Contract {
        method: message.full_name().to_owned(),
        problem: format!("the value of `{}` does not fit", field.name()),
    };
    match (field.kind(), value) {
        (Kind::Message(inner), Value::Object(values)) => {
            let fields = values
                .iter()
                .map(|(name, value)| Some((inner.get_field_by_name(name)?, value.clone())))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(unfit)?;
            filled(&inner, fields).map(Proto::Message)
        }
        _ => proto(field, value).ok_or_else(unfit),
    }
}

fn proto(field: &FieldDescriptor, value: &Value) -> Option<Proto> {
    match value {
        Value::String(text) => Some(Proto::String(text.clone())),
        Value::Bool(truth) => Some(Proto::Bool(*truth)),
        Value::Number(number) => {
            let number = number.as_i64()?;
            match field.kind() {
                Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                    i32::try_from(number).ok().map(Proto::I32)
                }
                Kind::Uint32 | Kind::Fixed32 => u32::try_from(number).ok().map(Proto::U32),
                Kind::Uint64 | Kind::Fixed64 => u64::try_from(number).ok().map(Proto::U64),
                _ => Some(Proto::I64(number)),
            }
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
