//! Proves a matter that an HTTP system carries out: its requests, what the answers mean, and that
//! what it does can be found out about and taken back as its kind demands.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::HeaderName;
use onething_declared::{duration, is_name};
use onething_proto::annotations::ActionKind;
use toml::Spanned;

use super::proof::Proof;
use crate::{
    declaration::{Assignments, MatterDeclaration, Text},
    expression::{Expression, Table, Type},
    http::{
        ANSWER, Answers, BodyList, Condition, Datum, Exchange, ExchangeDeclaration, Http,
        HttpDeclaration, KEY, Kind, Part, Refused, Shape, ValueDeclaration,
    },
};

/// How often a system is asked whether it has decided, unless the file says otherwise.
const EVERY: Duration = Duration::from_secs(60);
/// The statuses that mean "done", unless the file says otherwise.
const DONE: [u16; 3] = [200, 201, 204];

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Call,
    Outcome,
    Undo,
}

impl Proof<'_, '_, '_> {
    /// Proves an HTTP matter, and makes what it reads known as `answer`.
    pub(super) fn http(&mut self, declared: &MatterDeclaration) -> Option<Http> {
        let http = declared.http.as_ref()?;
        self.no_records(declared);
        let declared_system = self.ground.systems.get(http.system.get_ref());
        let system = declared_system.cloned().flatten();
        if declared_system.is_none() {
            let message = format!(
                "there is no system `{}`: declare it as [systems.{0}]",
                http.system.get_ref()
            );
            self.report(http.system.span(), "http", message);
        }
        let idempotency = http.idempotency_header.as_ref().and_then(|name| {
            let parsed = name.get_ref().parse::<HeaderName>().ok();
            if parsed.is_none() {
                self.report(name.span(), "http", "it is no header's name");
            }
            parsed
        });
        let shape = self.shape(&http.response);
        // Without the system its timeout is not known; the problem is told already.
        let timeout = system
            .as_ref()
            .map_or(Duration::from_secs(1), |system| system.timeout);
        let outside = self.scope.clone();
        if self.action.kind() != ActionKind::Query {
            self.scope.insert(KEY.to_owned(), Type::TEXT);
        }
        let (call, _, _) = self.exchange(Purpose::Call, &http.call, &shape, timeout);
        let outcome = http
            .outcome
            .as_ref()
            .map(|outcome| self.exchange(Purpose::Outcome, outcome, &shape, timeout));
        self.scope
            .insert(ANSWER.to_owned(), seen(&shape, self.action.decides_later));
        let undo = http
            .undo
            .as_ref()
            .map(|undo| self.exchange(Purpose::Undo, undo, &shape, timeout));
        self.scope = outside;
        self.scope.insert(ANSWER.to_owned(), seen(&shape, false));
        self.promises(http);
        let (outcome, final_after, every) = match outcome {
            Some((outcome, final_after, every)) => (Some(outcome?), final_after, every),
            None => (None, None, None),
        };
        Some(Http {
            system: system?,
            idempotency,
            call: call?,
            outcome,
            undo: match undo {
                Some((undo, _, _)) => Some(undo?),
                None => None,
            },
            final_after,
            every: every.unwrap_or(EVERY),
        })
    }

    /// What is carried out elsewhere keeps no records here.
    fn no_records(&mut self, declared: &MatterDeclaration) {
        let kept = [
            ("find", declared.find.first().map(|find| find.name.span())),
            (
                "number",
                declared.number.first().map(|number| number.name.span()),
            ),
            (
                "create",
                declared.create.first().map(|create| create.record.span()),
            ),
            (
                "change",
                declared.change.first().map(|change| change.found.span()),
            ),
            ("review", declared.review.as_ref().map(Spanned::span)),
        ];
        for (part, span) in kept {
            if let Some(span) = span {
                let message = format!(
                    "an HTTP system carries the matter out: leave `{part}` to it, or leave \
                     [matter.http] out"
                );
                self.report(span, part, message);
            }
        }
    }

    /// Whether the matter can keep what its kind demands; and what it cannot promise.
    fn promises(&mut self, http: &HttpDeclaration) {
        let kind = self.action.kind();
        let span = http.call.span();
        if kind == ActionKind::Query {
            for (part, written) in [("outcome", &http.outcome), ("undo", &http.undo)] {
                if let Some(written) = written {
                    let message = format!("a query has no effect: leave [matter.http.{part}] out");
                    self.report(written.span(), "http", message);
                }
            }
            return;
        }
        match (&http.undo, kind) {
            (None, ActionKind::Compensable) => {
                let message = "the matter can be undone by its contract: say how in \
                               [matter.http.undo]";
                self.report(span.clone(), "http", message);
            }
            (Some(undo), ActionKind::Pivot | ActionKind::Forward) => {
                let message = "by its contract the matter takes legal effect and is never undone: \
                               leave [matter.http.undo] out";
                self.report(undo.span(), "http", message);
            }
            _ => {}
        }
        if self.action.decides_later && http.outcome.is_none() {
            let message = "the system decides later: say in [matter.http.outcome] how it is asked \
                           whether it has";
            self.report(span.clone(), "http", message);
        }
        let asked = http.outcome.as_ref();
        let absent = asked.is_some_and(|asked| !asked.get_ref().absent.is_empty());
        let settles = asked.is_some_and(|asked| asked.get_ref().final_after.is_some());
        let note = match (&http.idempotency_header, asked) {
            (Some(_), _) => return,
            (None, None) => {
                "the system knows neither an `idempotency_header` nor an [matter.http.outcome]: \
                 when an answer is lost, or the connector dies during the call, nobody can know \
                 whether it took effect. It is not called again then; the step stays in doubt, its \
                 undo answers IMPOSSIBLE (OUTCOME_UNKNOWN), and an owner looks in the system and \
                 attests it"
            }
            (None, Some(_)) if absent && settles => return,
            (None, Some(_)) => {
                "the system knows no `idempotency_header`: when an answer is lost and the outcome \
                 says that it does not know the call, the call may arrive yet. It is not called \
                 again then, and an owner looks in the system and attests it. Say in \
                 [matter.http.outcome] which status is `absent` and by `final_after` from when on \
                 that is final, if the system promises so"
            }
        };
        self.examined.note(span, self.name, note);
    }

    fn shape(&mut self, declared: &BTreeMap<String, Spanned<ValueDeclaration>>) -> Shape {
        let mut data = Vec::new();
        for (name, written) in declared {
            let value = written.get_ref();
            if !is_name(name) {
                let message = "a value is named in lower case, with digits and `_`";
                self.report(written.span(), "http.response", message);
            }
            let list = value
                .kind
                .as_ref()
                .is_some_and(|kind| kind.get_ref() == "list");
            let kind = if list {
                let fields = value.fields.iter();
                let fields = fields.filter_map(|(name, kind)| {
                    self.plain(kind)
                        .map(|(scalar, nullable)| (name.clone(), scalar, nullable))
                });
                Some(Kind::List(fields.collect()))
            } else {
                let text = Text::new(written.span(), "text".to_owned());
                self.plain(value.kind.as_ref().unwrap_or(&text))
                    .map(|(scalar, nullable)| Kind::One { scalar, nullable })
            };
            data.extend(kind.map(|kind| Datum {
                name: name.clone(),
                at: value.at.clone().unwrap_or_else(|| name.clone()),
                kind,
            }));
        }
        Shape(data)
    }

    fn plain(&mut self, kind: &Text) -> Option<(crate::expression::Scalar, bool)> {
        if let Some(Type::Scalar { scalar, nullable }) = Type::written(kind.get_ref()) {
            return Some((scalar, nullable));
        }
        let message = "write text, integer, boolean or list, with `?` behind it where it may be \
                       missing";
        self.report(kind.span(), "http.response", message);
        None
    }

    /// A request, and for an outcome after which time it is final and how often it is asked.
    fn exchange(
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

/// What is read out of an answer, as expressions see it.
fn seen(shape: &Shape, all_nullable: bool) -> Type {
    let fields = shape.0.iter().map(|datum| {
        let kind = match &datum.kind {
            Kind::One { scalar, nullable } => Type::Scalar {
                scalar: *scalar,
                nullable: *nullable || all_nullable,
            },
            Kind::List(fields) => {
                let fields = fields.iter().map(|(name, scalar, nullable)| {
                    let kind = Type::Scalar {
                        scalar: *scalar,
                        nullable: *nullable,
                    };
                    (name.clone(), kind)
                });
                Type::List(Arc::new(Type::table(Arc::new(Table {
                    name: datum.name.clone(),
                    fields: fields.collect(),
                }))))
            }
        };
        (datum.name.clone(), kind)
    });
    Type::table(Arc::new(Table {
        name: ANSWER.to_owned(),
        fields: fields.collect(),
    }))
}
