-- Every version of a bundle that was ever offered here, word for word: a running case keeps the one
-- it started with, and an ended one is read by it.
CREATE TABLE bundle_version (
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    text TEXT NOT NULL,
    offered_at BIGINT NOT NULL,
    PRIMARY KEY (id, version)
);
