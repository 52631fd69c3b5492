-- Which of an enterprise's registrations its seal follows, as the registry counts them: the later one has
-- the higher serial, and 0 is none that was told. The office and the name on the seal follow by themselves.
ALTER TABLE seal ADD COLUMN registrar_serial INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seal ADD COLUMN name_serial INTEGER NOT NULL DEFAULT 0;

-- Moves and names that were told after later ones: the seal does not follow them any more. Entries are
-- only ever added.
CREATE TABLE seal_overtaken (
    credit_code TEXT NOT NULL REFERENCES seal (credit_code),
    -- From 1.
    position INTEGER NOT NULL,
    registration_serial INTEGER NOT NULL,
    -- Where it would have been filed, or the name that it would have borne.
    registrar TEXT,
    name TEXT,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (credit_code, position)
) STRICT;
