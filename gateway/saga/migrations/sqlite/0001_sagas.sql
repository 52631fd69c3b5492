-- One row a saga: what lists show, who owns it, and the end of its chain.
CREATE TABLE saga (
    saga_id TEXT NOT NULL PRIMARY KEY,
    definition TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    waiting INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    mac BLOB NOT NULL,
    responsible TEXT,
    wake_at INTEGER,
    wake_reason TEXT,
    accepted_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    dedupe_key TEXT UNIQUE,
    digest BLOB,
    quarantined TEXT
) STRICT;

CREATE INDEX saga_active ON saga (saga_id) WHERE ended_at IS NULL;

CREATE INDEX saga_state ON saga (state, saga_id);

-- The journal. Rows are only ever added.
CREATE TABLE saga_event (
    saga_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    payload BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (saga_id, seq)
) STRICT, WITHOUT ROWID;

-- How many times a store was opened; epochs never start below it.
CREATE TABLE saga_incarnation (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    incarnation INTEGER NOT NULL
) STRICT;

INSERT INTO saga_incarnation (id, incarnation) VALUES (1, 0);
