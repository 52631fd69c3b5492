//! One statement for many rows. SQLite takes them as a list of values, with a statement for each length
//! so that all of them stay prepared; PostgreSQL takes them as arrays, a column each.

use std::sync::OnceLock;

use onething_db::{Arg, Args, Backend, Result, Sql, Tx, Write};

/// How many rows a list of values can have; more are written in several goes.
const LONGEST: usize = 128;

/// A statement over many rows.
pub(super) struct Bulk {
    sqlite: &'static str,
    columns: usize,
    lengths: [OnceLock<Sql>; LONGEST],
    postgres: Sql,
}

impl Bulk {
    /// `{rows}` stands for the rows in both texts. In PostgreSQL's they are arrays of `types`.
    pub(super) fn new(sqlite: &'static str, postgres: &str, types: &[&str]) -> Self {
        let arrays: Vec<_> = types
            .iter()
            .enumerate()
            .map(|(place, kind)| format!("${}::{kind}[]", place + 1))
            .collect();
        Self {
            sqlite,
            columns: types.len(),
            lengths: [const { OnceLock::new() }; LONGEST],
            postgres: constant(postgres.replace("{rows}", &arrays.join(", "))),
        }
    }

    /// Runs the statement for all rows and says how many it wrote.
    pub(super) async fn run(&self, tx: &mut Tx, mut rows: Vec<Args>) -> Result<u64> {
        let mut written = 0;
        while !rows.is_empty() {
            written += match tx.backend() {
                Backend::Postgres => {
                    let rows = std::mem::take(&mut rows);
                    tx.execute(self.postgres, columns(rows)).await?
                }
                Backend::Sqlite => {
                    let rest = rows.split_off(rows.len().min(LONGEST));
                    let sql = self.text(rows.len());
                    let rows = std::mem::replace(&mut rows, rest);
                    tx.execute(sql, rows.into_iter().flatten().collect())
                        .await?
                }
            };
        }
        Ok(written)
    }

    /// SQLite only: the statement for these rows, no more than a list can have, each of which it must
    /// write; none when there are no rows.
    pub(super) fn write(&self, rows: Vec<Args>) -> Option<Write> {
        (!rows.is_empty()).then(|| Write {
            sql: self.text(rows.len()),
            rows: rows.len(),
            args: rows.into_iter().flatten().collect(),
        })
    }

    /// The statement for a list of `length` values, in PostgreSQL for any number.
    pub(super) fn text(&self, length: usize) -> Sql {
        *self.lengths[length - 1].get_or_init(|| {
            let row = format!("({})", vec!["?"; self.columns].join(", "));
            let rows = vec![row.as_str(); length].join(", ");
            constant(self.sqlite.replace("{rows}", &rows))
        })
    }

    /// Some of its texts, for a test that prepares them.
    pub(super) fn statements(&self) -> impl Iterator<Item = Sql> {
        let postgres = self.postgres.text(Backend::Postgres);
        [1, 2, LONGEST]
            .map(|length| Sql::each(self.text(length).text(Backend::Sqlite), postgres))
            .into_iter()
    }
}

/// Statements are constants; these are put together once in a process's life.
fn constant(text: String) -> Sql {
    Sql::both(text.leak())
}

/// Rows turned into one array a column.
pub(super) fn columns(rows: Vec<Args>) -> Args {
    let mut columns: Args = rows.first().map_or_else(Vec::new, |row| {
        row.iter()
            .map(|arg| match arg {
                Arg::Int(_) => Arg::Ints(Vec::new()),
                Arg::Bool(_) => Arg::Bools(Vec::new()),
                Arg::Bytes(_) => Arg::Blobs(Vec::new()),
                _ => Arg::Texts(Vec::new()),
            })
            .collect()
    });
    for row in rows {
        for (column, arg) in columns.iter_mut().zip(row) {
            match (column, arg) {
                (Arg::Ints(column), Arg::Int(value)) => column.push(value),
                (Arg::Bools(column), Arg::Bool(value)) => column.push(value.unwrap_or_default()),
                (Arg::Blobs(column), Arg::Bytes(value)) => column.push(value),
                (Arg::Texts(column), Arg::Text(value)) => column.push(value),
                // A column has one type in every row.
                _ => {}
            }
        }
    }
    columns
}
