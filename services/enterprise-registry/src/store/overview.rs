//! A record with what is in force beside it, read at one moment and without locks.

use onething_db::{Db, Error, Sql, args};

use super::enterprise::Enterprise;

pub(super) const READ: Sql = Sql::both(
    "SELECT e.credit_code, e.code_confirmed_by, e.name, e.kind, e.status, e.registrar, e.address, \
     e.capital_fen, e.founded_on, e.abnormal_listed, e.serious_breach_listed, e.equity_frozen, \
     e.open_cases, e.legal_representative_id_number, e.scope, e.family_operated, e.legal_form, \
     k.lock_number, a.holder AS archive_holder, a.sha256 AS archive_sha256, l.licence_number \
     FROM enterprise e \
     LEFT JOIN record_lock k ON k.credit_code = e.credit_code AND k.state = 'in_force' \
     LEFT JOIN archive a ON a.credit_code = e.credit_code \
     LEFT JOIN licence l ON l.credit_code = e.credit_code AND l.state = 'in_force' \
     WHERE e.credit_code = $1",
);

/// A record with what is in force beside it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Overview {
    #[sqlx(flatten)]
    pub(crate) enterprise: Enterprise,
    pub(crate) lock_number: Option<String>,
    pub(crate) archive_holder: Option<String>,
    pub(crate) archive_sha256: Option<String>,
    pub(crate) licence_number: Option<String>,
}

impl AsRef<Enterprise> for Overview {
    fn as_ref(&self) -> &Enterprise {
        &self.enterprise
    }
}

/// Reads the record under a code.
pub(crate) async fn read(db: &Db, credit_code: &str) -> Result<Option<Overview>, Error> {
    db.fetch_optional(READ, args![credit_code]).await
}
