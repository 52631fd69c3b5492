-- The journal for good: consecutive events of one saga in one row. Rows are only ever added. What was
-- written before there were chapters stays in `saga_event`.
CREATE TABLE saga_chapter (
    saga_id TEXT NOT NULL,
    -- The number of its first event.
    first INTEGER NOT NULL,
    events BLOB NOT NULL,
    PRIMARY KEY (saga_id, first)
) STRICT;

-- A commit is one statement now, which changes one row or none.
DROP TABLE saga_alarm;
