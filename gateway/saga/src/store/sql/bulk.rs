//! One statement for many rows. SQLite takes them as a list of values, in a few lengths so that the
//! statements stay prepared; PostgreSQL takes them as arrays, a column each.

use onething_db::{Arg, Args, Backend, Result, Sql, Tx};

/// How many rows a list of values can have; more rows are cut into these.
const LENGTHS: [usize; 4] = [64, 16, 4, 1];

/// A statement over many rows, which returns a saga's id for each row it wrote.
pub(super) struct Bulk {
    sqlite: [Sql; LENGTHS.len()],
    postgres: Sql,
}

impl Bulk {
    /// `{rows}` stands for the rows in both texts. In PostgreSQL's they are arrays of `types`.
    pub(super) fn new(sqlite: &str, postgres: &str, types: &[&str]) -> Self {
        let row = format!("({})", vec!["?"; types.len()].join(", "));
        let arrays: Vec<_> = types
            .iter()
            .enumerate()
            .map(|(place, kind)| format!("${}::{kind}[]", place + 1))
            .collect();
        Self {
            sqlite: LENGTHS.map(|length| {
                let rows = vec![row.as_str(); length].join(", ");
                constant(sqlite.replace("{rows}", &rows))
            }),
            postgres: constant(postgres.replace("{rows}", &arrays.join(", "))),
        }
    }

    /// Runs the statement for all rows and returns the ids of the sagas it wrote to.
    pub(super) async fn run(&self, tx: &mut Tx, rows: Vec<Args>) -> Result<Vec<String>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids: Vec<(String,)> = Vec::with_capacity(rows.len());
        match tx.backend() {
            Backend::Postgres => ids = tx.fetch_all(self.postgres, columns(rows)).await?,
            Backend::Sqlite => {
                let mut rows = rows.into_iter();
                for (length, sql) in LENGTHS.into_iter().zip(self.sqlite) {
                    while rows.len() >= length {
                        let args = rows.by_ref().take(length).flatten().collect();
                        ids.extend(tx.fetch_all::<(String,)>(sql, args).await?);
                    }
                }
            }
        }
        Ok(ids.into_iter().map(|(id,)| id).collect())
    }

    /// Its texts, for a test that prepares them: in PostgreSQL all lengths are one.
    pub(super) fn statements(&self) -> impl Iterator<Item = Sql> {
        let postgres = self.postgres.text(Backend::Postgres);
        self.sqlite
            .map(|sql| Sql::each(sql.text(Backend::Sqlite), postgres))
            .into_iter()
    }
}

/// Statements are constants; these are put together once in a process's life.
fn constant(text: String) -> Sql {
    Sql::both(text.leak())
}

/// Rows turned into one array a column.
fn columns(rows: Vec<Args>) -> Args {
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
