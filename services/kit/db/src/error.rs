//! What can go wrong with a database. Its texts name no values.

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
}

impl Error {
    /// Whether a row with the same key exists already.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Sqlx(sqlx::Error::Database(e)) if e.is_unique_violation())
    }

    /// Whether a row would have broken a constraint: no such statement changes anything.
    pub fn is_constraint_violation(&self) -> bool {
        use sqlx::error::ErrorKind;
        matches!(self, Self::Sqlx(sqlx::Error::Database(e)) if !matches!(e.kind(), ErrorKind::Other))
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
            _ => false,
        }
    }
}
