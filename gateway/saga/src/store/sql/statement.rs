//! Every statement of the store.

use std::sync::LazyLock;

use onething_db::{Backend, Sql};

use super::bulk::Bulk;

macro_rules! row {
    ($($rest:literal),*) => {
        concat!(
            "SELECT saga_id, definition, version, state, waiting, epoch, owner, seq, mac, responsible, ",
            "wake_at, wake_reason, accepted_at, updated_at, ended_at, quarantined, seal FROM saga ",
            $($rest),*
        )
    };
}

/// Above every number before, and no lower than the microseconds since 1970: so a database that was
/// restored gives no number again that its lost part has given.
pub(super) const RAISE_INCARNATION: Sql = Sql::each(
    "UPDATE saga_incarnation SET incarnation = MAX(incarnation + 1, $1, \
     CAST(unixepoch('subsec') * 1000000 AS INTEGER)) WHERE id = 1",
    "UPDATE saga_incarnation SET incarnation = GREATEST(incarnation + 1, $1, \
     CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)) WHERE id = 1",
);

pub(super) const INCARNATION: Sql =
    Sql::both("SELECT incarnation FROM saga_incarnation WHERE id = 1");

/// Here and below `clock_timestamp()` is read when the row is written, not when the statement began:
/// a lease that had to wait for a lock is not longer for it.
pub(super) const BEGIN_LEASE: Sql = Sql::each(
    "INSERT INTO saga_owner (incarnation, expires_at, dead) VALUES ($1, $2, FALSE)",
    "INSERT INTO saga_owner (incarnation, expires_at, dead) VALUES ($1, \
     $2 + CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT), FALSE)",
);

pub(super) const RENEW_LEASE: Sql = Sql::each(
    "UPDATE saga_owner SET expires_at = $2 WHERE incarnation = $1 AND NOT dead",
    "UPDATE saga_owner SET expires_at = $2 + CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 \
     AS BIGINT) WHERE incarnation = $1 AND NOT dead \
     AND expires_at > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
);

/// The lock keeps the lease from being declared dead before this transaction has ended.
pub(super) const HOLD_LEASE: Sql = Sql::each(
    "SELECT incarnation FROM saga_owner WHERE incarnation = $1 AND NOT dead",
    "SELECT incarnation FROM saga_owner WHERE incarnation = $1 AND NOT dead \
     AND expires_at > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) FOR SHARE",
);

/// On SQLite there is one gateway, so that every other incarnation is one of the past.
pub(super) const DECLARE_DEAD: Sql = Sql::each(
    "UPDATE saga_owner SET dead = TRUE WHERE incarnation <> $1 AND NOT dead",
    "UPDATE saga_owner SET dead = TRUE WHERE incarnation IN (SELECT incarnation FROM saga_owner \
     WHERE incarnation <> $1 AND NOT dead \
     AND expires_at <= CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) \
     FOR UPDATE SKIP LOCKED)",
);

pub(super) const END_LEASE: Sql =
    Sql::both("UPDATE saga_owner SET dead = TRUE WHERE incarnation = $1");

pub(super) const FORGET_OWNERS: Sql = Sql::both(
    "DELETE FROM saga_owner WHERE dead AND incarnation <> $1 \
     AND NOT EXISTS (SELECT 1 FROM saga WHERE saga.owner = saga_owner.incarnation)",
);

pub(super) const DEDUPE: Sql = Sql::both("SELECT saga_id, digest FROM saga WHERE dedupe_key = $1");

/// New sagas. A row whose id or dedupe key is there already is left out.
pub(super) static INSERT_SAGAS: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "INSERT INTO saga (saga_id, definition, version, state, waiting, epoch, owner, seq, mac, \
         responsible, wake_at, wake_reason, accepted_at, updated_at, ended_at, dedupe_key, digest, \
         seal, due_at) \
         VALUES {rows} ON CONFLICT DO NOTHING",
        "INSERT INTO saga (saga_id, definition, version, state, waiting, epoch, owner, seq, mac, \
         responsible, wake_at, wake_reason, accepted_at, updated_at, ended_at, dedupe_key, digest, \
         seal, due_at) \
         SELECT * FROM UNNEST({rows}) ON CONFLICT DO NOTHING",
        NEW_SAGA,
    )
});

macro_rules! mine {
    () => {
        "WHERE incarnation = $2 AND NOT dead AND settled = $3 \
         AND expires_at > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) FOR SHARE"
    };
}

/// One row of the log, while this incarnation lives and nobody else has settled its log.
pub(super) const LOG: Sql = Sql::each(
    "INSERT INTO saga_log (incarnation, entries) SELECT incarnation, ? FROM saga_owner \
     WHERE incarnation = ? AND NOT dead AND settled = ?",
    concat!(
        "INSERT INTO saga_log (entries, incarnation) SELECT $1::bytea, incarnation FROM saga_owner ",
        mine!()
    ),
);

/// PostgreSQL only: new sagas and a row of the log. A known saga or dedupe key fails all of it.
pub(super) static ACCEPT_AND_LOG: LazyLock<Sql> = LazyLock::new(|| {
    let types = NEW_SAGA.iter().enumerate();
    let arrays: Vec<_> = types
        .map(|(place, kind)| format!("${}::{kind}[]", place + 4))
        .collect();
    let text = format!(
        "WITH mine AS (SELECT incarnation FROM saga_owner {}), \
         new AS (INSERT INTO saga (saga_id, definition, version, state, waiting, epoch, owner, seq, \
         mac, responsible, wake_at, wake_reason, accepted_at, updated_at, ended_at, dedupe_key, \
         digest, seal, due_at) SELECT u.* FROM UNNEST({}) AS u CROSS JOIN mine) \
         INSERT INTO saga_log (entries, incarnation) SELECT $1::bytea, incarnation FROM mine",
        mine!(),
        arrays.join(", ")
    );
    // Put together once in a process's life.
    Sql::both(text.leak())
});

pub(super) const LOGGED: Sql =
    Sql::both("SELECT entries FROM saga_log WHERE incarnation = $1 ORDER BY id");

pub(super) const ALL_LOGGED: Sql = Sql::both("SELECT entries FROM saga_log ORDER BY id");

pub(super) const FORGET_LOGGED: Sql = Sql::both("DELETE FROM saga_log WHERE incarnation = $1");

/// The oldest of an incarnation's commits.
pub(super) const FORGET_FIRST_LOGGED: Sql = Sql::both(
    "DELETE FROM saga_log WHERE id IN \
     (SELECT id FROM saga_log WHERE incarnation = $1 ORDER BY id LIMIT $2)",
);

pub(super) const LOGS_OF_DEAD: Sql = Sql::both(
    "SELECT DISTINCT incarnation FROM saga_log \
     WHERE incarnation NOT IN (SELECT incarnation FROM saga_owner WHERE NOT dead)",
);

/// How many times others have settled an incarnation's log.
pub(super) const SETTLED: Sql = Sql::each(
    "SELECT settled FROM saga_owner WHERE incarnation = $1",
    "SELECT settled FROM saga_owner WHERE incarnation = $1 FOR SHARE",
);

pub(super) const SETTLED_BY_OTHERS: Sql =
    Sql::both("UPDATE saga_owner SET settled = settled + 1 WHERE incarnation = $1 AND NOT dead");

/// Who has a saga. The lock keeps others from taking it over meanwhile.
pub(super) const OWNER: Sql = Sql::each(
    "SELECT owner FROM saga WHERE saga_id = $1",
    "SELECT owner FROM saga WHERE saga_id = $1 FOR UPDATE",
);

pub(super) const OWNER_SEEN: Sql = Sql::both("SELECT owner FROM saga WHERE saga_id = $1");

pub(super) const KEEP_CHAPTER: Sql = Sql::both(
    "INSERT INTO saga_chapter (saga_id, first, events) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
);

/// SQLite only: one row of the log, if none of these sagas and dedupe keys is known already.
pub(super) static LOG_NEW: LazyLock<Bulk> = LazyLock::new(|| {
    let text = format!(
        "{} AND NOT EXISTS (SELECT 1 FROM (VALUES {{rows}}) AS v JOIN saga \
         ON saga.saga_id = v.column1 OR saga.dedupe_key = v.column2)",
        LOG.text(Backend::Sqlite)
    );
    // Put together once in a process's life.
    Bulk::new(text.leak(), "", &["text", "text"])
});

const NEW_SAGA: &[&str] = &[
    "text", "text", "bigint", "text", "boolean", "bigint", "bigint", "bigint", "bytea", "text",
    "bigint", "text", "bigint", "bigint", "bigint", "text", "bytea", "bytea", "bigint",
];

pub(super) static INSERT_CHAPTERS: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "INSERT INTO saga_chapter (saga_id, first, events) VALUES {rows}",
        "INSERT INTO saga_chapter (saga_id, first, events) SELECT * FROM UNNEST({rows})",
        &["text", "bigint", "bytea"],
    )
});

/// The guard and the projection in one: nothing is changed under another epoch or after another event.
pub(super) static ADVANCE: LazyLock<Bulk> = LazyLock::new(|| {
    Bulk::new(
        "UPDATE saga SET seq = v.column4, mac = v.column5, state = v.column6, waiting = v.column7, \
         responsible = v.column8, wake_at = v.column9, wake_reason = v.column10, \
         updated_at = v.column11, ended_at = v.column12, owner = v.column13, due_at = v.column14, \
         quarantined = NULL FROM (VALUES {rows}) AS v \
         WHERE saga.saga_id = v.column1 AND saga.epoch = v.column2 AND saga.seq = v.column3",
        "UPDATE saga SET seq = v.seq, mac = v.mac, state = v.state, waiting = v.waiting, \
         responsible = v.responsible, wake_at = v.wake_at, wake_reason = v.wake_reason, \
         updated_at = v.updated_at, ended_at = v.ended_at, owner = v.owner, due_at = v.due_at, \
         quarantined = NULL FROM UNNEST({rows}) AS v(saga_id, epoch, before, seq, mac, state, \
         waiting, responsible, wake_at, wake_reason, updated_at, ended_at, owner, due_at) \
         WHERE saga.saga_id = v.saga_id AND saga.epoch = v.epoch AND saga.seq = v.before",
        &[
            "text", "bigint", "bigint", "bigint", "bytea", "text", "boolean", "text", "bigint",
            "text", "bigint", "bigint", "bigint", "bigint",
        ],
    )
});

/// Whether a saga's row is as an append leaves it.
pub(super) const ADVANCED: Sql = Sql::both(
    "SELECT saga_id FROM saga WHERE saga_id = $1 AND epoch = $2 AND seq = $3 AND mac = $4",
);

/// The end of a saga's chain as its row has it.
pub(super) const HEAD: Sql = Sql::both("SELECT seq, mac FROM saga WHERE saga_id = $1");

/// Whether a saga's row was inserted in this transaction, which has not written its events yet.
pub(super) const INSERTED: Sql = Sql::both(
    "SELECT saga_id FROM saga WHERE saga_id = $1 \
     AND NOT EXISTS (SELECT 1 FROM saga_chapter WHERE saga_chapter.saga_id = $1) \
     AND NOT EXISTS (SELECT 1 FROM saga_event WHERE saga_event.saga_id = $1)",
);

pub(super) const ACQUIRE_FREE: Sql = Sql::each(
    "UPDATE saga SET epoch = MAX(epoch + 1, $2), owner = $2, due_at = NULL WHERE saga_id = $1 \
     AND ended_at IS NULL AND (owner IS NULL OR owner = $2 \
     OR NOT EXISTS (SELECT 1 FROM saga_owner o WHERE o.incarnation = owner AND NOT o.dead))",
    "UPDATE saga SET epoch = GREATEST(epoch + 1, $2), owner = $2, due_at = NULL WHERE saga_id = $1 \
     AND ended_at IS NULL AND (owner IS NULL OR owner = $2 \
     OR NOT EXISTS (SELECT 1 FROM saga_owner o WHERE o.incarnation = owner AND NOT o.dead))",
);

pub(super) const ACQUIRE: Sql = Sql::each(
    "UPDATE saga SET epoch = MAX(epoch + 1, $2), owner = $2, due_at = NULL WHERE saga_id = $1 \
     AND ended_at IS NULL",
    "UPDATE saga SET epoch = GREATEST(epoch + 1, $2), owner = $2, due_at = NULL WHERE saga_id = $1 \
     AND ended_at IS NULL",
);

pub(super) const QUARANTINE: Sql =
    Sql::both("UPDATE saga SET quarantined = $2, owner = NULL, due_at = NULL WHERE saga_id = $1");

pub(super) const ROW: Sql = Sql::both(row!("WHERE saga_id = $1"));

pub(super) const ROW_HELD: Sql = Sql::each(
    row!("WHERE saga_id = $1"),
    row!("WHERE saga_id = $1 FOR UPDATE"),
);

pub(super) const SEAL: Sql = Sql::both("SELECT seal FROM saga WHERE saga_id = $1");

/// Alone in its statement and as long as before: SQLite then writes it over the key in its place.
pub(super) const ERASE: Sql = Sql::both("UPDATE saga SET seal = $2 WHERE saga_id = $1");

pub(super) const ERASED: Sql = Sql::both(
    "UPDATE saga SET seq = $2, mac = $3, updated_at = $4, digest = NULL WHERE saga_id = $1",
);

pub(super) const CLEAR_INBOX: Sql = Sql::both("DELETE FROM saga_inbox WHERE saga_id = $1");

/// A saga's chapters from the one on that holds an event.
pub(super) const CHAPTERS: Sql = Sql::both(
    "SELECT first, events FROM saga_chapter WHERE saga_id = $1 AND first >= COALESCE((SELECT \
     MAX(first) FROM saga_chapter WHERE saga_id = $1 AND first <= $2), 0) ORDER BY first LIMIT $3",
);

/// Events from before there were chapters.
pub(super) const EVENTS: Sql = Sql::both(
    "SELECT seq, epoch, at, kind, body, payload, mac FROM saga_event \
     WHERE saga_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq LIMIT $4",
);

pub(super) const ORPHANED: Sql = Sql::both(
    "SELECT saga_id FROM saga WHERE owner IN (SELECT incarnation FROM saga_owner WHERE dead) LIMIT $1",
);

pub(super) const DUE: Sql =
    Sql::both("SELECT saga_id FROM saga WHERE due_at <= $1 ORDER BY due_at LIMIT $2");

pub(super) const NEXT_DUE: Sql = Sql::both("SELECT MIN(due_at) FROM saga WHERE due_at IS NOT NULL");

/// Resting sagas with something in the inbox.
pub(super) const DELIVERED: Sql = Sql::both(
    "SELECT DISTINCT i.saga_id FROM saga_inbox i JOIN saga s ON s.saga_id = i.saga_id \
     WHERE s.due_at IS NOT NULL LIMIT $1",
);

/// This owner's sagas with something in the inbox.
pub(super) const MAIL: Sql = Sql::both(
    "SELECT DISTINCT i.saga_id FROM saga_inbox i JOIN saga s ON s.saga_id = i.saga_id \
     WHERE s.owner = $1 LIMIT $2",
);

pub(super) const DELIVER: Sql = Sql::both(
    "INSERT INTO saga_inbox (saga_id, delivery, body, payload) VALUES ($1, $2, $3, $4) \
     ON CONFLICT DO NOTHING",
);

pub(super) const INBOX: Sql = Sql::both(
    "SELECT saga_id, delivery, body, payload FROM saga_inbox WHERE saga_id = $1 ORDER BY delivery",
);

pub(super) const TAKE_IN: Sql =
    Sql::both("DELETE FROM saga_inbox WHERE saga_id = $1 AND delivery = $2");

pub(super) const MOVE_ON: Sql = Sql::both(
    "INSERT INTO saga_cursor (source, position) VALUES ($1, $2) \
     ON CONFLICT (source) DO UPDATE SET position = excluded.position",
);

pub(super) const POSITION: Sql = Sql::both("SELECT position FROM saga_cursor WHERE source = $1");

pub(super) const LIST: Sql = Sql::both(row!(
    "WHERE saga_id > $1 AND (state = $2 OR $2 IS NULL) AND (definition = $3 OR $3 IS NULL) ",
    "AND (responsible = $4 OR $4 IS NULL) AND (accepted_at < $5 OR $5 IS NULL) ",
    "AND ((quarantined IS NOT NULL) = $6 OR $6 IS NULL) ",
    "AND ($7 = FALSE OR (ended_at IS NULL AND wake_at IS NULL)) ",
    "ORDER BY saga_id LIMIT $8"
));

/// Likewise of the sagas that are set aside alone: few among very many, which their own index finds.
pub(super) const LIST_SET_ASIDE: Sql = Sql::both(row!(
    "WHERE quarantined IS NOT NULL AND $6 = TRUE ",
    "AND saga_id > $1 AND (state = $2 OR $2 IS NULL) AND (definition = $3 OR $3 IS NULL) ",
    "AND (responsible = $4 OR $4 IS NULL) AND (accepted_at < $5 OR $5 IS NULL) ",
    "AND ($7 = FALSE OR (ended_at IS NULL AND wake_at IS NULL)) ",
    "ORDER BY saga_id LIMIT $8"
));

pub(super) const IDS: Sql =
    Sql::both("SELECT saga_id FROM saga WHERE saga_id > $1 ORDER BY saga_id LIMIT $2");

pub(super) const ORPHANS: Sql = Sql::both(
    "SELECT DISTINCT e.saga_id FROM (SELECT saga_id FROM saga_chapter UNION ALL \
     SELECT saga_id FROM saga_event) e WHERE NOT EXISTS \
     (SELECT 1 FROM saga s WHERE s.saga_id = e.saga_id) ORDER BY e.saga_id LIMIT $1",
);

pub(super) const SAGA_KNOWN: Sql = Sql::both("SELECT saga_id FROM saga WHERE saga_id = $1");

pub(super) const JOURNAL_KNOWN: Sql = Sql::both(
    "SELECT saga_id FROM saga_chapter WHERE saga_id = $1 UNION \
     SELECT saga_id FROM saga_event WHERE saga_id = $1",
);

pub(super) const NOW: Sql = Sql::each(
    "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
);

const ALL: &[(&str, Sql)] = &[
    ("raise incarnation", RAISE_INCARNATION),
    ("incarnation", INCARNATION),
    ("begin lease", BEGIN_LEASE),
    ("renew lease", RENEW_LEASE),
    ("hold lease", HOLD_LEASE),
    ("declare dead", DECLARE_DEAD),
    ("end lease", END_LEASE),
    ("forget owners", FORGET_OWNERS),
    ("dedupe", DEDUPE),
    ("advanced", ADVANCED),
    ("inserted", INSERTED),
    ("acquire free", ACQUIRE_FREE),
    ("acquire", ACQUIRE),
    ("quarantine", QUARANTINE),
    ("row", ROW),
    ("row held", ROW_HELD),
    ("seal", SEAL),
    ("erase", ERASE),
    ("erased", ERASED),
    ("clear inbox", CLEAR_INBOX),
    ("events", EVENTS),
    ("chapters", CHAPTERS),
    ("orphaned", ORPHANED),
    ("due", DUE),
    ("next due", NEXT_DUE),
    ("delivered", DELIVERED),
    ("mail", MAIL),
    ("deliver", DELIVER),
    ("inbox", INBOX),
    ("take in", TAKE_IN),
    ("move on", MOVE_ON),
    ("position", POSITION),
    ("list", LIST),
    ("list set aside", LIST_SET_ASIDE),
    ("ids", IDS),
    ("orphans", ORPHANS),
    ("saga known", SAGA_KNOWN),
    ("journal known", JOURNAL_KNOWN),
    ("now", NOW),
    ("log", LOG),
    ("logged", LOGGED),
    ("all logged", ALL_LOGGED),
    ("forget logged", FORGET_LOGGED),
    ("logs of dead", LOGS_OF_DEAD),
    ("settled", SETTLED),
    ("settled by others", SETTLED_BY_OTHERS),
    ("owner", OWNER),
    ("owner seen", OWNER_SEEN),
    ("keep chapter", KEEP_CHAPTER),
];

/// Every statement with its name.
pub(super) fn all() -> Vec<(&'static str, Sql)> {
    let bulk: [(_, &Bulk); 3] = [
        ("insert sagas", &INSERT_SAGAS),
        ("insert chapters", &INSERT_CHAPTERS),
        ("advance", &ADVANCE),
    ];
    let bulk = bulk
        .into_iter()
        .flat_map(|(name, bulk)| bulk.statements().map(move |sql| (name, sql)));
    ALL.iter().copied().chain(bulk).collect()
}
