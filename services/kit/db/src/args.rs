//! A statement's parameters, bound natively in either database.

use serde_json::Value;
use sqlx::{Arguments, postgres::PgArguments, sqlite::SqliteArguments, types::Json as SqlxJson};

use crate::{Error, Result};

/// One parameter. Each variant keeps its type when it is null, as PostgreSQL demands.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// TEXT.
    Text(Option<String>),
    /// BIGINT.
    Int(Option<i64>),
    /// BOOLEAN.
    Bool(Option<bool>),
    /// BLOB or BYTEA.
    Bytes(Option<Vec<u8>>),
    /// TEXT in SQLite, JSONB in PostgreSQL.
    Json(Option<Value>),
    /// TEXT[]: PostgreSQL only.
    Texts(Vec<Option<String>>),
    /// BIGINT[]: PostgreSQL only.
    Ints(Vec<Option<i64>>),
    /// BOOLEAN[]: PostgreSQL only.
    Bools(Vec<bool>),
    /// BYTEA[]: PostgreSQL only.
    Blobs(Vec<Option<Vec<u8>>>),
}

/// A statement's parameters, in order.
pub type Args = Vec<Arg>;

/// Builds [`Args`] out of values: `args![id, name, at]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::Arg::from($value)),*]
    };
}

macro_rules! from {
    ($($type:ty => $variant:ident: $convert:expr;)*) => {$(
        impl From<$type> for Arg {
            fn from(value: $type) -> Self {
                let convert: fn($type) -> _ = $convert;
                Self::$variant(Some(convert(value)))
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                let convert: fn($type) -> _ = $convert;
                Self::$variant(value.map(convert))
            }
        }
    )*};
}

from! {
    &str => Text: |v| v.to_owned();
    String => Text: |v| v;
    &String => Text: |v| v.clone();
    i64 => Int: |v| v;
    i32 => Int: i64::from;
    u32 => Int: i64::from;
    bool => Bool: |v| v;
    &[u8] => Bytes: |v| v.to_vec();
    Vec<u8> => Bytes: |v| v;
    &Vec<u8> => Bytes: |v| v.clone();
    Value => Json: |v| v;
    &Value => Json: |v| v.clone();
}

pub(crate) fn sqlite(args: Args) -> Result<SqliteArguments> {
    let mut bound = SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Text(v) => bound.add(v),
            Arg::Int(v) => bound.add(v),
            Arg::Bool(v) => bound.add(v),
            Arg::Bytes(v) => bound.add(v),
            Arg::Json(v) => bound.add(v.map(SqlxJson)),
            Arg::Texts(_) | Arg::Ints(_) | Arg::Bools(_) | Arg::Blobs(_) => {
                Err("SQLite has no arrays".into())
            }
        }
        .map_err(|e| Error::from(sqlx::Error::Encode(e)))?;
    }
    Ok(bound)
}

pub(crate) fn postgres(args: Args) -> Result<PgArguments> {
    let mut bound = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Text(v) => bound.add(v),
            Arg::Int(v) => bound.add(v),
            Arg::Bool(v) => bound.add(v),
            Arg::Bytes(v) => bound.add(v),
            Arg::Json(v) => bound.add(v.map(SqlxJson)),
            Arg::Texts(v) => bound.add(v),
            Arg::Ints(v) => bound.add(v),
            Arg::Bools(v) => bound.add(v),
            Arg::Blobs(v) => bound.add(v),
        }
        .map_err(|e| Error::from(sqlx::Error::Encode(e)))?;
    }
    Ok(bound)
}
