-- The journal for good: consecutive events of one saga in one row. Rows are only ever added. What was
-- written before there were chapters stays in `saga_event`.
CREATE TABLE saga_chapter (
    saga_id TEXT COLLATE "C" NOT NULL,
    -- The number of its first event.
    first BIGINT NOT NULL,
    events BYTEA NOT NULL,
    PRIMARY KEY (saga_id, first)
) WITH (toast_tuple_target = 8160);

-- Most of it is sealed, and does not get smaller.
ALTER TABLE saga_chapter ALTER COLUMN events SET STORAGE EXTERNAL;
