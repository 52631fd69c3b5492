-- One row a key, for the round that is open or was the last; earlier rounds move to ledger_past.
CREATE TABLE ledger (
    coordinator TEXT NOT NULL,
    saga TEXT NOT NULL,
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    round INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    method TEXT NOT NULL,
    digest BLOB NOT NULL,
    outcome TEXT NOT NULL,
    response BLOB,
    refusal TEXT,
    record TEXT,
    seen_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (coordinator, saga, step, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_by_time ON ledger (coordinator, seen_at, saga, step, item);

CREATE TABLE ledger_past (
    coordinator TEXT NOT NULL,
    saga TEXT NOT NULL,
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    round INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    method TEXT NOT NULL,
    digest BLOB NOT NULL,
    outcome TEXT NOT NULL,
    response BLOB,
    refusal TEXT,
    record TEXT,
    seen_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (coordinator, saga, step, item, round)
) STRICT, WITHOUT ROWID;
