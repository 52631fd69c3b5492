//! Rows, and what can be read out of their columns: what can be read out of sqlx's rows of the same tables.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use rusqlite::types::Value;
use serde::de::DeserializeOwned;
use sqlx::error::BoxDynError;
use sqlx::types::Json;
use sqlx::{ColumnIndex, Decode, Type};

use super::database::Sqlite;

/// A row of SQLite that was read in the thread that asked.
#[derive(Debug)]
pub struct Row {
    columns: Arc<[Column]>,
    values: Box<[Value]>,
}

/// A column of a [`Row`].
#[derive(Debug)]
pub struct Column {
    ordinal: usize,
    name: Box<str>,
}

impl Row {
    pub(super) fn new(columns: Arc<[Column]>, values: Box<[Value]>) -> Self {
        Self { columns, values }
    }
}

impl Column {
    pub(super) fn all(names: &[&str]) -> Arc<[Self]> {
        let columns = names.iter().enumerate();
        columns
            .map(|(ordinal, name)| Self {
                ordinal,
                name: (*name).into(),
            })
            .collect()
    }
}

impl sqlx::Row for Row {
    type Database = Sqlite;

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn try_get_raw<I>(&self, index: I) -> sqlx::Result<Ref<'_>>
    where
        I: ColumnIndex<Self>,
    {
        let index = index.index(self)?;
        let len = self.values.len();
        let value = self.values.get(index);
        value
            .map(Ref)
            .ok_or(sqlx::Error::ColumnIndexOutOfBounds { index, len })
    }
}

impl ColumnIndex<Row> for usize {
    fn index(&self, row: &Row) -> sqlx::Result<usize> {
        let (index, len) = (*self, row.values.len());
        (index < len)
            .then_some(index)
            .ok_or(sqlx::Error::ColumnIndexOutOfBounds { index, len })
    }
}

impl ColumnIndex<Row> for &str {
    fn index(&self, row: &Row) -> sqlx::Result<usize> {
        let found = row.columns.iter().position(|column| *column.name == **self);
        found.ok_or_else(|| sqlx::Error::ColumnNotFound((*self).to_owned()))
    }
}

impl sqlx::Column for Column {
    type Database = Sqlite;

    fn ordinal(&self) -> usize {
        self.ordinal
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// Each value has its own; the column has none.
    fn type_info(&self) -> &Kind {
        &Kind::Null
    }
}

/// What SQLite stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// A whole number; truth is one as well.
    Integer,
    /// A floating-point number.
    Real,
    /// Text; JSON is kept as such.
    Text,
    /// Bytes.
    Blob,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(_) => Self::Integer,
            Value::Real(_) => Self::Real,
            Value::Text(_) => Self::Text,
            Value::Blob(_) => Self::Blob,
        }
    }
}

impl sqlx::TypeInfo for Kind {
    fn is_null(&self) -> bool {
        *self == Self::Null
    }

    fn name(&self) -> &str {
        match self {
            Self::Null => "NULL",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
            Self::Blob => "BLOB",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(sqlx::TypeInfo::name(self))
    }
}

/// A value.
#[derive(Debug, Clone)]
pub struct Owned(Value);

/// A value in its row.
#[derive(Debug, Clone, Copy)]
pub struct Ref<'r>(&'r Value);

impl sqlx::Value for Owned {
    type Database = Sqlite;

    fn as_ref(&self) -> Ref<'_> {
        Ref(&self.0)
    }

    fn type_info(&self) -> Cow<'_, Kind> {
        Cow::Owned(Kind::of(&self.0))
    }

    fn is_null(&self) -> bool {
        self.0 == Value::Null
    }
}

impl<'r> sqlx::ValueRef<'r> for Ref<'r> {
    type Database = Sqlite;

    fn to_owned(&self) -> Owned {
        Owned(self.0.clone())
    }

    fn type_info(&self) -> Cow<'_, Kind> {
        Cow::Owned(Kind::of(self.0))
    }

    fn is_null(&self) -> bool {
        *self.0 == Value::Null
    }
}

/// What can be read out of a column, and of what kind of value.
macro_rules! read {
    ($($type:ty: $kind:ident, $value:ident => $read:expr;)*) => {$(
        impl Type<Sqlite> for $type {
            fn type_info() -> Kind {
                Kind::$kind
            }
        }
        impl<'r> Decode<'r, Sqlite> for $type {
            fn decode(value: Ref<'r>) -> Result<Self, BoxDynError> {
                match value.0 {
                    Value::$kind($value) => Ok($read),
                    other => Err(unexpected(Kind::$kind, other)),
                }
            }
        }
    )*};
}

read! {
    i64: Integer, value => *value;
    bool: Integer, value => *value != 0;
    String: Text, value => value.clone();
    Vec<u8>: Blob, value => value.clone();
}

impl<T> Type<Sqlite> for Json<T> {
    fn type_info() -> Kind {
        Kind::Text
    }
}

impl<'r, T: DeserializeOwned> Decode<'r, Sqlite> for Json<T> {
    fn decode(value: Ref<'r>) -> Result<Self, BoxDynError> {
        match value.0 {
            Value::Text(text) => Ok(Self(serde_json::from_str(text)?)),
            other => Err(unexpected(Kind::Text, other)),
        }
    }
}

/// Names no value.
fn unexpected(expected: Kind, value: &Value) -> BoxDynError {
    format!("{} where {expected} is expected", Kind::of(value)).into()
}
