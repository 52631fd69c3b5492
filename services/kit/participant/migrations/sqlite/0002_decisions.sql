-- What is decided later: until when, and what follows when that passes.
ALTER TABLE ledger ADD COLUMN due_at INTEGER;
ALTER TABLE ledger ADD COLUMN expiry TEXT NOT NULL DEFAULT 'escalate';

CREATE INDEX ledger_by_due ON ledger (due_at)
WHERE outcome = 'pending' AND expiry IN ('deemed_granted', 'deemed_refused');

-- The decisions of a coordinator's calls, numbered without gap in the order of their commits.
CREATE TABLE ledger_decision (
    coordinator TEXT NOT NULL,
    position INTEGER NOT NULL,
    seal INTEGER NOT NULL,
    saga TEXT NOT NULL,
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    round INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    response BLOB,
    refusal TEXT,
    decided_by TEXT NOT NULL,
    deemed INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (coordinator, position)
) STRICT, WITHOUT ROWID;

-- Its row is locked from taking a number until the decision is committed.
CREATE TABLE ledger_decision_head (
    coordinator TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every saga of a coordinator whose id sorts before the mark has ended.
CREATE TABLE ledger_low_water (
    coordinator TEXT NOT NULL PRIMARY KEY,
    saga TEXT NOT NULL
) STRICT, WITHOUT ROWID;
