//! One database handle over SQLite and PostgreSQL.
