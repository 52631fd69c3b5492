//! Conversions of individual businesses: what becomes of the record, its archive and its permits.

use onething_db::{Db, Error, Sql, Tx, args};

use super::enterprise::Enterprise;

pub(super) const CONVERT: Sql = Sql::both(
    "UPDATE enterprise SET kind = 'company', legal_form = $2, name = $3, address = $4, scope = $5, \
     capital_fen = $6, changed_at = $7 WHERE credit_code = $1",
);
pub(super) const CANCEL: Sql =
    Sql::both("UPDATE enterprise SET status = 'cancelled', changed_at = $2 WHERE credit_code = $1");
pub(super) const SET_UP: Sql = Sql::both(
    "INSERT INTO enterprise (credit_code, name, kind, status, registrar, address, capital_fen, \
     founded_on, abnormal_listed, serious_breach_listed, equity_frozen, open_cases, \
     legal_representative_id_number, scope, legal_form, changed_at) \
     VALUES ($1, $2, 'company', 'active', $3, $4, $5, $6, $7, $7, $7, 0, $8, $9, $10, $11)",
);
pub(super) const COPY_ARCHIVE: Sql = Sql::both(
    "INSERT INTO archive (credit_code, holder, archive_number, sha256, changed_at) \
     SELECT $2, holder, archive_number, sha256, $3 FROM archive WHERE credit_code = $1",
);
pub(super) const COPY_DOCUMENTS: Sql = Sql::both(
    "INSERT INTO archive_document (credit_code, position, title, pages, content) \
     SELECT $2, position, title, pages, content FROM archive_document WHERE credit_code = $1",
);
pub(super) const NOTE: Sql = Sql::both(
    "INSERT INTO conversion (note_number, credit_code, credit_code_after, mode, legal_form, \
     licence_number, converted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
pub(super) const PERMITS: Sql = Sql::both(
    "SELECT permit_number, kind FROM permit WHERE credit_code = $1 AND state = 'in_force' \
     ORDER BY permit_number",
);
pub(super) const VOID_PERMIT: Sql =
    Sql::both("UPDATE permit SET state = 'voided', changed_at = $2 WHERE permit_number = $1");
pub(super) const ISSUE_PERMIT: Sql = Sql::both(
    "INSERT INTO permit (permit_number, credit_code, kind, replaces, state, changed_at) \
     VALUES ($1, $2, $3, $4, 'in_force', $5)",
);

/// A note of a conversion.
#[derive(Debug)]
pub(crate) struct Note<'a> {
    pub(crate) note_number: &'a str,
    pub(crate) credit_code: &'a str,
    pub(crate) credit_code_after: &'a str,
    pub(crate) mode: &'a str,
    pub(crate) legal_form: &'a str,
    pub(crate) licence_number: &'a str,
}

/// A permit in force.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Permit {
    pub(crate) permit_number: String,
    pub(crate) kind: String,
}

/// Makes a record one of an enterprise, under its own code.
pub(crate) async fn convert(tx: &mut Tx, after: &Enterprise, at: i64) -> Result<(), Error> {
    let args = args![
        &after.credit_code,
        after.legal_form.clone(),
        &after.name,
        &after.address,
        &after.scope,
        after.capital_fen,
        at,
    ];
    tx.execute(CONVERT, args).await.map(drop)
}

/// Cancels a business and sets the enterprise up, with a copy of the archive.
pub(crate) async fn set_up(
    tx: &mut Tx,
    before: &str,
    after: &Enterprise,
    at: i64,
) -> Result<(), Error> {
    tx.execute(CANCEL, args![before, at]).await?;
    let args = args![
        &after.credit_code,
        &after.name,
        &after.registrar,
        &after.address,
        after.capital_fen,
        &after.founded_on,
        false,
        &after.legal_representative_id_number,
        &after.scope,
        after.legal_form.clone(),
        at,
    ];
    tx.execute(SET_UP, args).await?;
    let code = &after.credit_code;
    tx.execute(COPY_ARCHIVE, args![before, code, at]).await?;
    tx.execute(COPY_DOCUMENTS, args![before, code])
        .await
        .map(drop)
}

/// Enters the note of a conversion.
pub(crate) async fn note(tx: &mut Tx, note: &Note<'_>, at: i64) -> Result<(), Error> {
    let args = args![
        note.note_number,
        note.credit_code,
        note.credit_code_after,
        note.mode,
        note.legal_form,
        note.licence_number,
        at,
    ];
    tx.execute(NOTE, args).await.map(drop)
}

/// The permits in force of a record that the caller has locked.
pub(crate) async fn permits(tx: &mut Tx, credit_code: &str) -> Result<Vec<Permit>, Error> {
    tx.fetch_all(PERMITS, args![credit_code]).await
}

/// As [`permits`], without locks.
pub(crate) async fn read_permits(db: &Db, credit_code: &str) -> Result<Vec<Permit>, Error> {
    db.fetch_all(PERMITS, args![credit_code]).await
}

/// Voids a permit and issues it again.
pub(crate) async fn reissue(
    tx: &mut Tx,
    old: &Permit,
    number: &str,
    credit_code: &str,
    at: i64,
) -> Result<(), Error> {
    tx.execute(VOID_PERMIT, args![&old.permit_number, at])
        .await?;
    let args = args![number, credit_code, &old.kind, &old.permit_number, at];
    tx.execute(ISSUE_PERMIT, args).await.map(drop)
}
