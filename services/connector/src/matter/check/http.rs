//! Proves a matter that an HTTP system carries out: what it does can be found out about and taken back
//! as its kind demands.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::HeaderName;
use onething_declared::is_name;
use onething_proto::annotations::ActionKind;
use toml::Spanned;

use super::{exchange::Purpose, proof::Proof};
use crate::{
    declaration::{MatterDeclaration, Text},
    expression::{Scalar, Table, Type},
    http::{ANSWER, Datum, Http, HttpDeclaration, KEY, Kind, Shape, ValueDeclaration},
};

/// How often a system is asked whether it has decided, unless the file says otherwise.
pub(super) const EVERY: Duration = Duration::from_secs(60);

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

    fn plain(&mut self, kind: &Text) -> Option<(Scalar, bool)> {
        if let Some(Type::Scalar { scalar, nullable }) = Type::written(kind.get_ref()) {
            return Some((scalar, nullable));
        }
        let message = "write text, integer, boolean or list, with `?` behind it where it may be \
                       missing";
        self.report(kind.span(), "http.response", message);
        None
    }
}

/// What is read out of an answer, as expressions see it.
pub(super) fn seen(shape: &Shape, all_nullable: bool) -> Type {
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
