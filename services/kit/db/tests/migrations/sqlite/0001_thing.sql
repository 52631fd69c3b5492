CREATE TABLE thing (
    id TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    ready INTEGER NOT NULL,
    body TEXT,
    raw BLOB
) STRICT;
