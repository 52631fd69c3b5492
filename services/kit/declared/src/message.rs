//! Messages of a declared contract: their fields with types, numbers and data elements.

use std::collections::{BTreeMap, BTreeSet};

use onething_elements::Dictionary;
use onething_proto::annotations::{self, Sensitivity};
use toml::Spanned;

use crate::{
    declaration::{Field, Text, Title},
    descriptor::{FieldOptionsProto, FieldProto, LocationProto, MessageProto},
    name::{is_name, is_type},
    problem::Examined,
};

// The numbers of `google.protobuf.FieldDescriptorProto` and of the file's own parts.
const OPTIONAL: i32 = 1;
const REPEATED: i32 = 3;
const INT64: i32 = 3;
const BOOL: i32 = 8;
const STRING: i32 = 9;
const MESSAGE: i32 = 11;
const OF_MESSAGE: i32 = 4;
const OF_SERVICE: i32 = 6;
const OF_FIELD: i32 = 2;

/// The numbers that protobuf keeps for itself.
const RESERVED: std::ops::RangeInclusive<i64> = 19_000..=19_999;
const LARGEST: i64 = 536_870_911;

/// The messages of one contract.
pub(crate) struct Messages {
    package: String,
    items: BTreeSet<String>,
    made: Vec<MessageProto>,
    comments: Vec<LocationProto>,
}

impl Messages {
    /// Begins with the messages that lists consist of.
    pub(crate) fn new(
        package: &str,
        declared: &BTreeMap<String, Spanned<Vec<Field>>>,
        examined: &mut Examined<'_>,
    ) -> Self {
        let mut messages = Self {
            package: package.to_owned(),
            items: declared.keys().cloned().collect(),
            made: Vec::new(),
            comments: Vec::new(),
        };
        for (name, fields) in declared {
            let place = format!("messages.{name}");
            let taken = ["Request", "Response"]
                .iter()
                .any(|end| name.ends_with(end));
            if !is_type(name) || taken {
                let message = "a message is named like `Parcel`: letters and digits, the first in \
                               upper case, without `Request` or `Response` at its end";
                examined.report(fields.span(), &place, message);
                continue;
            }
            for field in fields.get_ref() {
                if field
                    .kind
                    .as_ref()
                    .is_some_and(|kind| kind.get_ref() == "list")
                {
                    let message = "a list's message has no lists in it";
                    examined.report(field.name.span(), &place, message);
                }
            }
            messages.add(name, fields.get_ref(), false, examined);
        }
        messages
    }

    /// Makes a message and tells its full name. In a `request` every field carries an element.
    pub(crate) fn add(
        &mut self,
        name: &str,
        fields: &[Field],
        request: bool,
        examined: &mut Examined<'_>,
    ) -> String {
        let mut made = MessageProto {
            name: name.to_owned(),
            field: Vec::new(),
        };
        let index = i32::try_from(self.made.len()).unwrap_or_default();
        let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for field in fields {
            if !is_name(field.name.get_ref()) {
                let message = "a field is named in lower case, with digits and `_`";
                examined.report(field.name.span(), name, message);
            } else if !names.insert(field.name.get_ref()) {
                examined.report(
                    field.name.span(),
                    name,
                    "there is another field of this name: give it one of its own",
                );
            }
            let number = *field.number.get_ref();
            if !(1..=LARGEST).contains(&number) || RESERVED.contains(&number) {
                let message = "a field's number is 1 or more";
                examined.report(field.number.span(), name, message);
            } else if !numbers.insert(number) {
                let message = "another field has this number: a number stays with its field for \
                               ever, so give a new field a new one";
                examined.report(field.number.span(), name, message);
            }
            let Some((label, kind, type_name)) = self.typed(field, name, examined) else {
                continue;
            };
            let element = self.element(field, name, request && label == OPTIONAL, examined);
            if let Some(title) = &field.title {
                let at = i32::try_from(made.field.len()).unwrap_or_default();
                self.comments.push(LocationProto {
                    path: vec![OF_MESSAGE, index, OF_FIELD, at],
                    span: vec![0, 0, 0],
                    leading_comments: comment(title),
                });
            }
            made.field.push(FieldProto {
                name: field.name.get_ref().clone(),
                number: i32::try_from(number).unwrap_or_default(),
                label,
                r#type: kind,
                type_name,
                options: element.map(|element| FieldOptionsProto {
                    element: Some(element),
                }),
            });
        }
        self.made.push(made);
        format!(".{}.{name}", self.package)
    }

    /// Label, type, and the message's name for a list of messages.
    fn typed(
        &self,
        field: &Field,
        place: &str,
        examined: &mut Examined<'_>,
    ) -> Option<(i32, i32, Option<String>)> {
        let kind = field.kind.as_ref().map_or("text", |kind| kind.get_ref());
        if kind == "list" {
            let Some(of) = &field.of else {
                let message = "a list says `of` what it is: a type, or one of [contract.messages]";
                examined.report(field.name.span(), place, message);
                return None;
            };
            if let Some(scalar) = scalar(of.get_ref()) {
                return Some((REPEATED, scalar, None));
            }
            if self.items.contains(of.get_ref()) {
                let name = format!(".{}.{}", self.package, of.get_ref());
                return Some((REPEATED, MESSAGE, Some(name)));
            }
            let message = "it is no type and none of [contract.messages]: declare it there";
            examined.report(of.span(), place, message);
            return None;
        }
        if let Some(of) = &field.of {
            examined.report(of.span(), place, "only a list says `of` what it is");
        }
        if let Some(scalar) = scalar(kind) {
            return Some((OPTIONAL, scalar, None));
        }
        if let Some(kind) = &field.kind {
            let message = "a field is `text`, `integer`, `boolean` or a `list`";
            examined.report(kind.span(), place, message);
        }
        None
    }

    fn element(
        &self,
        field: &Field,
        place: &str,
        needed: bool,
        examined: &mut Examined<'_>,
    ) -> Option<annotations::Element> {
        let sensitivity = match field.sensitivity.as_ref().map(|s| s.get_ref().as_str()) {
            None => Sensitivity::Unspecified,
            Some("public") => Sensitivity::Public,
            Some("personal") => Sensitivity::Personal,
            Some("sensitive") => Sensitivity::Sensitive,
            Some(_) => {
                let span = field.sensitivity.as_ref().map_or(0..0, Spanned::span);
                let message = "a value is `public`, `personal` or `sensitive`";
                examined.report(span, place, message);
                Sensitivity::Unspecified
            }
        };
        match (&field.role, &field.element) {
            (Some(role), Some(element)) => {
                if !is_name(role.get_ref()) {
                    let message = "a role is named in lower case, with digits and `_`";
                    examined.report(role.span(), place, message);
                }
                known_element(element, place, examined);
                Some(annotations::Element {
                    role: role.get_ref().clone(),
                    element: element.get_ref().clone(),
                    sensitivity: sensitivity.into(),
                })
            }
            (Some(only), None) | (None, Some(only)) => {
                let message = "`role` and `element` go together: which datum of whom it is";
                examined.report(only.span(), place, message);
                None
            }
            (None, None) if needed => {
                let message = "a request's field says by `role` and `element` which datum of whom \
                               it is, so that bundles can fill it";
                examined.report(field.name.span(), place, message);
                None
            }
            (None, None) => None,
        }
    }

    /// Where titles and the matters' comments belong.
    pub(crate) fn locations(
        &mut self,
        matters: impl Iterator<Item = String>,
    ) -> Vec<LocationProto> {
        let matters = matters
            .zip(0..)
            .filter(|(comment, _)| !comment.is_empty())
            .map(|(comment, index)| LocationProto {
                path: vec![OF_SERVICE, 0, OF_FIELD, index],
                span: vec![0, 0, 0],
                leading_comments: format!(" {comment}\n"),
            });
        self.comments.drain(..).chain(matters).collect()
    }

    pub(crate) fn into_descriptors(self) -> Vec<MessageProto> {
        self.made
    }
}

/// Tells of an element that the dictionary does not have.
pub(crate) fn known_element(element: &Text, place: &str, examined: &mut Examined<'_>) {
    if Dictionary::standard().get(element.get_ref()).is_none() {
        let message = "the dictionary of data elements has no such element: choose one that it has, or have it added";
        examined.report(element.span(), place, message);
    }
}

fn scalar(name: &str) -> Option<i32> {
    match name {
        "text" => Some(STRING),
        "integer" => Some(INT64),
        "boolean" => Some(BOOL),
        _ => None,
    }
}

fn comment(title: &Title) -> String {
    format!(" {} / {} / {}\n", title.zh, title.mn, title.en)
}
