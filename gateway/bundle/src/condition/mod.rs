//! Conditions: when a step applies. Owns the part of CEL that bundles may use, its proof and its
//! evaluation; where a condition's attributes come from is the planner's to say.
//!
//! The language is CEL without macros over collections, without division and with only the functions
//! `size`, `startsWith`, `endsWith` and `contains`: every condition has a known type, ends soon, and
//! cannot fail. An attribute is written `role.attribute`; `has(role.attribute)` asks whether it is
//! known. A condition that speaks of something unknown does not hold.

mod evaluate;
mod parse;
mod typing;

use std::fmt;
use std::sync::Arc;

use cel::IdedExpr;

pub use evaluate::EvaluationError;
pub(crate) use evaluate::{Truth, from_json, from_proto};
pub(crate) use parse::{ParseFault, parse};
pub(crate) use typing::{Fault, Mention, Type, prove};

use crate::model::Source;

/// A proved condition.
#[derive(Clone)]
pub struct Condition {
    /// The condition as written.
    pub text: String,
    /// The attributes it speaks of and where each comes from.
    pub references: Vec<Reference>,
    conjuncts: Arc<[Conjunct]>,
}

/// An attribute that a condition speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The role.
    pub role: String,
    /// The attribute within the role.
    pub attribute: String,
    /// Where its value comes from.
    pub source: Source,
    /// Whether the condition asks somewhere, with `has(…)`, whether it is known.
    pub tested: bool,
}

/// One of the parts that must all hold.
struct Conjunct {
    expression: IdedExpr,
    /// Whether the form alone decides it.
    form_only: bool,
}

impl Condition {
    pub(crate) fn new(text: String, expression: IdedExpr, references: Vec<Reference>) -> Self {
        let from_form = |mention: &Mention| {
            references.iter().any(|reference| {
                reference.role == mention.role
                    && reference.attribute == mention.attribute
                    && matches!(reference.source, Source::Form { .. } | Source::Literal(_))
            })
        };
        let conjuncts = parse::conjuncts(expression)
            .into_iter()
            .map(|expression| Conjunct {
                form_only: typing::mentions(&expression).iter().all(from_form),
                expression,
            })
            .collect();
        Self {
            text,
            references,
            conjuncts,
        }
    }
}

impl Condition {
    /// Whether the form alone decides a part of it.
    pub(crate) fn asks_the_form(&self) -> bool {
        self.conjuncts.iter().any(|part| part.form_only)
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition")
            .field("text", &self.text)
            .field("references", &self.references)
            .finish_non_exhaustive()
    }
}
