//! The proof that a condition names real attributes and yields a boolean.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use onething_elements::ValueType;

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Boolean,
    Integer,
    Text,
    /// A list of one of the others, as it stands right of `in`.
    List(Scalar),
}

/// What a list may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Boolean,
    Integer,
    Text,
}

impl Type {
    pub(crate) const fn of(value: ValueType) -> Self {
        match value {
            ValueType::Boolean => Self::Boolean,
            ValueType::Integer | ValueType::MoneyFen => Self::Integer,
            // Dates compare as they are written, `yyyy-mm-dd`.
            ValueType::String | ValueType::Date => Self::Text,
        }
    }

    const fn scalar(self) -> Option<Scalar> {
        match self {
            Self::Boolean => Some(Scalar::Boolean),
            Self::Integer => Some(Scalar::Integer),
            Self::Text => Some(Scalar::Text),
            Self::List(_) => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "a number",
            Self::Text => "text",
            Self::List(_) => "a list",
        }
    }
}

/// An attribute that an expression speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) role: String,
    pub(crate) attribute: String,
    /// Whether it stands in `has(…)`.
    pub(crate) tested: bool,
}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An attribute that `types` does not know.
    Unknown(Mention),
    /// A name that is no `role.attribute`.
    Bare(String),
    /// A value of the wrong type, said in words.
    Type(String),
    /// Something of CEL that conditions leave out.
    Unsupported(String),
}

/// Proves that an expression is boolean. `types` tells an attribute's type.
pub(crate) fn prove(
    expression: &IdedExpr,
    types: &dyn Fn(&str, &str) -> Option<Type>,
) -> Result<Vec<Mention>, Vec<Fault>> {
    let mut prover = Prover {
        types,
        faults: Vec::new(),
    };
    if let Some(found) = prover.type_of(expression)
        && found != Type::Boolean
    {
        prover.fault(format!("it yields {}, not true or false", found.name()));
    }
    if prover.faults.is_empty() {
        Ok(mentions(expression))
    } else {
        Err(prover.faults)
    }
}

/// Every attribute that an expression speaks of, left to right, each once.
pub(crate) fn mentions(expression: &IdedExpr) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    collect(expression, &mut found);
    found
}

fn collect(expression: &IdedExpr, found: &mut Vec<Mention>) {
    if let Some(mention) = mention(expression) {
        if !found.contains(&mention) {
            found.push(mention);
        }
        return;
    }
    match &expression.expr {
        Expr::Call(call) => {
            for part in call.target.as_deref().into_iter().chain(&call.args) {
                collect(part, found);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|part| collect(part, found)),
        _ => {}
    }
}

fn mention(expression: &IdedExpr) -> Option<Mention> {
    let Expr::Select(select) = &expression.expr else {
        return None;
    };
    let Expr::Ident(role) = &select.operand.expr else {
        return None;
    };
    Some(Mention {
        role: role.clone(),
        attribute: select.field.clone(),
        tested: select.test,
    })
}

struct Prover<'a> {
    types: &'a dyn Fn(&str, &str) -> Option<Type>,
    faults: Vec<Fault>,
}

impl Prover<'_> {
    fn fault(&mut self, reason: String) {
        self.faults.push(Fault::Type(reason));
    }

    fn unsupported(&mut self, what: &str) -> Option<Type> {
        self.faults.push(Fault::Unsupported(what.to_owned()));
        None
    }

    /// The type of an expression, or `None` after a fault was recorded.
    fn type_of(&mut self, expression: &IdedExpr) -> Option<Type> {
        if let Some(mention) = mention(expression) {
            let found = (self.types)(&mention.role, &mention.attribute);
            if found.is_none() {
                self.faults.push(Fault::Unknown(mention));
                return None;
            }
            return if mention.tested {
                Some(Type::Boolean)
            } else {
                found
            };
        }
        match &expression.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Some(Type::Boolean),
                LiteralValue::Int(_) => Some(Type::Integer),
                LiteralValue::String(_) => Some(Type::Text),
                LiteralValue::Double(_) => self.unsupported("a number with decimals"),
                LiteralValue::UInt(_) => self.unsupported("a number with `u`"),
                LiteralValue::Bytes(_) => self.unsupported("bytes"),
                LiteralValue::Null => self.unsupported("`null`; ask `has(role.attribute)`"),
            },
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.list(&list.elements),
            Expr::Ident(name) => {
                self.faults.push(Fault::Bare(name.clone()));
                None
            }
            Expr::Select(_) => self.unsupported("a name with more than one dot"),
            Expr::Comprehension(_) => self.unsupported("a macro over a list"),
            Expr::Map(_) | Expr::Struct(_) => self.unsupported("`{ … }`"),
            Expr::Unspecified => self.unsupported("an empty expression"),
        }
    }

    fn list(&mut self, elements: &[IdedExpr]) -> Option<Type> {
        let types: Vec<_> = elements.iter().map(|e| self.type_of(e)).collect();
        let types: Option<Vec<_>> = types.into_iter().collect();
        let types = types?;
        let first = types.first().copied().and_then(Type::scalar);
        match first {
            Some(scalar) if types.iter().all(|t| t.scalar() == Some(scalar)) => {
                Some(Type::List(scalar))
            }
            _ => {
                self.fault("a list holds values of one type, and at least one".to_owned());
                None
            }
        }
    }

    fn call(&mut self, call: &CallExpr) -> Option<Type> {
        let target = call.target.as_deref();
        let parts: Vec<_> = target
            .into_iter()
            .chain(&call.args)
            .map(|part| self.type_of(part))
            .collect();
        let parts: Option<Vec<_>> = parts.into_iter().collect();
        let parts = parts?;
        let name = call.func_name.as_str();
        use Type::{Boolean, Integer, List, Text};
        let result = match (name, parts.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [Boolean, Boolean])
            | (operators::LOGICAL_NOT, [Boolean]) => Some(Boolean),
            (operators::EQUALS | operators::NOT_EQUALS, [left, right])
                if left == right && left.scalar().is_some() =>
            {
                Some(Boolean)
            }
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                [Integer, Integer] | [Text, Text],
            ) => Some(Boolean),
            (operators::IN, [item, List(scalar)]) if item.scalar() == Some(*scalar) => {
                Some(Boolean)
            }
            (operators::CONDITIONAL, [Boolean, then, otherwise]) if then == otherwise => {
                Some(*then)
            }
            (operators::ADD | operators::SUBSTRACT | operators::MULTIPLY, [Integer, Integer])
            | (operators::NEGATE, [Integer])
            | ("size", [Text]) => Some(Integer),
            ("startsWith" | "endsWith" | "contains", [Text, Text]) if target.is_some() => {
                Some(Boolean)
            }
            _ => None,
        };
        if result.is_none() {
            match written(name) {
                Some(written) => {
                    let types: Vec<_> = parts.iter().map(|part| part.name()).collect();
                    self.fault(format!(
                        "`{written}` cannot be used with {}",
                        types.join(" and ")
                    ));
                }
                None => return self.unsupported(&format!("`{}`", shown(name))),
            }
        }
        result
    }
}

/// How an operator or function of the language is written.
fn written(name: &str) -> Option<&'static str> {
    Some(match name {
        operators::LOGICAL_AND => "&&",
        operators::LOGICAL_OR => "||",
        operators::LOGICAL_NOT => "!",
        operators::EQUALS => "==",
        operators::NOT_EQUALS => "!=",
        operators::LESS => "<",
        operators::LESS_EQUALS => "<=",
        operators::GREATER => ">",
        operators::GREATER_EQUALS => ">=",
        operators::IN => "in",
        operators::CONDITIONAL => "? :",
        operators::ADD => "+",
        operators::SUBSTRACT | operators::NEGATE => "-",
        operators::MULTIPLY => "*",
        "size" => "size",
        "startsWith" => "startsWith",
        "endsWith" => "endsWith",
        "contains" => "contains",
        _ => return None,
    })
}

fn shown(name: &str) -> &str {
    match name {
        operators::DIVIDE => "/",
        operators::MODULO => "%",
        operators::INDEX | operators::OPT_INDEX => "[ ]",
        operators::OPT_SELECT => ".?",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn types(role: &str, attribute: &str) -> Option<Type> {
        match (role, attribute) {
            ("mother", "entitled") => Some(Type::Boolean),
            ("child", "age") => Some(Type::Integer),
            ("child", "name" | "born_on") => Some(Type::Text),
            _ => None,
        }
    }

    fn proved(text: &str) -> Result<Vec<Mention>, Vec<Fault>> {
        prove(&parse(text).unwrap(), &types)
    }

    #[test]
    fn boolean_conditions_pass() {
        for text in [
            "mother.entitled",
            "!mother.entitled && child.age >= 6",
            "has(child.name) && child.name.startsWith('乌')",
            "child.name in ['a', 'b'] || child.age + 1 > 7",
            "child.born_on < '2026-01-01'",
            "mother.entitled ? child.age > 1 : child.age < -1",
            "size(child.name) > 2",
        ] {
            assert!(proved(text).is_ok(), "{text}: {:?}", proved(text));
        }
        let mentions = proved("has(child.name) && child.name != '' && child.name != 'x'").unwrap();
        assert_eq!(mentions.len(), 2, "{mentions:?}");
        assert!(mentions[0].tested && !mentions[1].tested);
    }

    #[test]
    fn others_are_told() {
        for (text, expected) in [
            ("child.age", "not true or false"),
            ("child.age + 1", "not true or false"),
            ("child.name == 3", "cannot be used with text and a number"),
            ("child.age && mother.entitled", "`&&` cannot"),
            ("mother.nothing", "Unknown"),
            ("nobody.name == 'x'", "Unknown"),
            ("has(nobody.name)", "Unknown"),
            ("mother", "Bare"),
            ("child.age / 2 > 1", "`/`"),
            ("child.name.matches('a+')", "`matches`"),
            ("[1, 2].all(x, x > 0)", "macro"),
            ("child.age > 1.5", "decimals"),
            ("child.name == null", "has("),
            ("child.name in ['a', 1]", "one type"),
            ("child.name.first == 'x'", "more than one dot"),
        ] {
            let faults = proved(text).unwrap_err();
            assert!(
                format!("{faults:?}").contains(expected),
                "{text}: {faults:?}"
            );
        }
    }
}
