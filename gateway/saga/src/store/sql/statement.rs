//! Every statement of the store.

use onething_db::Sql;

macro_rules! row {
    ($($rest:literal),*) => {
        concat!(
            "SELECT saga_id, definition, version, state, waiting, epoch, seq, mac, responsible, ",
            "wake_at, wake_reason, accepted_at, updated_at, ended_at, quarantined FROM saga ",
            $($rest),*
        )
    };
}

pub(super) const RAISE_INCARNATION: Sql = Sql::each(
    "UPDATE saga_incarnation SET incarnation = MAX(incarnation + 1, $1) WHERE id = 1",
    "UPDATE saga_incarnation SET incarnation = GREATEST(incarnation + 1, $1) WHERE id = 1",
);

pub(super) const INCARNATION: Sql =
    Sql::both("SELECT incarnation FROM saga_incarnation WHERE id = 1");

pub(super) const INSERT_SAGA: Sql = Sql::both(
    "INSERT INTO saga (saga_id, definition, version, state, waiting, epoch, seq, mac, responsible, \
     wake_at, wake_reason, accepted_at, updated_at, ended_at, dedupe_key, digest) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15) \
     ON CONFLICT DO NOTHING",
);

pub(super) const DEDUPE: Sql = Sql::both("SELECT saga_id, digest FROM saga WHERE dedupe_key = $1");

pub(super) const INSERT_EVENT: Sql = Sql::both(
    "INSERT INTO saga_event (saga_id, seq, epoch, at, kind, body, payload, mac) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);

/// The guard and the projection in one: nothing is changed under another epoch or after another event.
pub(super) const ADVANCE: Sql = Sql::both(
    "UPDATE saga SET seq = $4, mac = $5, state = $6, waiting = $7, responsible = $8, wake_at = $9, \
     wake_reason = $10, updated_at = $11, ended_at = $12, quarantined = NULL \
     WHERE saga_id = $1 AND epoch = $2 AND seq = $3",
);

pub(super) const ACQUIRE: Sql = Sql::each(
    "UPDATE saga SET epoch = MAX(epoch + 1, $2) WHERE saga_id = $1",
    "UPDATE saga SET epoch = GREATEST(epoch + 1, $2) WHERE saga_id = $1",
);

pub(super) const QUARANTINE: Sql = Sql::both("UPDATE saga SET quarantined = $2 WHERE saga_id = $1");

pub(super) const ROW: Sql = Sql::both(row!("WHERE saga_id = $1"));

pub(super) const EVENTS: Sql = Sql::both(
    "SELECT seq, epoch, at, kind, body, payload, mac FROM saga_event \
     WHERE saga_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
);

pub(super) const ACTIVE: Sql = Sql::both(
    "SELECT saga_id FROM saga WHERE ended_at IS NULL AND saga_id > $1 ORDER BY saga_id LIMIT $2",
);

pub(super) const LIST: Sql = Sql::both(row!(
    "WHERE saga_id > $1 AND (state = $2 OR $2 IS NULL) AND (definition = $3 OR $3 IS NULL) ",
    "AND (responsible = $4 OR $4 IS NULL) AND (accepted_at < $5 OR $5 IS NULL) ",
    "AND ((quarantined IS NOT NULL) = $6 OR $6 IS NULL) ",
    "AND ($7 = FALSE OR (ended_at IS NULL AND wake_at IS NULL)) ",
    "ORDER BY saga_id LIMIT $8"
));

pub(super) const IDS: Sql =
    Sql::both("SELECT saga_id FROM saga WHERE saga_id > $1 ORDER BY saga_id LIMIT $2");

pub(super) const ORPHANS: Sql = Sql::both(
    "SELECT DISTINCT e.saga_id FROM saga_event e WHERE NOT EXISTS \
     (SELECT 1 FROM saga s WHERE s.saga_id = e.saga_id) ORDER BY e.saga_id LIMIT $1",
);

pub(super) const SAGA_KNOWN: Sql = Sql::both("SELECT saga_id FROM saga WHERE saga_id = $1");

pub(super) const JOURNAL_KNOWN: Sql =
    Sql::both("SELECT saga_id FROM saga_event WHERE saga_id = $1 ORDER BY seq LIMIT 1");

pub(super) const NOW: Sql = Sql::each(
    "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
);

pub(super) const ALL: &[(&str, Sql)] = &[
    ("raise incarnation", RAISE_INCARNATION),
    ("incarnation", INCARNATION),
    ("insert saga", INSERT_SAGA),
    ("dedupe", DEDUPE),
    ("insert event", INSERT_EVENT),
    ("advance", ADVANCE),
    ("acquire", ACQUIRE),
    ("quarantine", QUARANTINE),
    ("row", ROW),
    ("events", EVENTS),
    ("active", ACTIVE),
    ("list", LIST),
    ("ids", IDS),
    ("orphans", ORPHANS),
    ("saga known", SAGA_KNOWN),
    ("journal known", JOURNAL_KNOWN),
    ("now", NOW),
];
