//! The tables of one owner, as a folder of migrations per dialect.

use sqlx::migrate::Migrator;

use crate::Backend;

/// One owner's migrations. Several owners (the participant ledger, a department's own records)
/// share a database and number their migrations apart.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    owner: &'static str,
    sqlite: fn() -> Migrator,
    postgres: fn() -> Migrator,
}

impl Migrations {
    /// Names an owner (lower-case letters, digits and `_`) and its two folders:
    /// `Migrations::new("ledger", || migrate!("migrations/sqlite"), || migrate!("migrations/postgres"))`.
    pub const fn new(
        owner: &'static str,
        sqlite: fn() -> Migrator,
        postgres: fn() -> Migrator,
    ) -> Self {
        Self {
            owner,
            sqlite,
            postgres,
        }
    }

    /// Whose tables.
    pub const fn owner(&self) -> &'static str {
        self.owner
    }

    pub(crate) fn migrator(&self, backend: Backend) -> Migrator {
        let mut migrator = match backend {
            Backend::Sqlite => (self.sqlite)(),
            Backend::Postgres => (self.postgres)(),
        };
        migrator.dangerous_set_table_name(format!("migrations_{}", self.owner));
        migrator
    }

    /// The versions in each folder; a test keeps them equal.
    pub fn versions(&self, backend: Backend) -> Vec<i64> {
        self.migrator(backend).iter().map(|m| m.version).collect()
    }
}
