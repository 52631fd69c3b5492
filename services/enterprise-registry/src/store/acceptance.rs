//! Acceptances of moves at the destination, each of which reserves a name while it is in force.

use onething_db::{Error, Sql, Tx, args};

use super::state::State;

pub(super) const FIND: Sql = Sql::both(
    "SELECT acceptance_number, target_registrar, target_address, state FROM relocation_acceptance \
     WHERE acceptance_number = $1 AND credit_code = $2",
);
// The reservation of a name that another transaction is about to make or to end is waited for.
pub(super) const INSERT: Sql = Sql::both(
    "INSERT INTO relocation_acceptance (acceptance_number, credit_code, name, city, \
     target_registrar, target_address, premises_right, resolution_date, state, accepted_at, \
     changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'in_force', $9, $9) \
     ON CONFLICT (name, city) WHERE state = 'in_force' DO NOTHING",
);
pub(super) const MARK: Sql = Sql::both(
    "UPDATE relocation_acceptance SET state = $2, changed_at = $3 WHERE acceptance_number = $1",
);

/// An acceptance, as later steps need it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Acceptance {
    pub(crate) acceptance_number: String,
    pub(crate) target_registrar: String,
    pub(crate) target_address: String,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
}

/// A new acceptance.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) acceptance_number: &'a str,
    pub(crate) credit_code: &'a str,
    /// The reserved name.
    pub(crate) name: &'a str,
    /// The division of the league or city where it is reserved.
    pub(crate) city: &'a str,
    pub(crate) target_registrar: &'a str,
    pub(crate) target_address: &'a str,
    pub(crate) premises_right: &'a str,
    pub(crate) resolution_date: &'a str,
}

/// An enterprise's acceptance with a number, in whatever state.
pub(crate) async fn find(
    tx: &mut Tx,
    acceptance_number: &str,
    credit_code: &str,
) -> Result<Option<Acceptance>, Error> {
    tx.fetch_optional(FIND, args![acceptance_number, credit_code])
        .await
}

/// Enters an acceptance in force and reserves its name; false when another one has reserved it.
pub(crate) async fn insert(tx: &mut Tx, draft: &Draft<'_>, at: i64) -> Result<bool, Error> {
    let args = args![
        draft.acceptance_number,
        draft.credit_code,
        draft.name,
        draft.city,
        draft.target_registrar,
        draft.target_address,
        draft.premises_right,
        draft.resolution_date,
        at,
    ];
    Ok(tx.execute(INSERT, args).await? == 1)
}

/// Marks an acceptance. Out of force it reserves no name.
pub(crate) async fn mark(
    tx: &mut Tx,
    acceptance_number: &str,
    state: State,
    at: i64,
) -> Result<(), Error> {
    tx.execute(MARK, args![acceptance_number, state.as_str(), at])
        .await
        .map(drop)
}
