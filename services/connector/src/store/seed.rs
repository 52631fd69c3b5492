//! Many records at once, for a database that begins with a population.

use onething_db::{Db, Error, Sql, Tx, args};
use serde_json::{Value, json};

use super::record::{Body, index_text};

pub(super) const COUNT: Sql =
    Sql::both("SELECT COUNT(*) FROM (SELECT 1 AS one FROM record LIMIT 1) AS any_record");
pub(super) const RECORDS: Sql = Sql::each(
    "INSERT INTO record (department, kind, key, version, content, state, body, changed_at) \
     SELECT $1, $2, item.value ->> 'key', 1, 1, 'in_force', item.value -> 'body', $4 \
     FROM json_each($3) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO record (department, kind, key, version, content, state, body, changed_at) \
     SELECT $1, $2, item ->> 'key', 1, 1, 'in_force', item -> 'body', $4 \
     FROM jsonb_array_elements($3) AS item ON CONFLICT DO NOTHING",
);
pub(super) const VERSIONS: Sql = Sql::each(
    "INSERT INTO record_version (department, kind, key, version, state, body, changed_at) \
     SELECT $1, $2, item.value ->> 'key', 1, 'in_force', item.value -> 'body', $4 \
     FROM json_each($3) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO record_version (department, kind, key, version, state, body, changed_at) \
     SELECT $1, $2, item ->> 'key', 1, 'in_force', item -> 'body', $4 \
     FROM jsonb_array_elements($3) AS item ON CONFLICT DO NOTHING",
);
pub(super) const INDEX: Sql = Sql::each(
    "INSERT INTO record_index (department, kind, attribute, value, key) \
     SELECT $1, $2, item.value ->> 'attribute', item.value ->> 'value', item.value ->> 'key' \
     FROM json_each($3) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO record_index (department, kind, attribute, value, key) \
     SELECT $1, $2, item ->> 'attribute', item ->> 'value', item ->> 'key' \
     FROM jsonb_array_elements($3) AS item ON CONFLICT DO NOTHING",
);

/// How many records one statement takes.
const BATCH: usize = 500;

/// A record to begin with.
pub(crate) struct Seed {
    pub(crate) key: String,
    pub(crate) body: Body,
}

/// Whether the store has any record at all.
pub(crate) async fn has_records(db: &Db) -> Result<bool, Error> {
    let (count,): (i64,) = db.fetch_one(COUNT, args![]).await?;
    Ok(count > 0)
}

/// Puts records of one kind into the store. Those whose key is there already are left alone.
pub(crate) async fn plant(
    tx: &mut Tx,
    department: &str,
    kind: &str,
    seeds: &[Seed],
    indexed: &[String],
    at: i64,
) -> Result<(), Error> {
    for batch in seeds.chunks(BATCH) {
        let records: Value = batch
            .iter()
            .map(|seed| json!({"key": seed.key, "body": seed.body}))
            .collect();
        let index: Value = batch
            .iter()
            .flat_map(|seed| indexed.iter().map(move |attribute| (seed, attribute)))
            .filter_map(|(seed, attribute)| {
                let value = index_text(seed.body.get(attribute)?)?;
                Some(json!({"attribute": attribute, "value": value, "key": seed.key}))
            })
            .collect();
        for sql in [RECORDS, VERSIONS] {
            tx.execute(sql, args![department, kind, &records, at])
                .await?;
        }
        tx.execute(INDEX, args![department, kind, index]).await?;
    }
    Ok(())
}
