//! The functions that expressions have beside CEL's own.

use std::sync::{Arc, LazyLock};

use cel::{
    Env, ExecutionError,
    common::{
        types::{CelInt, CelNull, CelString, DYN_TYPE, INT_TYPE, STRING_TYPE},
        value::CowVal,
    },
};
use jiff::{Span, Unit, civil::Date};

/// Writes a number with leading zeros: `digits(7, 3)` is `007`. It fails when the number is longer.
pub(super) const DIGITS: &str = "digits";
/// Gives a value, or another where it is null: `orElse(birth.certificate_number, '')`.
pub(super) const OR_ELSE: &str = "orElse";
/// A day some days later: `plusDays(today, 30)`.
pub(super) const PLUS_DAYS: &str = "plusDays";
/// A day some months later, or the month's last one where it has no such day.
pub(super) const PLUS_MONTHS: &str = "plusMonths";
/// The days from one day to another: `daysBetween(penalty.published_on, today)`.
pub(super) const DAYS_BETWEEN: &str = "daysBetween";

/// A day's year.
pub(super) const YEAR: &str = "year";
/// A day's month, from 1.
pub(super) const MONTH: &str = "month";
/// The smaller of two integers.
pub(super) const MIN: &str = "min";
/// The larger of two integers.
pub(super) const MAX: &str = "max";

/// CEL's standard library and these functions.
pub(super) fn environment() -> Arc<Env> {
    static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| match declared() {
        Ok(env) => Arc::new(env),
        Err(error) => unreachable!("the functions have names of their own: {error}"),
    });
    ENVIRONMENT.clone()
}

fn declared() -> Result<Env, String> {
    let mut env = Env::stdlib();
    let integers = || vec![INT_TYPE, INT_TYPE];
    let day_and_number = || vec![STRING_TYPE, INT_TYPE];
    let declared = [
        env.add_overload(DIGITS, "digits_int_int", integers(), digits),
        env.add_overload(
            OR_ELSE,
            "or_else_dyn_dyn",
            vec![DYN_TYPE, DYN_TYPE],
            or_else,
        ),
        env.add_overload(
            PLUS_DAYS,
            "plus_days_string_int",
            day_and_number(),
            plus_days,
        ),
        env.add_overload(
            PLUS_MONTHS,
            "plus_months_string_int",
            day_and_number(),
            plus_months,
        ),
        env.add_overload(
            DAYS_BETWEEN,
            "days_between_strings",
            vec![STRING_TYPE, STRING_TYPE],
            days_between,
        ),
        env.add_overload(YEAR, "year_string", vec![STRING_TYPE], year),
        env.add_overload(MONTH, "month_string", vec![STRING_TYPE], month),
        env.add_overload(MIN, "min_int_int", integers(), min),
        env.add_overload(MAX, "max_int_int", integers(), max),
    ];
    for result in declared {
        result.map_err(|error| error.to_string())?;
    }
    Ok(env)
}

type Called<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

fn integer(args: &[CowVal<'_, '_>], index: usize) -> Result<i64, ExecutionError> {
    args.get(index)
        .and_then(|value| value.downcast_ref::<CelInt>().map(|int| *int.inner()))
        .ok_or(ExecutionError::MissingArgumentOrTarget)
}

/// Reads a day, YYYY-MM-DD.
fn day(args: &[CowVal<'_, '_>], index: usize) -> Result<Date, ExecutionError> {
    let text = args
        .get(index)
        .and_then(|value| value.downcast_ref::<CelString<'_>>().map(CelString::inner))
        .ok_or(ExecutionError::MissingArgumentOrTarget)?;
    text.parse().map_err(|_| failed(PLUS_DAYS, "it is no day"))
}

/// The message says nothing of the values.
fn failed(function: &str, message: &str) -> ExecutionError {
    ExecutionError::FunctionError {
        function: function.to_owned(),
        message: message.to_owned(),
    }
}

fn later<'b, 'v>(from: Date, span: Result<Span, jiff::Error>) -> Called<'b, 'v> {
    let day = span.and_then(|span| from.checked_add(span));
    let day = day.map_err(|_| failed(PLUS_DAYS, "no calendar reaches that far"))?;
    Ok(CowVal::owned(CelString::from(day.to_string())))
}

fn plus_days<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    later(day(&args, 0)?, Span::new().try_days(integer(&args, 1)?))
}

fn plus_months<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    later(day(&args, 0)?, Span::new().try_months(integer(&args, 1)?))
}

fn days_between<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let span = day(&args, 0)?.until((Unit::Day, day(&args, 1)?));
    let span = span.map_err(|_| failed(DAYS_BETWEEN, "the days are too far apart"))?;
    Ok(CowVal::owned(CelInt::from(i64::from(span.get_days()))))
}

fn year<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    Ok(CowVal::owned(CelInt::from(i64::from(
        day(&args, 0)?.year(),
    ))))
}

fn month<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    Ok(CowVal::owned(CelInt::from(i64::from(
        day(&args, 0)?.month(),
    ))))
}

fn min<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let least = integer(&args, 0)?.min(integer(&args, 1)?);
    Ok(CowVal::owned(CelInt::from(least)))
}

fn max<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let most = integer(&args, 0)?.max(integer(&args, 1)?);
    Ok(CowVal::owned(CelInt::from(most)))
}

fn digits<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let (number, width) = (integer(&args, 0)?, integer(&args, 1)?);
    let width = usize::try_from(width).unwrap_or_default().min(32);
    let text = format!("{number:0width$}");
    if text.len() > width || number < 0 {
        return Err(failed(DIGITS, "the number has more digits"));
    }
    Ok(CowVal::owned(CelString::from(text)))
}

fn or_else<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Called<'b, 'v> {
    let mut args = args.into_iter();
    let (Some(value), Some(other)) = (args.next(), args.next()) else {
        return Err(ExecutionError::MissingArgumentOrTarget);
    };
    let null = value.as_ref().downcast_ref::<CelNull>().is_some();
    Ok(if null { other } else { value })
}
