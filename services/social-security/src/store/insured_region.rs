//! Where insured persons live, as household moves told it.

use onething_db::{Error, Sql, Tx, args};

const KNOWN: Sql = Sql::both(
    "SELECT COUNT(*) FROM person WHERE id_number = $1 AND ( \
     EXISTS (SELECT 1 FROM employee_insurance WHERE employee_insurance.id_number = $1 \
     AND employee_insurance.state = 'in_force') \
     OR EXISTS (SELECT 1 FROM resident_enrolment WHERE resident_enrolment.id_number = $1 \
     AND resident_enrolment.state = 'in_force'))",
);
const CURRENT: Sql = Sql::both(
    "SELECT change_number FROM insured_region WHERE id_number = $1 AND state = 'in_force'",
);
const MARK: Sql =
    Sql::both("UPDATE insured_region SET state = $2, changed_at = $3 WHERE change_number = $1");
const INSERT: Sql = Sql::both(
    "INSERT INTO insured_region (change_number, id_number, region, move_number, state, changed_at) \
     VALUES ($1, $2, $3, $4, 'in_force', $5)",
);

#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[KNOWN, CURRENT, MARK, INSERT];

/// A division to note.
#[derive(Clone, Copy)]
pub(crate) struct NewRegion<'a> {
    pub(crate) change_number: &'a str,
    pub(crate) id_number: &'a str,
    pub(crate) region: &'a str,
    pub(crate) move_number: &'a str,
    /// Microseconds since the epoch.
    pub(crate) at: i64,
}

/// Whether a person is insured.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn insured(tx: &mut Tx, id_number: &str) -> Result<bool, Error> {
    let (count,): (i64,) = tx.fetch_one(KNOWN, args![id_number]).await?;
    Ok(count > 0)
}

/// Notes a locked person's division and gives the number of the entry that it replaces.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn note(tx: &mut Tx, new: NewRegion<'_>) -> Result<Option<String>, Error> {
    let before: Option<(String,)> = tx.fetch_optional(CURRENT, args![new.id_number]).await?;
    let before = before.map(|(number,)| number);
    if let Some(before) = &before {
        tx.execute(MARK, args![before, "replaced", new.at]).await?;
    }
    let args = args![
        new.change_number,
        new.id_number,
        new.region,
        new.move_number,
        new.at
    ];
    tx.execute(INSERT, args).await?;
    Ok(before)
}

/// Whether an entry is the one in force of a locked person.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn in_force(tx: &mut Tx, id_number: &str, number: &str) -> Result<bool, Error> {
    let current: Option<(String,)> = tx.fetch_optional(CURRENT, args![id_number]).await?;
    Ok(current.is_some_and(|(current,)| current == number))
}

/// Undoes an entry and restores the one before.
///
/// # Errors
/// When the database refuses or does not answer.
pub(crate) async fn restore(
    tx: &mut Tx,
    number: &str,
    before: Option<&str>,
    at: i64,
) -> Result<(), Error> {
    tx.execute(MARK, args![number, "annulled", at]).await?;
    if let Some(before) = before {
        tx.execute(MARK, args![before, "in_force", at]).await?;
    }
    Ok(())
}
