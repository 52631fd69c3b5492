//! The types that values of an expression have, and the names that an expression may use.

use std::{collections::BTreeMap, fmt, sync::Arc};

/// The names that an expression may use, with their types.
pub(crate) type Scope = BTreeMap<String, Type>;

/// A plain value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text,
    Integer,
    Boolean,
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
        })
    }
}

/// Named fields: a request, or a record with its key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, Type>,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Scalar {
        scalar: Scalar,
        nullable: bool,
    },
    Table {
        table: Arc<Table>,
        nullable: bool,
    },
    /// A list of items of one type.
    List(Arc<Type>),
    Null,
}

impl Type {
    pub(crate) const TEXT: Self = Self::plain(Scalar::Text);
    pub(crate) const INTEGER: Self = Self::plain(Scalar::Integer);
    pub(crate) const BOOLEAN: Self = Self::plain(Scalar::Boolean);

    /// A scalar that is always there.
    pub(crate) const fn plain(scalar: Scalar) -> Self {
        Self::Scalar {
            scalar,
            nullable: false,
        }
    }

    /// The scalar, if the value is one and always there.
    pub(crate) fn as_plain(&self) -> Option<Scalar> {
        match self {
            Self::Scalar {
                scalar,
                nullable: false,
            } => Some(*scalar),
            _ => None,
        }
    }

    /// Reads a type as it is written in a file: `text`, `integer?` …
    pub(crate) fn written(text: &str) -> Option<Self> {
        let (name, nullable) = match text.strip_suffix('?') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let scalar = match name {
            "text" => Scalar::Text,
            "integer" => Scalar::Integer,
            "boolean" => Scalar::Boolean,
            _ => return None,
        };
        Some(Self::Scalar { scalar, nullable })
    }

    pub(crate) fn is_nullable(&self) -> bool {
        match self {
            Self::Scalar { nullable, .. } | Self::Table { nullable, .. } => *nullable,
            Self::List(_) => false,
            Self::Null => true,
        }
    }

    /// A record or message that is there, of these fields.
    pub(crate) const fn table(table: Arc<Table>) -> Self {
        Self::Table {
            table,
            nullable: false,
        }
    }

    /// Whether a value of the type `other` can stand where this type is wanted.
    pub(crate) fn takes(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Scalar { scalar, nullable },
                Self::Scalar {
                    scalar: given,
                    nullable: given_nullable,
                },
            ) => scalar == given && (*nullable || !given_nullable),
            (wanted, Self::Null) => wanted.is_nullable(),
            _ => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar { scalar, .. } => scalar.fmt(f)?,
            Self::Table { table, .. } => f.write_str(&table.name)?,
            Self::List(item) => return write!(f, "a list of {item}"),
            Self::Null => return f.write_str("null"),
        }
        f.write_str(if self.is_nullable() { "?" } else { "" })
    }
}
