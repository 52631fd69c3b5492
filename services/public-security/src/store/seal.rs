//! Seals: where each is filed now, and every filing it ever had.

use onething_db::{Db, Error, Sql, Tx, args};
use onething_proto::public_security;

const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT credit_code, seal_number, registrar, filing_number, registrar_serial, name_serial \
     FROM seal WHERE credit_code = $1",
    "SELECT credit_code, seal_number, registrar, filing_number, registrar_serial, name_serial \
     FROM seal WHERE credit_code = $1 \
     FOR UPDATE",
);
const READ: Sql = Sql::both(
    "SELECT credit_code, seal_number, registrar, filing_number, registrar_serial, name_serial \
     FROM seal WHERE credit_code = $1",
);
const MOVE: Sql =
    Sql::both("UPDATE seal SET registrar = $2, filing_number = $3 WHERE credit_code = $1");
const FILE: Sql = Sql::both(
    "INSERT INTO seal_filing (filing_number, credit_code, position, registrar, filed_at) \
     SELECT $1, $2, COALESCE(MAX(position), 0) + 1, $3, $4 FROM seal_filing \
     WHERE credit_code = $2",
);

const FOLLOW: Sql = Sql::both("UPDATE seal SET registrar_serial = $2 WHERE credit_code = $1");
const NOTE: Sql = Sql::both(
    "INSERT INTO seal_overtaken (credit_code, position, registration_serial, registrar, name, told_at) \
     SELECT $1, COALESCE(MAX(position), 0) + 1, $2, $3, $4, $5 FROM seal_overtaken \
     WHERE credit_code = $1",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK, READ, MOVE, FILE, FOLLOW, NOTE];

/// A seal and its current filing.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Seal {
    pub(crate) credit_code: String,
    pub(crate) seal_number: String,
    /// Division of the office that keeps the filing.
    pub(crate) registrar: String,
    pub(crate) filing_number: String,
    /// The enterprise's registration that the office follows; 0 of none that was told.
    pub(crate) registrar_serial: i64,
    /// The enterprise's registration whose name the seal bears; 0 of none that was told.
    pub(crate) name_serial: i64,
}

impl From<Seal> for public_security::Seal {
    fn from(seal: Seal) -> Self {
        Self {
            credit_code: seal.credit_code,
            seal_number: seal.seal_number,
            registrar: seal.registrar,
            filing_number: seal.filing_number,
        }
    }
}

/// What a registration would have brought that a later one had overtaken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overtaken<'a> {
    pub(crate) credit_code: &'a str,
    pub(crate) registration_serial: i64,
    /// The office to file with.
    pub(crate) registrar: Option<&'a str>,
    /// The name to bear.
    pub(crate) name: Option<&'a str>,
}

/// A filing to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filing<'a> {
    pub(crate) filing_number: &'a str,
    pub(crate) credit_code: &'a str,
    pub(crate) registrar: &'a str,
    /// Microseconds since the epoch.
    pub(crate) filed_at: i64,
}

/// Locks and reads an enterprise's seal.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn lock(tx: &mut Tx, credit_code: &str) -> Result<Option<Seal>, Error> {
    tx.fetch_optional(LOCK, args![credit_code]).await
}

/// Reads an enterprise's seal.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn read(db: &Db, credit_code: &str) -> Result<Option<Seal>, Error> {
    db.fetch_optional(READ, args![credit_code]).await
}

/// Files a locked seal with another office.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn refile(tx: &mut Tx, filing: Filing<'_>) -> Result<(), Error> {
    let (number, code) = (filing.filing_number, filing.credit_code);
    let registrar = filing.registrar;
    tx.execute(MOVE, args![code, registrar, number]).await?;
    let args = args![number, code, registrar, filing.filed_at];
    tx.execute(FILE, args).await.map(drop)
}

/// Has the office of a locked seal follow a registration of the enterprise.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn follow(tx: &mut Tx, credit_code: &str, serial: i64) -> Result<(), Error> {
    tx.execute(FOLLOW, args![credit_code, serial])
        .await
        .map(drop)
}

/// Notes a registration that a locked seal does not follow any more.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn note_overtaken(tx: &mut Tx, told: Overtaken<'_>, at: i64) -> Result<(), Error> {
    let args = args![
        told.credit_code,
        told.registration_serial,
        told.registrar,
        told.name,
        at,
    ];
    tx.execute(NOTE, args).await.map(drop)
}
