-- Who owns a saga: an incarnation of a gateway, or nobody while it waits.
ALTER TABLE saga ADD COLUMN owner INTEGER;

-- When a saga that nobody owns is taken up by itself.
ALTER TABLE saga ADD COLUMN due_at INTEGER;

UPDATE saga SET due_at = 0 WHERE ended_at IS NULL;

DROP INDEX saga_active;

DROP INDEX saga_state;

CREATE INDEX saga_owned ON saga (owner, saga_id) WHERE owner IS NOT NULL;

CREATE INDEX saga_due ON saga (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX saga_ended ON saga (state, saga_id) WHERE ended_at IS NOT NULL;

CREATE INDEX saga_set_aside ON saga (saga_id) WHERE quarantined IS NOT NULL;

-- One row a gateway incarnation that may still own sagas.
CREATE TABLE saga_owner (
    incarnation INTEGER NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL,
    dead INTEGER NOT NULL
) STRICT;

-- What was delivered for a saga and its owner has not taken in yet.
CREATE TABLE saga_inbox (
    saga_id TEXT NOT NULL,
    delivery TEXT NOT NULL,
    body TEXT NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (saga_id, delivery)
) STRICT, WITHOUT ROWID;

-- How far each source of deliveries was read.
CREATE TABLE saga_cursor (
    source TEXT NOT NULL PRIMARY KEY,
    position TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Takes no row: a transaction that is written in one go puts one here when a write of it changed fewer
-- rows than it should, and so comes to nothing.
CREATE TABLE saga_alarm (
    missed INTEGER NOT NULL CHECK (missed = 0)
) STRICT;
