//! Enterprises: who is registered where, and what is entered against them.

use onething_db::{Error, Sql, Tx, args};

/// The status of an enterprise in business (存续).
pub(crate) const ACTIVE: &str = "active";

pub(super) const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT credit_code, code_confirmed_by, name, kind, status, registrar, address, capital_fen, \
     founded_on, abnormal_listed, serious_breach_listed, equity_frozen, open_cases, \
     legal_representative_id_number, scope, family_operated, legal_form FROM enterprise WHERE credit_code = $1",
    "SELECT credit_code, code_confirmed_by, name, kind, status, registrar, address, capital_fen, \
     founded_on, abnormal_listed, serious_breach_listed, equity_frozen, open_cases, \
     legal_representative_id_number, scope, family_operated, legal_form FROM enterprise WHERE credit_code = $1 \
     FOR UPDATE",
);
pub(super) const SAME_NAME: Sql = Sql::both(
    "SELECT registrar FROM enterprise \
     WHERE name = $1 AND status = 'active' AND credit_code <> $2 ORDER BY credit_code",
);
pub(super) const RELOCATE: Sql = Sql::both(
    "UPDATE enterprise SET registrar = $2, address = $3, changed_at = $4 WHERE credit_code = $1",
);

/// An enterprise's record.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Enterprise {
    pub(crate) credit_code: String,
    /// The registrar that confirmed a code whose check characters are wrong.
    pub(crate) code_confirmed_by: Option<String>,
    pub(crate) name: String,
    /// A value of the element `enterprise.kind`.
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) registrar: String,
    pub(crate) address: String,
    pub(crate) capital_fen: i64,
    /// The day of foundation, YYYY-MM-DD.
    pub(crate) founded_on: String,
    pub(crate) abnormal_listed: bool,
    pub(crate) serious_breach_listed: bool,
    pub(crate) equity_frozen: bool,
    pub(crate) open_cases: i64,
    /// Empty where nobody told this system.
    pub(crate) legal_representative_id_number: String,
    /// The business scope; empty where nobody told this system.
    pub(crate) scope: String,
    /// Whether other members of the operator's family take part in an individual business.
    pub(crate) family_operated: bool,
    /// What a converted individual business became.
    pub(crate) legal_form: Option<String>,
}

impl AsRef<Self> for Enterprise {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Finds a record and locks it. Every action and annulment begins with this, so that those on one
/// record follow one another.
pub(crate) async fn lock(tx: &mut Tx, credit_code: &str) -> Result<Option<Enterprise>, Error> {
    tx.fetch_optional(LOCK, args![credit_code]).await
}

/// The registrars of the other active enterprises with a name.
pub(crate) async fn registrars_of_same_name(
    tx: &mut Tx,
    name: &str,
    credit_code: &str,
) -> Result<Vec<String>, Error> {
    let rows: Vec<(String,)> = tx.fetch_all(SAME_NAME, args![name, credit_code]).await?;
    Ok(rows.into_iter().map(|(registrar,)| registrar).collect())
}

/// Enters the new registrar and address.
pub(crate) async fn relocate(
    tx: &mut Tx,
    credit_code: &str,
    registrar: &str,
    address: &str,
    at: i64,
) -> Result<(), Error> {
    tx.execute(RELOCATE, args![credit_code, registrar, address, at])
        .await
        .map(drop)
}

/// A record against which nothing stands.
#[cfg(test)]
pub(crate) fn sample(credit_code: &str) -> Enterprise {
    Enterprise {
        credit_code: credit_code.to_owned(),
        code_confirmed_by: None,
        name: "乌海市晨曦商贸有限公司".to_owned(),
        kind: "company".to_owned(),
        status: ACTIVE.to_owned(),
        registrar: "150302".to_owned(),
        address: "内蒙古自治区乌海市海勃湾区新华街1号".to_owned(),
        capital_fen: 100_000_000,
        founded_on: "2015-06-01".to_owned(),
        abnormal_listed: false,
        serious_breach_listed: false,
        equity_frozen: false,
        open_cases: 0,
        legal_representative_id_number: String::new(),
        scope: String::new(),
        family_operated: false,
        legal_form: None,
    }
}
