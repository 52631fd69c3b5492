//! The ledger's statements.

use onething_db::{Migrations, Sql, sqlx};

/// The ledger's tables; each department adds them to its own.
pub const MIGRATIONS: Migrations = Migrations::new(
    "ledger",
    || sqlx::migrate!("migrations/sqlite"),
    || sqlx::migrate!("migrations/postgres"),
);

/// A new row, at once as it ends. It is not written when the saga lies below the low-water mark.
pub(super) const INSERT: Sql = Sql::both(
    "INSERT INTO ledger (coordinator, saga, step, item, round, epoch, method, digest, outcome, \
     response, refusal, record, due_at, expiry, seen_at, changed_at) \
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15 \
     WHERE NOT EXISTS (SELECT 1 FROM ledger_low_water w WHERE w.coordinator = $1 AND w.saga > $2)",
);
/// A new row as a lock: a concurrent one waits for this one's commit.
pub(super) const OPEN: Sql = Sql::both(
    "INSERT INTO ledger (coordinator, saga, step, item, round, epoch, method, digest, outcome, \
     seen_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $9) \
     ON CONFLICT (coordinator, saga, step, item) DO NOTHING",
);
/// How an opened row ends. It stays open when the saga lies below the low-water mark.
pub(super) const CLOSE: Sql = Sql::both(
    "UPDATE ledger SET outcome = $5, response = $6, refusal = $7, record = $8, due_at = $9, \
     expiry = $10, changed_at = $11 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 AND NOT EXISTS \
     (SELECT 1 FROM ledger_low_water w WHERE w.coordinator = $1 AND w.saga > $2)",
);
pub(super) const LOCK: Sql = Sql::each(
    // The transaction holds the file's write lock already.
    "SELECT round, epoch, method, digest, outcome, response, refusal, record, due_at, expiry \
     FROM ledger WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
    "SELECT round, epoch, method, digest, outcome, response, refusal, record, due_at, expiry \
     FROM ledger WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 FOR UPDATE",
);
pub(super) const PEEK: Sql = Sql::both(
    "SELECT round, epoch, method, digest, outcome, response, refusal, record, due_at, expiry \
     FROM ledger WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
pub(super) const PAST: Sql = Sql::both(
    "SELECT round, epoch, method, digest, outcome, response, refusal, record, \
     CAST(NULL AS BIGINT) AS due_at, 'escalate' AS expiry FROM ledger_past \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 AND round = $5",
);
pub(super) const SETTLE: Sql = Sql::both(
    "UPDATE ledger SET outcome = $5, response = $6, refusal = $7, record = $8, changed_at = $9 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
pub(super) const MARK: Sql = Sql::both(
    "UPDATE ledger SET outcome = $5, changed_at = $6 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
pub(super) const RAISE: Sql = Sql::both(
    "UPDATE ledger SET epoch = $5 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 AND epoch < $5",
);
pub(super) const MOVE_DUE: Sql = Sql::both(
    "UPDATE ledger SET due_at = $5 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
pub(super) const ARCHIVE: Sql = Sql::both(
    "INSERT INTO ledger_past SELECT coordinator, saga, step, item, round, epoch, method, digest, \
     outcome, response, refusal, record, seen_at, changed_at FROM ledger \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
/// The next round, at once as it ends, in the place of the one before.
pub(super) const REOPEN: Sql = Sql::both(
    "UPDATE ledger SET round = $5, epoch = $6, method = $7, digest = $8, outcome = $9, \
     response = $10, refusal = $11, record = $12, due_at = $13, expiry = $14, seen_at = $15, \
     changed_at = $15 WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
pub(super) const LIST: Sql = Sql::both(
    "SELECT saga, step, item, round, epoch, method, outcome, seen_at FROM ledger \
     WHERE coordinator = $1 AND (saga = $2 OR $2 = '') \
     AND (seen_at > $3 OR (seen_at = $3 AND (saga > $4 OR (saga = $4 AND (step > $5 \
     OR (step = $5 AND item > $6)))))) \
     ORDER BY seen_at, saga, step, item LIMIT $7",
);

/// Takes the next position; the row stays locked until the commit.
pub(super) const NUMBER: Sql = Sql::both(
    "INSERT INTO ledger_decision_head (coordinator, position) VALUES ($1, 1) \
     ON CONFLICT (coordinator) DO UPDATE SET position = ledger_decision_head.position + 1 \
     RETURNING position",
);
pub(super) const LOG: Sql = Sql::both(
    "INSERT INTO ledger_decision (coordinator, position, seal, saga, step, item, round, outcome, \
     response, refusal, decided_by, deemed, decided_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
);
pub(super) const HEAD: Sql =
    Sql::both("SELECT position FROM ledger_decision_head WHERE coordinator = $1");
pub(super) const SEAL: Sql =
    Sql::both("SELECT seal FROM ledger_decision WHERE coordinator = $1 AND position = $2");
pub(super) const DECISIONS: Sql = Sql::both(
    "SELECT position, seal, saga, step, item, round, outcome, response, refusal, deemed, \
     decided_at FROM ledger_decision WHERE coordinator = $1 AND position > $2 \
     ORDER BY position LIMIT $3",
);
pub(super) const DUE: Sql = Sql::both(
    "SELECT coordinator, saga, step, item, round, method, due_at FROM ledger \
     WHERE outcome = 'pending' AND expiry IN ('deemed_granted', 'deemed_refused') \
     AND due_at IS NOT NULL ORDER BY due_at LIMIT $1 OFFSET $2",
);
pub(super) const OPEN_REVIEW: Sql = Sql::both(
    "INSERT INTO ledger_review (coordinator, saga, step, item, round, purpose, request) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
pub(super) const DECIDE_REVIEW: Sql = Sql::both(
    "UPDATE ledger_review SET verdict = $6, decided_by = $7, outcome = $8, refusal = $9 \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 AND round = $5",
);
pub(super) const DECIDED_REVIEW: Sql = Sql::both(
    "SELECT verdict, decided_by, outcome, refusal FROM ledger_review \
     WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4 AND round = $5 \
     AND verdict IS NOT NULL",
);
pub(super) const OPEN_REVIEWS: Sql = Sql::both(
    "SELECT l.coordinator, l.saga, l.step, l.item, l.round, l.method, l.due_at, l.seen_at, \
     r.purpose, r.request FROM ledger l LEFT JOIN ledger_review r \
     ON r.coordinator = l.coordinator AND r.saga = l.saga AND r.step = l.step \
     AND r.item = l.item AND r.round = l.round \
     WHERE l.outcome = 'pending' AND (l.method = $1 OR $1 = '') AND (l.saga = $2 OR $2 = '') \
     AND (l.seen_at, l.coordinator, l.saga, l.step, l.item) > ($3, $4, $5, $6, $7) \
     ORDER BY l.seen_at, l.coordinator, l.saga, l.step, l.item LIMIT $8",
);

/// The calls that went on to another system, the oldest first.
pub(super) const IN_FLIGHT: Sql = Sql::both(
    "SELECT coordinator, saga, step, item, round, method, record FROM ledger \
     WHERE outcome = 'in_flight' ORDER BY changed_at LIMIT $1",
);

pub(super) const DECLARE: Sql = Sql::both(
    "INSERT INTO ledger_low_water (coordinator, saga) VALUES ($1, $2) \
     ON CONFLICT (coordinator) DO UPDATE SET saga = excluded.saga \
     WHERE ledger_low_water.saga < excluded.saga",
);
pub(super) const LOW_WATER: Sql =
    Sql::both("SELECT saga FROM ledger_low_water WHERE coordinator = $1");
pub(super) const LOW_WATERS: Sql =
    Sql::both("SELECT coordinator, saga FROM ledger_low_water ORDER BY coordinator");
/// The index by time leads to the oldest at once; what it finds too young ends the search.
pub(super) const FORGETTABLE: Sql = Sql::each(
    "SELECT saga, step, item, outcome, changed_at FROM ledger WHERE coordinator = $1 \
     AND seen_at <= $3 AND changed_at <= $3 AND saga < $2 AND outcome NOT IN ('pending', 'in_flight') \
     ORDER BY seen_at, saga, step, item LIMIT $4",
    // Another instance of the department may be deleting the same.
    "SELECT saga, step, item, outcome, changed_at FROM ledger WHERE coordinator = $1 \
     AND seen_at <= $3 AND changed_at <= $3 AND saga COLLATE \"C\" < $2 \
     AND outcome NOT IN ('pending', 'in_flight') \
     ORDER BY seen_at, saga, step, item LIMIT $4 FOR UPDATE SKIP LOCKED",
);
pub(super) const FORGET: Sql = Sql::both(
    "DELETE FROM ledger WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
pub(super) const FORGET_PAST: Sql = Sql::both(
    "DELETE FROM ledger_past WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
pub(super) const FORGET_REVIEWS: Sql = Sql::both(
    "DELETE FROM ledger_review WHERE coordinator = $1 AND saga = $2 AND step = $3 AND item = $4",
);
pub(super) const FORGET_DECISIONS: Sql = Sql::each(
    "DELETE FROM ledger_decision WHERE coordinator = $1 AND position IN \
     (SELECT position FROM ledger_decision WHERE coordinator = $1 AND saga < $2 \
     AND decided_at <= $3 ORDER BY position LIMIT $4)",
    "DELETE FROM ledger_decision WHERE coordinator = $1 AND position IN \
     (SELECT position FROM ledger_decision WHERE coordinator = $1 AND saga COLLATE \"C\" < $2 \
     AND decided_at <= $3 ORDER BY position LIMIT $4)",
);

/// Every statement, so that a test can prepare them on both databases.
pub const STATEMENTS: &[Sql] = &[
    INSERT,
    OPEN,
    CLOSE,
    LOCK,
    PEEK,
    PAST,
    SETTLE,
    MARK,
    RAISE,
    MOVE_DUE,
    ARCHIVE,
    REOPEN,
    LIST,
    NUMBER,
    LOG,
    HEAD,
    SEAL,
    DECISIONS,
    DUE,
    IN_FLIGHT,
    OPEN_REVIEW,
    DECIDE_REVIEW,
    DECIDED_REVIEW,
    OPEN_REVIEWS,
    DECLARE,
    LOW_WATER,
    LOW_WATERS,
    FORGETTABLE,
    FORGET,
    FORGET_PAST,
    FORGET_REVIEWS,
    FORGET_DECISIONS,
];
