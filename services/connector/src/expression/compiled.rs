//! A compiled expression: proved when it is made, evaluated as often as wanted.

use std::collections::BTreeMap;

use cel::{Context, ExecutionError, Program};
use onething_participant::Fault;
use serde_json::Value;

use super::{
    check::Checker,
    environment::{DIGITS, environment},
    types::{Scope, Type},
    value::{to_cel, to_json},
};

/// The values of the names in a scope.
pub(crate) type Values = BTreeMap<String, Value>;

/// The longest expression, in bytes: the parser and the evaluator recurse.
const LONGEST: usize = 1024;

/// An expression whose names and types are proved.
#[derive(Debug)]
pub(crate) struct Expression {
    program: Program,
    names: Vec<String>,
}

impl Expression {
    /// Compiles a text that may use the names in `scope` and yields a value of the type `wanted`.
    ///
    /// # Errors
    /// With what is wrong with it, in words.
    pub(crate) fn compile(text: &str, scope: &Scope, wanted: &Type) -> Result<Self, String> {
        let (expression, found) = Self::infer(text, scope)?;
        if !wanted.takes(&found) {
            return Err(format!("`{text}` is {found}, and {wanted} is wanted"));
        }
        Ok(expression)
    }

    /// Compiles a text that may use the names in `scope`, and tells the type of its value.
    ///
    /// # Errors
    /// With what is wrong with it, in words.
    pub(crate) fn infer(text: &str, scope: &Scope) -> Result<(Self, Type), String> {
        if text.len() > LONGEST {
            return Err(format!("the expression is longer than {LONGEST} bytes"));
        }
        let program = environment()
            .compile(text)
            .map_err(|errors| format!("`{text}` is no expression: {}", first_line(&errors)))?;
        let mut checker = Checker::new(scope);
        let found = checker
            .infer(program.expression(), 0)
            .map_err(|problem| format!("`{text}`: {problem}"))?;
        let names = checker.into_names();
        Ok((Self { program, names }, found))
    }

    /// Evaluates it.
    ///
    /// # Errors
    /// A fault that says nothing of the values: an overflow, a number with too many digits.
    pub(crate) fn evaluate(&self, values: &Values) -> Result<Value, Fault> {
        let mut context = Context::with_env(environment());
        for name in &self.names {
            let value = values.get(name).unwrap_or(&Value::Null);
            context.add_variable_from_value(name.as_str(), to_cel(value));
        }
        let result = self
            .program
            .execute(&context)
            .map_err(|error| match error {
                ExecutionError::FunctionError { function, .. } if function == DIGITS => {
                    Fault::Exhausted("a number sequence")
                }
                // The error's own text may hold values.
                ExecutionError::Overflow(..) => failed("an overflow"),
                _ => failed("it could not be evaluated"),
            })?;
        to_json(&result).ok_or_else(|| failed("it yields no plain value"))
    }

    /// Evaluates a condition.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub(crate) fn holds(&self, values: &Values) -> Result<bool, Fault> {
        Ok(self.evaluate(values)? == Value::Bool(true))
    }

    /// Evaluates a text.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub(crate) fn text(&self, values: &Values) -> Result<String, Fault> {
        match self.evaluate(values)? {
            Value::String(text) => Ok(text),
            _ => Err(failed("it yields no text")),
        }
    }
}

fn failed(problem: &'static str) -> Fault {
    Fault::Corrupt {
        what: "an expression of a department file".to_owned(),
        source: problem.into(),
    }
}

fn first_line(errors: &cel::ParseErrors) -> String {
    errors
        .to_string()
        .lines()
        .next()
        .unwrap_or("it cannot be read")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::expression::{Scalar, Table};

    fn scope() -> Scope {
        let nullable = |scalar| Type::Scalar {
            scalar,
            nullable: true,
        };
        let fields = [
            ("mother".to_owned(), Type::TEXT),
            ("arrears".to_owned(), Type::INTEGER),
            ("certificate".to_owned(), nullable(Scalar::Text)),
        ];
        let table = Arc::new(Table {
            name: "birth".to_owned(),
            fields: fields.into(),
        });
        Scope::from([
            (
                "birth".to_owned(),
                Type::Table {
                    table: table.clone(),
                    nullable: false,
                },
            ),
            (
                "other".to_owned(),
                Type::Table {
                    table,
                    nullable: true,
                },
            ),
            ("today".to_owned(), Type::TEXT),
            ("number".to_owned(), Type::INTEGER),
        ])
    }

    fn evaluated(text: &str, wanted: &Type) -> Value {
        let values = Values::from([
            (
                "birth".to_owned(),
                json!({"mother": "M", "arrears": -5, "certificate": null}),
            ),
            ("other".to_owned(), Value::Null),
            ("today".to_owned(), json!("2026-06-01")),
            ("number".to_owned(), json!(7)),
        ]);
        let expression = Expression::compile(text, &scope(), wanted).unwrap();
        expression.evaluate(&values).unwrap()
    }

    #[test]
    fn conditions_and_texts_are_evaluated() {
        for (text, result) in [
            ("birth.mother == 'M' && birth.arrears + 1 == -4", true),
            ("birth.certificate == null", true),
            ("birth.certificate != null", false),
            ("birth.certificate == birth.mother", false),
            ("other == null || birth.arrears >= 0", true),
            ("!(today < '2026-01-01')", true),
            ("today.startsWith('2026') && size(birth.mother) == 1", true),
        ] {
            assert_eq!(
                evaluated(text, &Type::BOOLEAN),
                Value::Bool(result),
                "{text}"
            );
        }
        let number = evaluated("'U' + digits(number, 9)", &Type::TEXT);
        assert_eq!(number, json!("U000000007"));
        let chosen = evaluated("birth.arrears < 0 ? 'none' : birth.mother", &Type::TEXT);
        assert_eq!(chosen, json!("none"));
        let other = evaluated("orElse(birth.certificate, today)", &Type::TEXT);
        assert_eq!(other, json!("2026-06-01"));
    }

    #[test]
    fn days_are_reckoned_and_integers_divided() {
        for (text, result) in [
            ("plusDays(today, 30)", "2026-07-01"),
            ("plusDays('2026-03-01', -1)", "2026-02-28"),
            ("plusMonths('2026-01-31', 1)", "2026-02-28"),
            ("plusMonths(today, 12)", "2027-06-01"),
        ] {
            assert_eq!(evaluated(text, &Type::TEXT), json!(result), "{text}");
        }
        for (text, result) in [
            ("daysBetween('2026-02-28', '2026-03-01')", 1),
            ("daysBetween(today, '2026-05-31')", -1),
            ("year(today) * 100 + month(today)", 202_606),
            ("min(number, 3) + max(number, 30)", 33),
            ("number / 2 + number % 4", 6),
        ] {
            assert_eq!(evaluated(text, &Type::INTEGER), json!(result), "{text}");
        }
        for (text, wanted) in [
            ("number / (number - 7)", Type::INTEGER),
            ("plusDays(birth.mother, 1)", Type::TEXT),
        ] {
            let expression = Expression::compile(text, &scope(), &wanted).unwrap();
            let values = Values::from([
                ("number".to_owned(), json!(7)),
                ("birth".to_owned(), json!({"mother": "15012519901201"})),
            ]);
            let fault = expression.evaluate(&values).unwrap_err();
            assert!(
                !format!("{fault} {fault:?}").contains("150125"),
                "{fault:?}"
            );
        }
    }

    fn problem(text: &str, wanted: &Type) -> String {
        Expression::compile(text, &scope(), wanted).unwrap_err()
    }

    #[test]
    fn unknown_names_and_wrong_types_are_told_when_compiling() {
        for (text, wanted, said) in [
            (
                "birht.mother",
                Type::TEXT,
                "unknown name `birht`; known here: birth",
            ),
            (
                "birth.father",
                Type::TEXT,
                "birth has no `father`; it has arrears, certificate, mother",
            ),
            (
                "birth.arrears",
                Type::TEXT,
                "is integer, and text is wanted",
            ),
            (
                "birth.certificate",
                Type::TEXT,
                "is text?, and text is wanted",
            ),
            ("birth", Type::TEXT, "is birth, and text is wanted"),
            (
                "birth.mother == 1",
                Type::BOOLEAN,
                "text is compared with integer",
            ),
            ("birth.mother == null", Type::BOOLEAN, "is never null"),
            (
                "other.mother == 'M'",
                Type::BOOLEAN,
                "`other` may be missing",
            ),
            (
                "birth.mother + 1 == 'M1'",
                Type::BOOLEAN,
                "text and integer",
            ),
            ("birth.certificate + 'x'", Type::TEXT, "text? and text"),
            (
                "birth.arrears && true",
                Type::BOOLEAN,
                "is integer, and boolean is wanted",
            ),
            (
                "[1, 2].exists(x, x > 1)",
                Type::BOOLEAN,
                "not part of the language",
            ),
            ("rand()", Type::INTEGER, "unknown function `rand`"),
            (
                "digits('7', 1)",
                Type::TEXT,
                "is text, and integer is wanted",
            ),
            ("birth.mother ==", Type::BOOLEAN, "is no expression"),
            ("'a' + 'b' - 'c'", Type::TEXT, "text and text"),
        ] {
            let message = problem(text, &wanted);
            assert!(message.contains(said), "{text}: {message}");
        }
    }

    #[test]
    fn long_and_deep_expressions_are_refused_and_not_evaluated() {
        let long = format!("'{}'", "x".repeat(LONGEST));
        assert!(problem(&long, &Type::TEXT).contains("longer"));
        let deep = format!("{}1", "1+".repeat(200));
        assert!(problem(&deep, &Type::INTEGER).contains("nested"));
        let nested = format!("{}1{}", "(".repeat(400), ")".repeat(400));
        assert!(Expression::compile(&nested, &scope(), &Type::INTEGER).is_err());
    }

    #[test]
    fn a_used_up_sequence_is_told_as_such() {
        let expression = Expression::compile("digits(number, 2)", &scope(), &Type::TEXT).unwrap();
        let fault = |number: i64| {
            let values = Values::from([("number".to_owned(), json!(number))]);
            expression.evaluate(&values)
        };
        assert!(matches!(fault(99), Ok(Value::String(text)) if text == "99"));
        assert!(matches!(fault(100), Err(Fault::Exhausted(_))));
    }
}
