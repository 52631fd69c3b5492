//! From a condition's text to its syntax tree, within bounds that keep parser and evaluator from
//! exhausting the stack.

use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, Expr, operators};
use cel::{Env, IdedExpr};

/// The longest condition, in bytes.
const LONGEST: usize = 1024;
/// The deepest syntax tree.
const DEEPEST: usize = 64;

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParseFault {
    /// Longer than allowed.
    TooLong,
    /// Deeper than allowed.
    TooDeep,
    /// Not CEL; with the parser's first complaint.
    Syntax(String),
}

/// The environment that every condition is parsed and evaluated in.
pub(super) fn environment() -> Arc<Env> {
    Arc::clone(&ENVIRONMENT)
}

/// Parses a condition.
pub(crate) fn parse(text: &str) -> Result<IdedExpr, ParseFault> {
    if text.len() > LONGEST {
        return Err(ParseFault::TooLong);
    }
    // The parser recurses once and more for each of these, before there is a tree to measure.
    let nesting = text
        .bytes()
        .filter(|b| matches!(b, b'(' | b'[' | b'{' | b'!' | b'?' | b'-'));
    if nesting.count() > DEEPEST {
        return Err(ParseFault::TooDeep);
    }
    let program = ENVIRONMENT.compile(text).map_err(|errors| {
        let first = errors.errors.first().map(|error| error.msg.clone());
        ParseFault::Syntax(first.unwrap_or_else(|| "not an expression".to_owned()))
    })?;
    let expression = program.expression().clone();
    if depth(&expression, 1) > DEEPEST {
        return Err(ParseFault::TooDeep);
    }
    Ok(expression)
}

/// The parts of an expression that must all hold, left to right.
pub(super) fn conjuncts(expression: IdedExpr) -> Vec<IdedExpr> {
    match expression.expr {
        Expr::Call(CallExpr {
            ref func_name,
            target: None,
            ref args,
        }) if func_name == operators::LOGICAL_AND => {
            args.iter().cloned().flat_map(conjuncts).collect()
        }
        _ => vec![expression],
    }
}

/// How deep the tree is; stops counting soon after the limit.
fn depth(expression: &IdedExpr, here: usize) -> usize {
    if here > DEEPEST {
        return here;
    }
    let children: Vec<&IdedExpr> = match &expression.expr {
        Expr::Call(call) => call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        // Nothing else is part of the language; it is refused before anything descends into it.
        _ => Vec::new(),
    };
    let deepest = children.into_iter().map(|child| depth(child, here + 1));
    deepest.max().unwrap_or(here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_without_exhausting_the_stack() {
        assert_eq!(
            parse(&format!("a.b == '{}'", "x".repeat(1100))),
            Err(ParseFault::TooLong)
        );
        let nested = format!("{}true{}", "(".repeat(400), ")".repeat(400));
        assert_eq!(parse(&nested), Err(ParseFault::TooDeep));
        let sum = format!("{} > 0", vec!["a.b"; 200].join("+"));
        assert_eq!(parse(&sum), Err(ParseFault::TooDeep));
        let long = vec!["a.b"; 200].join("==");
        assert_eq!(parse(&long), Err(ParseFault::TooDeep));
    }

    #[test]
    fn conjuncts_are_split_and_alternatives_are_not() {
        let parsed = parse("a.b && (c.d || e.f) && has(g.h)").unwrap();
        assert_eq!(conjuncts(parsed).len(), 3);
    }

    #[test]
    fn a_syntax_error_is_told() {
        assert!(matches!(parse("a.b =="), Err(ParseFault::Syntax(_))));
        assert!(matches!(parse(""), Err(ParseFault::Syntax(_))));
    }
}
