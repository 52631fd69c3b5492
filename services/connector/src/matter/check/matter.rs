//! Proves a whole program: names, types, reasons, and that it does what the method's kind says.

use std::{collections::BTreeMap, sync::Arc};

use onething_declared::Examined;
use onething_proto::{Contracts, method_path};
use prost_reflect::MethodDescriptor;
use toml::Spanned;

use super::proof::Proof;
use crate::{
    catalogue::{RecordKind, RuleTable},
    declaration::MatterDeclaration,
    expression::{Scope, Type},
    http::System,
    matter::program::{Matter, Require, Review},
    message::RequestShape,
};

/// What a program stands on.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) contracts: &'a Contracts,
    /// The department's code.
    pub(crate) department: &'a str,
    pub(crate) records: &'a BTreeMap<String, Arc<RecordKind>>,
    pub(crate) tables: &'a BTreeMap<String, RuleTable>,
    pub(crate) sequences: &'a BTreeMap<String, Spanned<i64>>,
    /// The department's HTTP systems; none for one that is wrong.
    pub(crate) systems: &'a BTreeMap<String, Option<Arc<System>>>,
}

/// The names that every program knows.
const REQUEST: &str = "request";
const TODAY: &str = "today";

impl Matter {
    /// Proves a matter. What is wrong is reported; the result is of use only when nothing was.
    pub(crate) fn check(
        declared: &MatterDeclaration,
        method: &MethodDescriptor,
        ground: &Ground<'_>,
        examined: &mut Examined<'_>,
    ) -> Option<Self> {
        let name = declared.method.get_ref().as_str();
        let Some(action) = ground.contracts.action(method) else {
            let message = "the contract does not call this method an action";
            examined.report(declared.method.span(), name, message);
            return None;
        };
        let optional: Vec<&str> = declared
            .optional
            .iter()
            .map(|field| field.get_ref().as_str())
            .collect();
        let request = match RequestShape::new(ground.contracts, method.input(), &optional) {
            Ok(request) => request,
            Err(problems) => {
                for problem in problems {
                    examined.report(declared.method.span(), name, problem);
                }
                return None;
            }
        };
        let mut proof = Proof {
            name,
            ground,
            action: &action,
            method,
            request: &request,
            examined,
            scope: Scope::from([
                (REQUEST.to_owned(), Type::table(request.table())),
                (TODAY.to_owned(), Type::TEXT),
            ]),
        };
        proof.optional(declared);
        if declared.http.is_none() {
            proof.effects(declared);
        }
        let finds = proof.each("find", &declared.find, Proof::find);
        let named = proof.each("let", &declared.named, Proof::named);
        let requires = proof.each("require", &declared.require, |proof, place, require| {
            let that = proof.expression(place, &require.that, &Type::BOOLEAN);
            let otherwise = proof.refusal(place, &require.otherwise);
            Some(Require {
                that: that?,
                otherwise: otherwise?,
            })
        });
        let http = proof.http(declared);
        let review = match &declared.http {
            Some(_) => Some(Review::Never),
            None => proof.review(declared),
        };
        let numbers = proof.each("number", &declared.number, Proof::number);
        let creates = proof.each("create", &declared.create, Proof::create);
        let found = &declared.find;
        let changes = proof.each("change", &declared.change, |proof, place, change| {
            proof.change(place, change, found)
        });
        proof.changed_once(&declared.change);
        let answer = proof.answer(&declared.answer, &declared.list, declared.method.span());
        let lists = proof.each("list", &declared.list, Proof::list);
        Some(Self {
            department: ground.department.to_owned(),
            method: method_path(method),
            kind: action.kind(),
            request,
            review: review?,
            finds,
            named,
            requires,
            numbers,
            creates,
            changes,
            response: method.output(),
            answer,
            lists,
            http: http.map(Arc::new),
        })
    }
}
