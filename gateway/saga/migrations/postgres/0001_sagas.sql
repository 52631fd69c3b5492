-- One row a saga: what lists show, who owns it, and the end of its chain.
CREATE TABLE saga (
    saga_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    definition TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    waiting BOOLEAN NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    responsible TEXT,
    wake_at BIGINT,
    wake_reason TEXT,
    accepted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT,
    dedupe_key TEXT UNIQUE,
    digest BYTEA,
    quarantined TEXT
);

CREATE INDEX saga_active ON saga (saga_id) WHERE ended_at IS NULL;

CREATE INDEX saga_state ON saga (state, saga_id);

-- The journal. Rows are only ever added. Bodies are TEXT, not JSONB: the chain is over their bytes.
CREATE TABLE saga_event (
    saga_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    payload BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (saga_id, seq)
);

-- How many times a store was opened; epochs never start below it.
CREATE TABLE saga_incarnation (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    incarnation BIGINT NOT NULL
);

INSERT INTO saga_incarnation (id, incarnation) VALUES (1, 0);
