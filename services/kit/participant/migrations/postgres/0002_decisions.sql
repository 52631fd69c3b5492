-- What is decided later: until when, and what follows when that passes.
ALTER TABLE ledger ADD COLUMN due_at BIGINT;
ALTER TABLE ledger ADD COLUMN expiry TEXT NOT NULL DEFAULT 'escalate';

CREATE INDEX ledger_by_due ON ledger (due_at)
WHERE outcome = 'pending' AND expiry IN ('deemed_granted', 'deemed_refused');

-- The decisions of a coordinator's calls, numbered without gap in the order of their commits.
CREATE TABLE ledger_decision (
    coordinator TEXT NOT NULL,
    position BIGINT NOT NULL,
    seal BIGINT NOT NULL,
    saga TEXT NOT NULL,
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    round BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    response BYTEA,
    refusal JSONB,
    decided_by TEXT NOT NULL,
    deemed BOOLEAN NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (coordinator, position)
);

-- Its row is locked from taking a number until the decision is committed.
CREATE TABLE ledger_decision_head (
    coordinator TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
);

-- Every saga of a coordinator whose id sorts before the mark has ended.
CREATE TABLE ledger_low_water (
    coordinator TEXT NOT NULL PRIMARY KEY,
    saga TEXT COLLATE "C" NOT NULL
);
