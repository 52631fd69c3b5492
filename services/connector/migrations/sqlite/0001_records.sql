-- The embedded record store. A record is never deleted: it is changed, annulled and restored, and
-- every version is kept. `content` is the version whose body the record has: a restored record has
-- the content of an earlier version.
CREATE TABLE record (
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    content INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'annulled')),
    body TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (department, kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE record_version (
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (department, kind, key, version)
) STRICT, WITHOUT ROWID;

-- The indexed attributes of the last version of each record.
CREATE TABLE record_index (
    department TEXT NOT NULL,
    kind TEXT NOT NULL,
    attribute TEXT NOT NULL,
    value TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (department, kind, attribute, value, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX record_index_by_key ON record_index (department, kind, key);

-- The last number given out of each sequence. Numbers are never given out again.
CREATE TABLE number_sequence (
    department TEXT NOT NULL,
    name TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (department, name)
) STRICT, WITHOUT ROWID;
