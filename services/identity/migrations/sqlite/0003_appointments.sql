-- Who was registered as legal representative of an enterprise, in order. Entries are only ever added;
-- `legal_representative` has the last one.
CREATE TABLE appointment (
    credit_code TEXT NOT NULL,
    -- From 1.
    position INTEGER NOT NULL,
    id_number TEXT NOT NULL,
    -- Who it was before; null for an enterprise that had none.
    id_number_before TEXT,
    appointed_at INTEGER NOT NULL,
    PRIMARY KEY (credit_code, position)
) STRICT, WITHOUT ROWID;
