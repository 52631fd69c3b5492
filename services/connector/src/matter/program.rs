//! A program as it was proved: every name known, every type right.

use std::sync::Arc;

use onething_proto::annotations::ActionKind;
use prost_reflect::{FieldDescriptor, MessageDescriptor};

use crate::{
    catalogue::RecordKind,
    expression::Expression,
    http::Http,
    message::RequestShape,
    store::{Body, Place},
};

/// One method of a department.
#[derive(Debug)]
pub(crate) struct Matter {
    /// The department's code.
    pub(crate) department: String,
    /// The method's full name, `package.Service/Method`.
    pub(crate) method: String,
    /// What the contract says it does.
    pub(crate) kind: ActionKind,
    pub(super) request: RequestShape,
    pub(super) review: Review,
    pub(super) finds: Vec<Find>,
    pub(super) named: Vec<Named>,
    pub(super) requires: Vec<Require>,
    pub(super) numbers: Vec<Number>,
    pub(super) creates: Vec<Create>,
    pub(super) changes: Vec<Change>,
    pub(super) response: MessageDescriptor,
    pub(super) answer: Vec<(FieldDescriptor, Expression)>,
    pub(super) lists: Vec<List>,
    /// The HTTP system that carries it out, in place of records.
    pub(crate) http: Option<Arc<Http>>,
}

/// Whether an officer decides.
#[derive(Debug)]
pub(super) enum Review {
    Never,
    Always,
    /// Where a condition holds.
    When(Expression),
}

impl Matter {
    /// The method's name without its service.
    pub(crate) fn name(&self) -> &str {
        self.method
            .rsplit_once('/')
            .map_or("", |(_, method)| method)
    }

    /// Where a record of the department is.
    pub(super) fn place<'a>(&'a self, kind: &'a str, key: &'a str) -> Place<'a> {
        Place {
            department: &self.department,
            kind,
            key,
        }
    }
}

/// Looks for a record that is in force and binds it to a name, null when there is none; or for all
/// such records, and binds their list.
#[derive(Debug)]
pub(super) struct Find {
    pub(super) name: String,
    pub(super) all: bool,
    pub(super) kind: Arc<RecordKind>,
    pub(super) by: By,
    /// What the record must fulfil besides, to be the one that is looked for.
    pub(super) only: Option<Expression>,
    pub(super) otherwise: Option<Else>,
}

/// By what a record is looked for.
#[derive(Debug)]
pub(super) enum By {
    /// Its key.
    Key(Expression),
    /// Indexed attributes, at least one. Of several records it is the one with the first key.
    Attributes(Vec<(String, Expression)>),
    /// A table's rows, one after the other.
    Rows(Arc<Vec<Body>>),
}

/// Calls a value by a name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) value: Expression,
}

/// Refuses unless a condition holds.
#[derive(Debug)]
pub(super) struct Require {
    pub(super) that: Expression,
    pub(super) otherwise: Else,
}

/// A refusal.
#[derive(Debug)]
pub(super) struct Else {
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) field: String,
}

/// Takes the next number of a sequence and binds its text to a name.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) name: String,
    pub(super) sequence: String,
    pub(super) first: i64,
    pub(super) format: Expression,
}

/// A list, and what each of its items is called.
#[derive(Debug)]
pub(crate) struct Each {
    /// The name in the scope, and the field of it.
    pub(super) list: (String, Option<String>),
    pub(super) name: String,
}

/// Creates a record, or one for each item of a list.
#[derive(Debug)]
pub(super) struct Create {
    pub(super) each: Option<Each>,
    pub(super) kind: Arc<RecordKind>,
    pub(super) key: Expression,
    pub(super) set: Vec<(String, Expression)>,
}

/// Changes attributes of a found record, or of each of those that were found together.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) found: String,
    pub(super) set: Vec<(String, Expression)>,
    /// What is added to integers, instead.
    pub(super) add: Vec<(String, Expression)>,
}

/// Answers a repeated field.
#[derive(Debug)]
pub(super) struct List {
    pub(super) field: FieldDescriptor,
    pub(super) each: Each,
    pub(super) set: Vec<(String, Expression)>,
}
