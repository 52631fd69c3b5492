-- One row a key, for the round that is open or was the last; earlier rounds move to ledger_past.
CREATE TABLE ledger (
    coordinator TEXT NOT NULL,
    saga TEXT NOT NULL,
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    round BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    method TEXT NOT NULL,
    digest BYTEA NOT NULL,
    outcome TEXT NOT NULL,
    response BYTEA,
    refusal JSONB,
    record JSONB,
    seen_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (coordinator, saga, step, item)
);

CREATE INDEX ledger_by_time ON ledger (coordinator, seen_at, saga, step, item);

CREATE TABLE ledger_past (
    coordinator TEXT NOT NULL,
    saga TEXT NOT NULL,
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    round BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    method TEXT NOT NULL,
    digest BYTEA NOT NULL,
    outcome TEXT NOT NULL,
    response BYTEA,
    refusal JSONB,
    record JSONB,
    seen_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (coordinator, saga, step, item, round)
);
