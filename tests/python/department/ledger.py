"""The participant's ledger: what makes a call one call, however often it is sent.

One table of keys and one of decisions, in the department's own database. Whatever a call does is
committed together with its row here, or not at all. SQLite lets one transaction write at a time, so
that `BEGIN IMMEDIATE` locks the key's row; elsewhere, insert the row first or SELECT … FOR UPDATE.
"""

import contextlib
import dataclasses
import hashlib
import json
import sqlite3
import threading
import time

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which keys were first seen
    coordinator TEXT NOT NULL, saga TEXT NOT NULL, step TEXT NOT NULL, item TEXT NOT NULL,
    round INTEGER NOT NULL,
    epoch INTEGER NOT NULL,                 -- the highest seen for the key
    method TEXT NOT NULL,                   -- empty if the key was closed before any call came
    digest BLOB NOT NULL,                   -- SHA-256 of the request's bytes
    request BLOB NOT NULL,                  -- needed while a decision is pending
    outcome TEXT NOT NULL,
    response BLOB, refusal TEXT, record TEXT,
    due INTEGER, expiry TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    UNIQUE (coordinator, saga, step, item, round)
);
CREATE TABLE IF NOT EXISTS decision (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- one writer at a time: the order of commits
    coordinator TEXT NOT NULL, ledger_seq INTEGER NOT NULL, outcome TEXT NOT NULL,
    deemed INTEGER NOT NULL, decided_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS low_water (coordinator TEXT PRIMARY KEY, saga TEXT NOT NULL);
"""

# What is recorded for a key. The next round opens behind those without an effect.
SUCCEEDED, REFUSED, PENDING, UNDONE, CLOSED = "SUCCEEDED", "REFUSED", "PENDING", "UNDONE", "CLOSED"
WITHOUT_EFFECT = {REFUSED, UNDONE, CLOSED}
COMPENSABLE = "COMPENSABLE"


@dataclasses.dataclass(frozen=True)
class Key:
    """What makes a step's call one call."""

    coordinator: str
    saga: str
    step: str
    item: str
    round: int


@dataclasses.dataclass(frozen=True)
class Call:
    """One action call as it came over the wire."""

    key: Key
    epoch: int
    method: str
    request: bytes
    due: int | None = None
    expiry: str = "escalate"

    @property
    def digest(self):
        return hashlib.sha256(self.request).digest()


@dataclasses.dataclass(frozen=True)
class Matter:
    """One action: how it takes effect, and how that is annulled from what was recorded."""

    kind: str
    do: object  # (db, request bytes) -> (answer bytes, record); raises Refusal
    annul: object = None  # (db, record); only for COMPENSABLE
    examine: object = None  # (db, request bytes); raises Refusal. An officer decides what passes


class Refusal(Exception):
    """The department refuses: definite, recorded, without effect."""

    def __init__(self, reason, message, field=""):
        super().__init__(reason)
        self.reason, self.message, self.field = reason, message, field

    def stored(self):
        return json.dumps([self.reason, self.message, self.field])


def stored_refusal(row):
    return Refusal(*json.loads(row["refusal"]))


class Rejection(Exception):
    """The protocol rejects. Never a refusal."""


class Pending(Exception):
    """An officer decides later."""

    def __init__(self, due):
        super().__init__("pending")
        self.due = due


def now():
    return time.time_ns() // 1_000


class Ledger:
    """A department's ledger over its database."""

    def __init__(self, path, matters, schema):
        self.path, self.matters = path, matters
        self.local = threading.local()
        self.decided = threading.Condition()
        with self.transaction() as db:
            for statement in (SCHEMA + schema).split(";"):
                db.execute(statement)

    def connection(self):
        if not hasattr(self.local, "db"):
            self.local.db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self.local.db.row_factory = sqlite3.Row
            self.local.db.execute("PRAGMA journal_mode = WAL")
            self.local.db.execute("PRAGMA synchronous = FULL")
        return self.local.db

    @contextlib.contextmanager
    def transaction(self):
        db = self.connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    # -- a call ------------------------------------------------------------------------------------

    def act(self, call):
        """Carries out a call once: gives the answer's bytes, or a Refusal or Pending to answer."""
        with self.transaction() as db:
            row = self.latest(db, call.key)
            if row is not None:
                self.fence(db, row, call.epoch)
                if call.key.round < row["round"]:
                    raise Rejection("CLOSED")
                if call.key.round == row["round"]:
                    return self.answer_again(row, call)
                if row["outcome"] not in WITHOUT_EFFECT:
                    raise Rejection("ROUND_NOT_OPEN")
            else:
                self.reject_forgotten(db, call.key)
            return self.carry_out(db, call)

    def carry_out(self, db, call):
        """The first time: the effect and its row, in one transaction."""
        matter = self.matters[call.method]
        db.execute("SAVEPOINT effect")
        try:
            if matter.examine is not None:
                matter.examine(db, call.request)
                self.record(db, call, PENDING)
                return Pending(call.due)
            response, record = matter.do(db, call.request)
            self.record(db, call, SUCCEEDED, response=response, record=json.dumps(record))
            return response
        except Refusal as refusal:
            # A refusal asserts "no effect": what was done so far is taken back.
            db.execute("ROLLBACK TO effect")
            self.record(db, call, REFUSED, refusal=refusal.stored())
            return refusal

    def answer_again(self, row, call):
        """The same call again: what was recorded, and nothing else."""
        if row["outcome"] in (UNDONE, CLOSED):
            raise Rejection("CLOSED")
        self.compare(row, call)
        if row["outcome"] == PENDING:
            return Pending(self.later(row, call))
        if row["outcome"] == REFUSED:
            return stored_refusal(row)
        return row["response"]

    def later(self, row, call):
        """A repeat may move the statutory time later, never earlier."""
        if row["due"] is None or call.due is None or call.due <= row["due"]:
            return row["due"]
        self.connection().execute("UPDATE ledger SET due = ? WHERE seq = ?", (call.due, row["seq"]))
        return call.due

    def compare(self, row, call):
        """The bytes as they came, not the message that they decode to."""
        if row["digest"] != call.digest or row["method"] != call.method:
            raise Rejection("DIGEST_MISMATCH")

    # -- the participant's service -----------------------------------------------------------------

    def undo(self, key, epoch):
        """Annuls from what was recorded; closes a key that was never seen."""
        with self.transaction() as db:
            row = self.latest(db, key)
            if row is None:
                self.reject_forgotten(db, key)
                self.close_unseen(db, key, epoch)
                return "NOTHING_TO_UNDO"
            self.fence(db, row, epoch)
            if key.round < row["round"]:
                return "NOTHING_TO_UNDO"  # a later round opened because this one has no effect
            if key.round > row["round"]:
                if row["outcome"] not in WITHOUT_EFFECT:
                    raise Rejection("ROUND_NOT_OPEN")
                self.close_unseen(db, key, epoch)
                return "NOTHING_TO_UNDO"
            return self.undo_recorded(db, row)

    def undo_recorded(self, db, row):
        if row["outcome"] == UNDONE:
            return "UNDONE"
        if row["outcome"] == PENDING:
            self.mark(db, row, CLOSED)  # withdrawn: an officer finds it closed
        if row["outcome"] != SUCCEEDED:
            return "NOTHING_TO_UNDO"
        matter = self.matters[row["method"]]
        if matter.kind != COMPENSABLE:
            return "ALREADY_EFFECTIVE"
        matter.annul(db, json.loads(row["record"]))
        self.mark(db, row, UNDONE)
        return "UNDONE"

    def close_unseen(self, db, key, epoch):
        """A tombstone: the call may still be on its way."""
        self.record(db, Call(key, epoch, "", b""), CLOSED)

    def outcome(self, key, epoch):
        """What became of a key: its row, or none if it was never seen."""
        with self.transaction() as db:
            row = self.latest(db, key)
            if row is None:
                return None
            self.fence(db, row, epoch)
            return self.row(db, key)

    def effects(self, coordinator, saga, after, limit):
        query = "SELECT * FROM ledger WHERE coordinator = ? AND ? IN ('', saga) AND seq > ? ORDER BY seq LIMIT ?"
        return self.connection().execute(query, (coordinator, saga, after, limit)).fetchall()

    def forget_before(self, coordinator, saga):
        """Every saga that sorts before the mark has ended. This ledger deletes nothing, but keeps the mark."""
        with self.transaction() as db:
            db.execute(
                "INSERT INTO low_water VALUES (?, ?)"
                " ON CONFLICT (coordinator) DO UPDATE SET saga = max(saga, excluded.saga)",
                (coordinator, saga),
            )

    def reject_forgotten(self, db, key):
        """A key below the mark is never opened again, whether or not it was seen before."""
        if db.execute("SELECT 1 FROM low_water WHERE coordinator = ? AND saga > ?", (key.coordinator, key.saga)).fetchone():
            raise Rejection("CLOSED")

    # -- decisions that follow later ---------------------------------------------------------------

    def decide(self, seq, refusal=None, deemed=False):
        """Decides a pending call. False if it was decided or withdrawn before."""
        with self.transaction() as db:
            row = db.execute("SELECT * FROM ledger WHERE seq = ? AND outcome = ?", (seq, PENDING)).fetchone()
            if row is None:
                return False
            try:
                if refusal is not None:
                    raise refusal
                db.execute("SAVEPOINT effect")
                response, record = self.matters[row["method"]].do(db, row["request"])
                self.mark(db, row, SUCCEEDED, response=response, record=json.dumps(record))
            except Refusal as refused:
                if refusal is None:
                    db.execute("ROLLBACK TO effect")
                self.mark(db, row, REFUSED, refusal=refused.stored())
            db.execute(
                "INSERT INTO decision (coordinator, ledger_seq, outcome, deemed, decided_at)"
                " SELECT coordinator, seq, outcome, ?, ? FROM ledger WHERE seq = ?",
                (deemed, now(), seq),
            )
        with self.decided:
            self.decided.notify_all()
        return True

    def pending(self, method):
        query = "SELECT * FROM ledger WHERE method = ? AND outcome = ?"
        return self.connection().execute(query, (method, PENDING)).fetchall()

    def expire(self):
        """Records what the law deems decided when the statutory time is up."""
        query = "SELECT seq, expiry FROM ledger WHERE outcome = ? AND due <= ? AND expiry LIKE 'deemed_%'"
        for row in self.connection().execute(query, (PENDING, now())).fetchall():
            refusal = None
            if row["expiry"] == "deemed_refused":
                refusal = Refusal("DEEMED_REFUSED", "The time for deciding has passed: the law deems it refused.")
            self.decide(row["seq"], refusal, deemed=True)

    def decisions(self, coordinator, after):
        """The decisions behind a place, in the order of their commits."""
        query = (
            "SELECT ledger.*, decision.seq AS place, decision.outcome AS decided, deemed, decided_at"
            " FROM decision JOIN ledger ON ledger.seq = ledger_seq"
            " WHERE decision.coordinator = ? AND decision.seq > ? ORDER BY decision.seq"
        )
        return self.connection().execute(query, (coordinator, after)).fetchall()

    # -- rows --------------------------------------------------------------------------------------

    def latest(self, db, key):
        """The row of the key's latest round."""
        query = "SELECT * FROM ledger WHERE coordinator = ? AND saga = ? AND step = ? AND item = ? ORDER BY round DESC LIMIT 1"
        return db.execute(query, (key.coordinator, key.saga, key.step, key.item)).fetchone()

    def row(self, db, key):
        query = "SELECT * FROM ledger WHERE coordinator = ? AND saga = ? AND step = ? AND item = ? AND round = ?"
        return db.execute(query, dataclasses.astuple(key)).fetchone()

    def fence(self, db, row, epoch):
        """Whoever comes with a lower epoch has lost its lease; a higher one is kept."""
        if epoch < row["epoch"]:
            raise Rejection("STALE_EPOCH")
        db.execute("UPDATE ledger SET epoch = ? WHERE seq = ?", (epoch, row["seq"]))

    def record(self, db, call, outcome, response=None, refusal=None, record=None):
        db.execute(
            "INSERT INTO ledger (coordinator, saga, step, item, round, epoch, method, digest, request, outcome,"
            " response, refusal, record, due, expiry, seen_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            dataclasses.astuple(call.key)
            + (call.epoch, call.method, call.digest, call.request, outcome)
            + (response, refusal, record, call.due, call.expiry, now()),
        )

    def mark(self, db, row, outcome, response=None, refusal=None, record=None):
        db.execute(
            "UPDATE ledger SET outcome = ?, response = coalesce(?, response), refusal = coalesce(?, refusal),"
            " record = coalesce(?, record) WHERE seq = ?",
            (outcome, response, refusal, record, row["seq"]),
        )
