//! Proves that statements are well formed against a migrated database.

use crate::{Db, Sql};

/// Prepares every statement and returns those that the database does not accept, with its reason.
/// Tests call it on both databases, in place of checks at compile time, which know one dialect.
pub async fn verify_statements(db: &Db, statements: &[Sql]) -> Vec<String> {
    let mut problems = Vec::new();
    for sql in statements {
        if let Err(error) = db.prepare(*sql).await {
            let reason =
                std::error::Error::source(&error).map_or_else(String::new, ToString::to_string);
            problems.push(format!("{}: {error}: {reason}", sql.text(db.backend())));
        }
    }
    problems
}
