-- What an officer reads of an application, and which decision on it counted. One row a round that was
-- decided later.
CREATE TABLE ledger_review (
    coordinator TEXT NOT NULL,
    saga TEXT NOT NULL,
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    round BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    request BYTEA NOT NULL,
    verdict TEXT,
    decided_by TEXT,
    outcome TEXT,
    refusal JSONB,
    PRIMARY KEY (coordinator, saga, step, item, round)
);

-- The open reviews, the one that waits longest first.
CREATE INDEX ledger_by_pending ON ledger (seen_at, coordinator, saga, step, item)
WHERE outcome = 'pending';
