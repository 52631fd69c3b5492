CREATE TABLE thing (
    id TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    ready BOOLEAN NOT NULL,
    body JSONB,
    raw BYTEA
);
