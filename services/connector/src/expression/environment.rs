//! The functions that expressions have beside CEL's own: `digits` and `orElse`.

use std::sync::{Arc, LazyLock};

use cel::{
    Env, ExecutionError,
    common::{
        types::{CelInt, CelNull, CelString, DYN_TYPE, INT_TYPE},
        value::CowVal,
    },
};

/// Writes a number with leading zeros: `digits(7, 3)` is `007`. It fails when the number is longer.
pub(super) const DIGITS: &str = "digits";
/// Gives a value, or another where it is null: `orElse(birth.certificate_number, '')`.
pub(super) const OR_ELSE: &str = "orElse";

/// CEL's standard library and these functions.
pub(super) fn environment() -> Arc<Env> {
    static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
        let mut env = Env::stdlib();
        let declared = env
            .add_overload(DIGITS, "digits_int_int", vec![INT_TYPE, INT_TYPE], digits)
            .and_then(|()| {
                env.add_overload(
                    OR_ELSE,
                    "or_else_dyn_dyn",
                    vec![DYN_TYPE, DYN_TYPE],
                    or_else,
                )
            });
        match declared {
            Ok(()) => Arc::new(env),
            Err(error) => unreachable!("the functions have names of their own: {error}"),
        }
    });
    ENVIRONMENT.clone()
}

fn digits<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let integer = |index: usize| {
        args.get(index)
            .and_then(|value| value.downcast_ref::<CelInt>().map(|int| *int.inner()))
            .ok_or(ExecutionError::MissingArgumentOrTarget)
    };
    let (number, width) = (integer(0)?, integer(1)?);
    let width = usize::try_from(width).unwrap_or_default().min(32);
    let text = format!("{number:0width$}");
    if text.len() > width || number < 0 {
        return Err(ExecutionError::FunctionError {
            function: DIGITS.to_owned(),
            message: "the number has more digits".to_owned(),
        });
    }
    Ok(CowVal::owned(CelString::from(text)))
}

fn or_else<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut args = args.into_iter();
    let (Some(value), Some(other)) = (args.next(), args.next()) else {
        return Err(ExecutionError::MissingArgumentOrTarget);
    };
    let null = value.as_ref().downcast_ref::<CelNull>().is_some();
    Ok(if null { other } else { value })
}
