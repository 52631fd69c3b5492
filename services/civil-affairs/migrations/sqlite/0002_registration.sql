-- Registering marriages, and who besides parents stands in for a child.

-- What both parties signed, and their photograph.
CREATE TABLE marriage_declaration (
    certificate_number TEXT NOT NULL PRIMARY KEY REFERENCES marriage (certificate_number),
    photo TEXT NOT NULL,
    -- The registrar who heard them.
    heard_by TEXT NOT NULL,
    registered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Guardians whom civil affairs or a court appointed. An appointment that ended keeps its row.
CREATE TABLE guardianship (
    child_id_number TEXT NOT NULL,
    guardian_id_number TEXT NOT NULL,
    appointed_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'ended')),
    PRIMARY KEY (child_id_number, guardian_id_number)
) STRICT, WITHOUT ROWID;

-- Children who receive assistance.
CREATE TABLE assistance (
    child_id_number TEXT NOT NULL PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('orphan', 'low_income'))
) STRICT, WITHOUT ROWID;

-- The last serial of a kind of number. No serial is given out twice.
CREATE TABLE number_sequence (
    name TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
