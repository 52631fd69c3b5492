//! What can go wrong with a database. Its texts name no values.

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// A database error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no database that this crate can open.
    #[error("database url `{url}`: {reason}")]
    Url {
        /// The URL without its credentials.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder for a SQLite file cannot be made.
    #[error("cannot make the folder {folder}")]
    Folder {
        /// The folder.
        folder: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A migration failed.
    #[error("migration of {what}")]
    Migration {
        /// Whose tables.
        what: &'static str,
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The database refused or did not answer.
    #[error("database")]
    Sqlx(#[from] sqlx::Error),
    /// SQLite refused a direct write.
    #[error("database")]
    Direct(#[from] rusqlite::Error),
}

impl Error {
    /// Whether a row with the same key exists already.
    pub fn is_unique_violation(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Database(e)) => e.is_unique_violation(),
            Self::Direct(e) => e.sqlite_error().is_some_and(|e| {
                [SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE].contains(&e.extended_code)
            }),
            _ => false,
        }
    }

    /// Whether a row would have broken a constraint: no such statement changes anything.
    pub fn is_constraint_violation(&self) -> bool {
        use sqlx::error::ErrorKind;
        match self {
            Self::Sqlx(sqlx::Error::Database(e)) => !matches!(e.kind(), ErrorKind::Other),
            Self::Direct(e) => e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation),
            _ => false,
        }
    }

    /// Whether a connection to PostgreSQL on which this came goes on.
    pub(crate) fn spares_connection(&self) -> bool {
        let Self::Sqlx(sqlx::Error::Database(error)) = self else {
            return false;
        };
        error
            .try_downcast_ref::<PgDatabaseError>()
            .is_some_and(|error| error.severity() == PgSeverity::Error)
    }

    /// Whether the same statement may well succeed later: no connection, a full pool, a lock.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Sqlx(
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed,
            ) => true,
            Self::Sqlx(sqlx::Error::Database(e)) => matches!(
                e.code().as_deref(),
                // SQLite: busy, locked. PostgreSQL: serialisation, deadlock, too many connections,
                // shutdown.
                Some("5" | "6" | "261" | "517" | "40001" | "40P01" | "53300" | "57P01" | "57P03")
            ),
            Self::Direct(e) => matches!(
                e.sqlite_error_code(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            ),
            _ => false,
        }
    }
}
