-- The journal for good: consecutive events of one saga in one row, a JSON array in their order. Rows are
-- only ever added. What was written before there were chapters stays in `saga_event`.
CREATE TABLE saga_chapter (
    saga_id TEXT NOT NULL,
    -- The number of its first event.
    first INTEGER NOT NULL,
    events TEXT NOT NULL,
    PRIMARY KEY (saga_id, first)
) STRICT, WITHOUT ROWID;

-- For whoever reads the journal with SQL: its events, one row each.
CREATE VIEW saga_journal (saga_id, seq, epoch, at, kind, body, payload, mac) AS
SELECT saga_id, seq, epoch, at, kind, body, payload, mac FROM saga_event
UNION ALL
SELECT
    chapter.saga_id,
    event.value ->> 'seq',
    event.value ->> 'epoch',
    event.value ->> 'at',
    event.value ->> 'kind',
    event.value ->> 'body',
    unhex(COALESCE(event.value ->> 'payload', '')),
    unhex(event.value ->> 'mac')
FROM saga_chapter AS chapter, json_each(chapter.events) AS event;
