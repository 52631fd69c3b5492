//! What a system's answer means: done, refused, pending, not there; everything else is doubt.

use http::StatusCode;
use onething_participant::Refusal;
use serde_json::{Map, Value};

use super::{ANSWER, system::Reply};
use crate::expression::{Expression, Scalar, Values};

/// A status, and a condition on the answer's values.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) statuses: Vec<u16>,
    pub(crate) when: Option<Expression>,
}

/// An answer by which the system refuses, with no effect.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) condition: Condition,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) field: String,
}

/// What is read out of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Shape(pub(crate) Vec<Datum>);

/// One value.
#[derive(Debug, Clone)]
pub(crate) struct Datum {
    pub(crate) name: String,
    pub(crate) at: String,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    One { scalar: Scalar, nullable: bool },
    List(Vec<(String, Scalar, bool)>),
}

/// How the answers to a request are understood.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) done: Condition,
    pub(crate) pending: Option<Condition>,
    pub(crate) absent: Option<Condition>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) shape: Shape,
    /// Whether an answer is done only with everything that is read out of it.
    pub(crate) whole: bool,
}

/// What an answer means.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// With the values that were read.
    Done(Value),
    Pending(Value),
    Refused(Refusal),
    Absent,
    /// The request never left.
    NotSent,
    /// Why it is not known.
    Doubt(String),
}

impl Condition {
    fn holds(&self, status: StatusCode, values: &Values) -> bool {
        // A condition that cannot be evaluated does not hold: that ends in doubt.
        let fulfilled = |when: &Expression| when.holds(values).unwrap_or(false);
        self.statuses.contains(&status.as_u16()) && self.when.as_ref().is_none_or(fulfilled)
    }
}

impl Answers {
    /// Judges an answer. Refusals come first: many systems answer them with 200.
    pub(super) fn judge(&self, reply: &Reply, values: &Values) -> Verdict {
        let json: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        let read = Value::Object(self.shape.read(&json));
        let mut scope = values.clone();
        scope.insert(ANSWER.to_owned(), read.clone());
        let status = reply.status;
        for refused in &self.refused {
            if refused.condition.holds(status, &scope) {
                let refusal = Refusal::new(&refused.reason, &refused.message);
                return Verdict::Refused(refusal.about(&refused.field));
            }
        }
        let holds = |condition: &Option<Condition>| {
            let condition = condition.as_ref();
            condition.is_some_and(|condition| condition.holds(status, &scope))
        };
        if holds(&self.absent) {
            return Verdict::Absent;
        }
        if holds(&self.pending) {
            return Verdict::Pending(read);
        }
        if !self.done.holds(status, &scope) {
            return Verdict::Doubt(format!("the status {status} means nothing here"));
        }
        match self.shape.lacking(&read).filter(|_| self.whole) {
            Some(name) => Verdict::Doubt(format!("the answer lacks `{name}`")),
            None => Verdict::Done(read),
        }
    }
}

impl Shape {
    /// Reads what is there; the rest is null.
    fn read(&self, json: &Value) -> Map<String, Value> {
        let values = self.0.iter().map(|datum| {
            let found = at(json, &datum.at);
            let value = match &datum.kind {
                Kind::One { scalar, .. } => found.and_then(|value| plain(*scalar, value)),
                Kind::List(fields) => found.and_then(Value::as_array).map(|items| {
                    let items = items.iter().map(|item| {
                        let fields = fields.iter().map(|(name, scalar, _)| {
                            let value = at(item, name).and_then(|value| plain(*scalar, value));
                            (name.clone(), value.unwrap_or(Value::Null))
                        });
                        Value::Object(fields.collect())
                    });
                    Value::Array(items.collect())
                }),
            };
            (datum.name.clone(), value.unwrap_or(Value::Null))
        });
        values.collect()
    }

    /// What should be there and is not.
    fn lacking(&self, read: &Value) -> Option<&str> {
        let lacks = |datum: &&Datum| {
            let value = &read[datum.name.as_str()];
            match &datum.kind {
                Kind::One { nullable, .. } => value.is_null() && !nullable,
                Kind::List(fields) => match value.as_array() {
                    None => true,
                    Some(items) => items.iter().any(|item| {
                        let mut fields = fields.iter();
                        fields.any(|(name, _, nullable)| item[name.as_str()].is_null() && !nullable)
                    }),
                },
            }
        };
        self.0.iter().find(lacks).map(|datum| datum.name.as_str())
    }
}

/// The value at `permit.number` or `items.0.name`.
fn at<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(json, |json, name| match json {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        json => json.get(name),
    })
}

/// A value of this type; a number may stand for a text, as systems differ in how they write numbers
/// of certificates.
fn plain(scalar: Scalar, value: &Value) -> Option<Value> {
    match (scalar, value) {
        (Scalar::Text, Value::String(_)) | (Scalar::Boolean, Value::Bool(_)) => Some(value.clone()),
        (Scalar::Text, Value::Number(number)) => Some(Value::String(number.to_string())),
        (Scalar::Integer, Value::Number(number)) => number.as_i64().map(Value::from),
        (Scalar::Integer, Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers(whole: bool) -> Answers {
        let one = |name: &str, at: &str, nullable| Datum {
            name: name.to_owned(),
            at: at.to_owned(),
            kind: Kind::One {
                scalar: Scalar::Text,
                nullable,
            },
        };
        let list = Datum {
            name: "items".to_owned(),
            at: "data.items".to_owned(),
            kind: Kind::List(vec![("n".to_owned(), Scalar::Integer, false)]),
        };
        let only = |status| Condition {
            statuses: vec![status],
            when: None,
        };
        Answers {
            done: only(200),
            pending: Some(only(202)),
            absent: Some(only(404)),
            refused: vec![Refused {
                condition: only(409),
                reason: "TAKEN".to_owned(),
                message: "It is taken.".to_owned(),
                field: "n".to_owned(),
            }],
            shape: Shape(vec![
                one("number", "data.0.no", false),
                one("note", "note", true),
                list,
            ]),
            whole,
        }
    }

    fn judged(whole: bool, status: u16, body: &str) -> Verdict {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.to_owned().into(),
        };
        answers(whole).judge(&reply, &Values::new())
    }

    #[test]
    fn a_status_that_no_rule_names_and_an_answer_that_lacks_something_are_doubt() {
        for (status, body) in [
            (500, "{}"),
            (401, ""),
            (302, ""),
            (200, ""),
            (200, "no json"),
            (200, r#"{"data": {}}"#),
            (200, r#"{"data": [{"no": 7}]}"#),
        ] {
            let verdict = judged(true, status, body);
            assert!(
                matches!(verdict, Verdict::Doubt(_)),
                "{status} {body}: {verdict:?}"
            );
        }
        assert!(matches!(judged(false, 200, ""), Verdict::Done(_)));
        assert!(matches!(judged(true, 202, ""), Verdict::Pending(_)));
        assert!(matches!(judged(true, 404, "{}"), Verdict::Absent));
        let refused = judged(true, 409, "{}");
        assert!(matches!(refused, Verdict::Refused(refusal) if refusal.reason == "TAKEN"));
    }

    #[test]
    fn values_are_read_where_they_stand_and_by_their_type() {
        let read = answers(true).shape.read(&json!({
            "data": { "0": { "no": 7 }, "items": [{ "n": "12", "m": 1 }, { "n": true }] },
        }));
        let expected = json!({
            "number": "7", "note": null, "items": [{ "n": 12 }, { "n": null }],
        });
        assert_eq!(Value::Object(read), expected);
    }
}
