//! The departments' own SQLite files, whatever tables they have: what a case left in them.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{collections::BTreeMap, path::Path};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, query_as, query_scalar};

use crate::suite::DEPARTMENTS;

/// States of rows that have no effect in law: they are kept, for the record.
const WITHOUT_EFFECT: [&str; 10] = [
    "annulled",
    "cancelled",
    "closed",
    "expired",
    "refunded",
    "released",
    "returned",
    "revoked",
    "void",
    "withdrawn",
];

/// A table of a department.
type Table = (&'static str, String);

/// One call in a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The department's process.
    pub department: &'static str,
    /// The step.
    pub step: String,
    /// The item of a repeated step; empty otherwise.
    pub item: String,
    /// The round.
    pub round: i64,
    /// What became of it.
    pub outcome: String,
}

/// What the departments' databases have: the rows of every register, and every call in a ledger. Logs
/// and number sequences only grow and are left out, as are the times at which something was written.
#[derive(Debug, Default)]
pub struct Databases {
    /// Each row with the number of rows that are like it.
    rows: BTreeMap<Table, BTreeMap<Row, usize>>,
    /// Every call.
    pub calls: Vec<Recorded>,
}

/// A row as text, and whether it has an effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    text: String,
    in_force: bool,
}

impl Databases {
    /// Reads a data folder whose suite has stopped.
    ///
    /// # Panics
    /// When a database cannot be read.
    pub async fn read(folder: &Path) -> Self {
        let mut all = Self::default();
        for department in DEPARTMENTS {
            let file = folder.join(format!("{department}.db"));
            let url = format!("sqlite:{}", file.display());
            let mut database = SqliteConnection::connect(&url).await.unwrap();
            all.read_calls(department, &mut database).await;
            for table in tables(&mut database).await {
                let rows = rows(&mut database, &table).await;
                all.rows.insert((department, table), rows);
            }
            database.close().await.unwrap();
        }
        all
    }

    async fn read_calls(&mut self, department: &'static str, database: &mut SqliteConnection) {
        let calls = "SELECT step, item, round, outcome FROM ledger UNION ALL \
                     SELECT step, item, round, outcome FROM ledger_past";
        let calls: Vec<(String, String, i64, String)> =
            query_as(calls).fetch_all(database).await.unwrap();
        let calls = calls.into_iter();
        self.calls
            .extend(calls.map(|(step, item, round, outcome)| Recorded {
                department,
                step,
                item,
                round,
                outcome,
            }));
    }

    /// What is in force here and was not before, and what was before and is not here: nothing, when
    /// everything was undone.
    #[must_use]
    pub fn changes_in_force(&self, before: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        for (table, rows) in &self.rows {
            let none = BTreeMap::new();
            let known = before.rows.get(table).unwrap_or(&none);
            let all: std::collections::BTreeSet<_> = rows.keys().chain(known.keys()).collect();
            for row in all {
                let count = |rows: &BTreeMap<Row, usize>| rows.get(row).copied().unwrap_or(0);
                let (now, then) = (count(rows), count(known));
                let (department, table) = table;
                if now > then && row.in_force {
                    changes.push(format!("{department}.{table} has now: {}", row.text));
                }
                if now < then {
                    changes.push(format!("{department}.{table} had before: {}", row.text));
                }
            }
        }
        changes
    }
}

/// The registers: every table but the ledger's, the migrations', number sequences, logs (histories,
/// earlier versions, the index by which annulled records are found as well), and rows that are there to
/// be locked and say nothing (`name_claim`).
async fn tables(database: &mut SqliteConnection) -> Vec<String> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                  AND name NOT LIKE 'migrations_%' AND name NOT LIKE 'ledger%' \
                  AND name NOT LIKE '%history%' AND name NOT LIKE '%sequence%' \
                  AND name NOT LIKE '%version%' AND name NOT LIKE '%index%' \
                  AND name <> 'name_claim' ORDER BY name";
    query_scalar(tables).fetch_all(database).await.unwrap()
}

async fn rows(database: &mut SqliteConnection, table: &str) -> BTreeMap<Row, usize> {
    let columns = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns: Vec<String> = query_scalar(AssertSqlSafe(columns))
        .fetch_all(&mut *database)
        .await
        .unwrap();
    // When something was written, and how often, tells nothing of what is in force.
    let told =
        |name: &&String| !name.ends_with("_at") && !["version", "content"].contains(&name.as_str());
    let told: Vec<_> = columns.iter().filter(told).collect();
    let text = told
        .iter()
        .map(|name| format!("'{name}=' || quote({name})"));
    let text = text.collect::<Vec<_>>().join(" || ', ' || ");
    let state = if columns.iter().any(|name| name == "state") {
        "CAST(state AS TEXT)"
    } else {
        "''"
    };
    let rows = format!("SELECT {text}, {state} FROM {table}");
    let rows: Vec<(String, String)> = query_as(AssertSqlSafe(rows))
        .fetch_all(&mut *database)
        .await
        .unwrap();
    let mut counted = BTreeMap::new();
    for (text, state) in rows {
        let in_force = !WITHOUT_EFFECT.contains(&state.as_str());
        *counted.entry(Row { text, in_force }).or_default() += 1;
    }
    counted
}
