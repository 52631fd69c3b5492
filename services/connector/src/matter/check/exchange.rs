//! Proves a request to an HTTP system, and what its answers mean.

use std::time::Duration;

use http::HeaderName;
use onething_declared::duration;
use toml::Spanned;

use super::{
    http::{EVERY, seen},
    proof::Proof,
};
use crate::{
    declaration::{Assignments, Text},
    expression::{Expression, Type},
    http::{
        ANSWER, Answers, BodyList, Condition, Exchange, ExchangeDeclaration, Part, Refused, Shape,
    },
};

/// The statuses that mean "done", unless the file says otherwise.
const DONE: [u16; 3] = [200, 201, 204];

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Call,
    Outcome,
    Undo,
}

impl Proof<'_, '_, '_> {
    /// A request, and for an outcome after which time it is final and how often it is asked.
    pub(super) fn exchange(
        &mut self,
        purpose: Purpose,
        written: &Spanned<ExchangeDeclaration>,
        shape: &Shape,
        timeout: Duration,
    ) -> (Option<Exchange>, Option<Duration>, Option<Duration>) {
        let place = match purpose {
            Purpose::Call => "http.call",
            Purpose::Outcome => "http.outcome",
            Purpose::Undo => "http.undo",
        };
        let declared = written.get_ref();
        let method = match declared.method.get_ref().as_str() {
            "GET" => Some(http::Method::GET),
            "POST" => Some(http::Method::POST),
            "PUT" => Some(http::Method::PUT),
            "PATCH" => Some(http::Method::PATCH),
            "DELETE" => Some(http::Method::DELETE),
            _ => {
                let message = "write GET, POST, PUT, PATCH or DELETE";
                self.report(declared.method.span(), place, message);
                None
            }
        };
        let path = self.path(place, &declared.path);
        let params = self.values(place, &declared.params);
        let mut headers = Vec::new();
        for (name, value) in &declared.headers {
            match name.parse::<HeaderName>() {
                Ok(name) => headers.extend(self.value(place, value).map(|value| (name, value))),
                Err(_) => self.report(value.span(), place, format!("`{name}` is no header")),
            }
        }
        let body = self.values(place, &declared.body);
        self.body_places(place, declared);
        let lists = self.each("list", &declared.list, |proof, place, list| {
            let outside = proof.scope.clone();
            let each = proof.each_of(place, &list.each, &list.name);
            let set = proof.values(place, &list.set);
            proof.scope = outside;
            Some(BodyList {
                at: list.at.get_ref().clone(),
                each: each?,
                set,
            })
        });
        let answers = self.answers(purpose, place, written, shape);
        let timeout = self.lasting(place, declared.timeout.as_ref(), timeout);
        let final_after = declared
            .final_after
            .as_ref()
            .and_then(|text| self.lasting(place, Some(text), EVERY));
        let every = declared
            .every
            .as_ref()
            .and_then(|text| self.lasting(place, Some(text), EVERY));
        if purpose != Purpose::Outcome {
            for text in [&declared.final_after, &declared.every]
                .into_iter()
                .flatten()
            {
                self.report(text.span(), place, "it belongs to [matter.http.outcome]");
            }
        }
        let exchange = || {
            Some(Exchange {
                method: method?,
                path: path?,
                params,
                headers,
                body,
                lists,
                timeout: timeout?,
                answers: answers?,
            })
        };
        (exchange(), final_after, every)
    }

    fn lasting(&mut self, place: &str, text: Option<&Text>, default: Duration) -> Option<Duration> {
        let Some(text) = text else {
            return Some(default);
        };
        let found = duration(text.get_ref());
        if found.is_none() {
            let message = "a duration is a number and `ms`, `s`, `m`, `h` or `d`, like `5s`";
            self.report(text.span(), place, message);
        }
        found
    }

    /// An expression of any plain type.
    fn value(&mut self, place: &str, text: &Text) -> Option<Expression> {
        let problem = match Expression::infer(text.get_ref(), &self.scope) {
            Ok((value, Type::Scalar { .. } | Type::Null)) => return Some(value),
            Ok((_, found)) => format!(
                "`{}` is {found}: only text, integers and booleans are sent",
                text.get_ref()
            ),
            Err(problem) => problem,
        };
        self.report(text.span(), place, problem);
        None
    }

    fn values(&mut self, place: &str, declared: &Assignments) -> Vec<(String, Expression)> {
        let values = declared.iter();
        values
            .filter_map(|(name, text)| Some((name.clone(), self.value(place, text)?)))
            .collect()
    }

    /// A path with expressions in braces.
    fn path(&mut self, place: &str, written: &Text) -> Option<Vec<Part>> {
        let text = written.get_ref();
        if !text.starts_with('/') || text.contains(['?', '#', ' ']) {
            let message = "a path begins with `/`; what stands behind a `?` goes to `params`";
            self.report(written.span(), place, message);
        }
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            parts.push(Part::Text(before.to_owned()));
            let Some((expression, behind)) = after.split_once('}') else {
                self.report(written.span(), place, "a `{` in the path has no `}`");
                return None;
            };
            let expression = Text::new(written.span(), expression.to_owned());
            parts.push(Part::Value(self.value(place, &expression)?));
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Some(parts)
    }

    /// Nothing in a body stands where something else does.
    fn body_places(&mut self, place: &str, declared: &ExchangeDeclaration) {
        let body = declared.body.iter();
        let lists = declared.list.iter();
        let places: Vec<_> = body
            .map(|(at, text)| (at.as_str(), text.span()))
            .chain(lists.map(|list| (list.at.get_ref().as_str(), list.at.span())))
            .collect();
        for (index, (at, span)) in places.iter().enumerate() {
            let clashes = |other: &str| {
                other == *at
                    || other.starts_with(&format!("{at}."))
                    || at.starts_with(&format!("{other}."))
            };
            if places.iter().take(index).any(|(other, _)| clashes(other)) {
                let message = format!("something else stands at `{at}` of the body");
                self.report(span.clone(), place, message);
            }
        }
    }

    fn answers(
        &mut self,
        purpose: Purpose,
        place: &str,
        written: &Spanned<ExchangeDeclaration>,
        shape: &Shape,
    ) -> Option<Answers> {
        let declared = written.get_ref();
        let outside = self.scope.clone();
        // Whatever a condition looks at may be missing from the answer.
        self.scope.insert(ANSWER.to_owned(), seen(shape, true));
        let done = self.condition(
            place,
            declared.done.clone().unwrap_or_else(|| DONE.to_vec()),
            declared.done_when.as_ref(),
        );
        let pending = self.optional_condition(
            place,
            &declared.pending,
            declared.pending_when.as_ref(),
            "pending",
        );
        let absent = self.optional_condition(
            place,
            &declared.absent,
            declared.absent_when.as_ref(),
            "absent",
        );
        if let (true, Some(text)) = (purpose == Purpose::Call, declared.absent_when.as_ref()) {
            self.report(text.span(), place, "it belongs to [matter.http.outcome]");
        } else if purpose == Purpose::Call && !declared.absent.is_empty() {
            let message = "`absent` belongs to [matter.http.outcome]";
            self.report(written.span(), place, message);
        }
        let waits = !declared.pending.is_empty();
        if purpose == Purpose::Call && waits != self.action.decides_later {
            let message = if waits {
                "the contract does not say that the matter is decided later"
            } else {
                "the contract says that the matter is decided later: say which status is `pending`"
            };
            self.report(written.span(), place, message);
        }
        let refused = declared
            .refuse
            .iter()
            .map(|refuse| {
                let when = refuse.when.as_ref();
                let condition = self.condition(place, refuse.status.clone(), when);
                let reason = refuse.reason.get_ref();
                if purpose != Purpose::Undo {
                    self.declared_reason(place, &refuse.reason);
                }
                if let Some(field) = &refuse.field {
                    self.request_field(place, field);
                }
                if refuse.message.get_ref().trim().is_empty() {
                    let message = "a refusal says why, in a sentence";
                    self.report(refuse.message.span(), place, message);
                }
                Some(Refused {
                    condition: condition?,
                    reason: reason.clone(),
                    message: refuse.message.get_ref().clone(),
                    field: refuse
                        .field
                        .as_ref()
                        .map_or_else(String::new, |field| field.get_ref().clone()),
                })
            })
            .collect::<Option<Vec<_>>>();
        self.scope = outside;
        Some(Answers {
            done: done?,
            pending,
            absent,
            refused: refused?,
            shape: shape.clone(),
            whole: purpose != Purpose::Undo,
        })
    }

    fn condition(
        &mut self,
        place: &str,
        statuses: Vec<u16>,
        when: Option<&Text>,
    ) -> Option<Condition> {
        let when = match when {
            Some(text) => Some(self.expression(place, text, &Type::BOOLEAN)?),
            None => None,
        };
        Some(Condition { statuses, when })
    }

    fn optional_condition(
        &mut self,
        place: &str,
        statuses: &[u16],
        when: Option<&Text>,
        name: &str,
    ) -> Option<Condition> {
        if statuses.is_empty() {
            if let Some(text) = when {
                let message = format!("say by `{name}` of which statuses");
                self.report(text.span(), place, message);
            }
            return None;
        }
        self.condition(place, statuses.to_vec(), when)
    }
}
