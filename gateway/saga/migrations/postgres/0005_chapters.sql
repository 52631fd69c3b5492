-- The journal for good: consecutive events of one saga in one row, a JSON array in their order. Rows are
-- only ever added. What was written before there were chapters stays in `saga_event`.
CREATE TABLE saga_chapter (
    saga_id TEXT COLLATE "C" NOT NULL,
    -- The number of its first event.
    first BIGINT NOT NULL,
    events TEXT NOT NULL,
    PRIMARY KEY (saga_id, first)
);

-- For whoever reads the journal with SQL: its events, one row each.
CREATE VIEW saga_journal (saga_id, seq, epoch, at, kind, body, payload, mac) AS
SELECT saga_id, seq, epoch, at, kind, body, payload, mac FROM saga_event
UNION ALL
SELECT
    chapter.saga_id,
    (event ->> 'seq')::BIGINT,
    (event ->> 'epoch')::BIGINT,
    (event ->> 'at')::BIGINT,
    event ->> 'kind',
    event ->> 'body',
    decode(COALESCE(event ->> 'payload', ''), 'hex'),
    decode(event ->> 'mac', 'hex')
FROM saga_chapter AS chapter, json_array_elements(chapter.events::JSON) AS event;
