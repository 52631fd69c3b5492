//! Proves an expression's names and types. What it does not know is not part of the language.

use std::collections::BTreeSet;

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue, SelectExpr, operators},
};

use super::{
    environment::{DAYS_BETWEEN, DIGITS, MAX, MIN, MONTH, OR_ELSE, PLUS_DAYS, PLUS_MONTHS, YEAR},
    types::{Scalar, Scope, Type},
};

/// The deepest nesting: evaluating recurses.
const DEEPEST: usize = 64;

/// Walks one expression.
pub(super) struct Checker<'a> {
    scope: &'a Scope,
    names: BTreeSet<String>,
}

type Inferred = Result<Type, String>;

impl<'a> Checker<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        Self {
            scope,
            names: BTreeSet::new(),
        }
    }

    /// The names that the expression uses.
    pub(super) fn into_names(self) -> Vec<String> {
        self.names.into_iter().collect()
    }

    /// The type of an expression's value.
    pub(super) fn infer(&mut self, expression: &IdedExpr, depth: usize) -> Inferred {
        if depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        match &expression.expr {
            Expr::Literal(literal) => literal_type(literal),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.select(select, depth + 1),
            Expr::Call(call) => self.call(call, depth + 1),
            _ => Err("lists, maps and loops are not part of the language".to_owned()),
        }
    }

    fn name(&mut self, name: &str) -> Inferred {
        let Some(found) = self.scope.get(name) else {
            return Err(format!(
                "unknown name `{name}`; known here: {}",
                listed(self.scope.keys())
            ));
        };
        self.names.insert(name.to_owned());
        Ok(found.clone())
    }

    fn select(&mut self, select: &SelectExpr, depth: usize) -> Inferred {
        if select.test {
            return Err("`has` is not part of the language: compare with null".to_owned());
        }
        let operand = self.infer(&select.operand, depth)?;
        let Type::Table { table, nullable } = operand else {
            return Err(format!("{operand} has no `{}`", select.field));
        };
        if nullable {
            let name = match &select.operand.expr {
                Expr::Ident(name) => name.as_str(),
                _ => table.name.as_str(),
            };
            return Err(format!(
                "`{name}` may be missing: give its find an `else` to use `{}`",
                select.field
            ));
        }
        table.fields.get(&select.field).cloned().ok_or_else(|| {
            format!(
                "{} has no `{}`; it has {}",
                table.name,
                select.field,
                listed(table.fields.keys())
            )
        })
    }

    fn call(&mut self, call: &CallExpr, depth: usize) -> Inferred {
        let mut types = Vec::new();
        let operands = call.target.as_deref().into_iter().chain(&call.args);
        for operand in operands {
            types.push(self.infer(operand, depth)?);
        }
        let name = call.func_name.as_str();
        match (name, types.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT, all) => {
                all.iter()
                    .try_for_each(|found| want(&Type::BOOLEAN, found))?;
                Ok(Type::BOOLEAN)
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                comparable(left, right)?;
                Ok(Type::BOOLEAN)
            }
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                [left, right],
            ) => match (left.as_plain(), right.as_plain()) {
                (Some(Scalar::Text), Some(Scalar::Text))
                | (Some(Scalar::Integer), Some(Scalar::Integer)) => Ok(Type::BOOLEAN),
                _ => Err(format!("{left} and {right} have no order")),
            },
            (operators::ADD, [left, right]) => match (left.as_plain(), right.as_plain()) {
                (Some(Scalar::Text), Some(Scalar::Text)) => Ok(Type::TEXT),
                (Some(Scalar::Integer), Some(Scalar::Integer)) => Ok(Type::INTEGER),
                _ => Err(format!("{left} and {right} cannot be joined")),
            },
            (
                operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE | operators::MODULO,
                [left, right],
            ) => match (left.as_plain(), right.as_plain()) {
                (Some(Scalar::Integer), Some(Scalar::Integer)) => Ok(Type::INTEGER),
                _ => Err(format!("one cannot calculate with {left} and {right}")),
            },
            (operators::NEGATE, [only]) => {
                want(&Type::INTEGER, only)?;
                Ok(Type::INTEGER)
            }
            (operators::CONDITIONAL, [condition, then, otherwise]) => {
                want(&Type::BOOLEAN, condition)?;
                either(then, otherwise)
            }
            ("startsWith" | "endsWith" | "contains", [left, right]) if call.target.is_some() => {
                want(&Type::TEXT, left)?;
                want(&Type::TEXT, right)?;
                Ok(Type::BOOLEAN)
            }
            ("size", [Type::List(_)]) => Ok(Type::INTEGER),
            (YEAR | MONTH, [day]) if call.target.is_none() => {
                want(&Type::TEXT, day)?;
                Ok(Type::INTEGER)
            }
            (MIN | MAX, [left, right]) if call.target.is_none() => {
                want(&Type::INTEGER, left)?;
                want(&Type::INTEGER, right)?;
                Ok(Type::INTEGER)
            }
            (PLUS_DAYS | PLUS_MONTHS, [day, number]) if call.target.is_none() => {
                want(&Type::TEXT, day)?;
                want(&Type::INTEGER, number)?;
                Ok(Type::TEXT)
            }
            (DAYS_BETWEEN, [from, to]) if call.target.is_none() => {
                want(&Type::TEXT, from)?;
                want(&Type::TEXT, to)?;
                Ok(Type::INTEGER)
            }
            ("size", [only]) => {
                want(&Type::TEXT, only)?;
                Ok(Type::INTEGER)
            }
            (DIGITS, [number, width]) if call.target.is_none() => {
                want(&Type::INTEGER, number)?;
                want(&Type::INTEGER, width)?;
                Ok(Type::TEXT)
            }
            (OR_ELSE, [value, other]) if call.target.is_none() => match (value, other.as_plain()) {
                (Type::Scalar { scalar, .. }, Some(given)) if *scalar == given => {
                    Ok(Type::plain(given))
                }
                _ => Err(format!("{other} cannot stand in for {value}")),
            },
            _ => Err(format!(
                "unknown function `{name}`, or another number of arguments than it takes"
            )),
        }
    }
}

fn literal_type(literal: &LiteralValue) -> Inferred {
    match literal {
        LiteralValue::Boolean(_) => Ok(Type::BOOLEAN),
        LiteralValue::Int(_) => Ok(Type::INTEGER),
        LiteralValue::String(_) => Ok(Type::TEXT),
        LiteralValue::Null => Ok(Type::Null),
        LiteralValue::Bytes(_) | LiteralValue::Double(_) | LiteralValue::UInt(_) => {
            Err("values are text, integers, booleans and null".to_owned())
        }
    }
}

fn want(wanted: &Type, found: &Type) -> Result<(), String> {
    if wanted.takes(found) {
        Ok(())
    } else {
        Err(format!("a part of it is {found}, and {wanted} is wanted"))
    }
}

fn comparable(left: &Type, right: &Type) -> Result<(), String> {
    match (left, right) {
        (Type::Scalar { scalar: a, .. }, Type::Scalar { scalar: b, .. }) if a == b => Ok(()),
        (Type::Null, other) | (other, Type::Null) if other.is_nullable() => Ok(()),
        (Type::Null, other) | (other, Type::Null) => {
            Err(format!("a value of type {other} is never null"))
        }
        _ => Err(format!("{left} is compared with {right}")),
    }
}

/// The type of a value that is one of two.
fn either(then: &Type, otherwise: &Type) -> Inferred {
    let nullable = then.is_nullable() || otherwise.is_nullable();
    match (then, otherwise) {
        (Type::Scalar { scalar: a, .. }, Type::Scalar { scalar: b, .. }) if a == b => {
            Ok(Type::Scalar {
                scalar: *a,
                nullable,
            })
        }
        (Type::Scalar { scalar, .. }, Type::Null) | (Type::Null, Type::Scalar { scalar, .. }) => {
            Ok(Type::Scalar {
                scalar: *scalar,
                nullable: true,
            })
        }
        _ => Err(format!("it is either {then} or {otherwise}")),
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.map(String::as_str).collect();
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.join(", ")
}
