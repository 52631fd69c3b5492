-- The household register and the seal register. Nothing is ever deleted from them.
CREATE TABLE resident (
    id_number TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- GB/T 2261.1.
    sex TEXT NOT NULL CHECK (sex IN ('1', '2')),
    birth_date TEXT NOT NULL,
    -- GB/T 3304. Null until it is declared, where the parents belong to two groups.
    ethnicity TEXT,
    state TEXT NOT NULL CHECK (state IN ('registered', 'deceased'))
) STRICT;

CREATE TABLE household (
    id TEXT NOT NULL PRIMARY KEY,
    region TEXT NOT NULL,
    -- The six digits with which the numbers of its newborns begin.
    number_division TEXT NOT NULL,
    address TEXT NOT NULL,
    head_id_number TEXT NOT NULL REFERENCES resident (id_number)
) STRICT;

-- A person is a member of one household at most.
CREATE TABLE household_member (
    id_number TEXT NOT NULL PRIMARY KEY REFERENCES resident (id_number),
    household_id TEXT NOT NULL REFERENCES household (id),
    relation TEXT NOT NULL CHECK (relation IN ('head', 'spouse', 'child', 'parent', 'grandchild',
        'other')),
    joined_at INTEGER NOT NULL
) STRICT;

-- The last sequence that was given out or passed over, of a division, day of birth and sex.
CREATE TABLE number_counter (
    division TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    sex TEXT NOT NULL CHECK (sex IN ('1', '2')),
    last INTEGER NOT NULL CHECK (last BETWEEN 0 AND 999),
    PRIMARY KEY (division, birth_date, sex)
) STRICT, WITHOUT ROWID;

-- Every resident number that this system issued, for ever: what became of its holder is told
-- elsewhere.
CREATE TABLE issued_number (
    id_number TEXT NOT NULL PRIMARY KEY,
    issued_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER issued_number_keeps BEFORE UPDATE ON issued_number
BEGIN
    SELECT RAISE(ABORT, 'an issued number stays issued');
END;

CREATE TRIGGER issued_number_stays BEFORE DELETE ON issued_number
BEGIN
    SELECT RAISE(ABORT, 'an issued number stays issued');
END;

CREATE TABLE birth_registration (
    registration_number TEXT NOT NULL PRIMARY KEY,
    birth_certificate_number TEXT NOT NULL,
    id_number TEXT NOT NULL UNIQUE REFERENCES issued_number (id_number),
    household_id TEXT NOT NULL REFERENCES household (id),
    mother_id_number TEXT,
    father_id_number TEXT,
    -- A correction case cancels an entry; it keeps its row and its number.
    state TEXT NOT NULL CHECK (state IN ('registered', 'cancelled')),
    registered_on TEXT NOT NULL,
    registered_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_registration_of_a_certificate
    ON birth_registration (birth_certificate_number) WHERE state = 'registered';

-- Where a seal is filed now.
CREATE TABLE seal (
    credit_code TEXT NOT NULL PRIMARY KEY,
    seal_number TEXT NOT NULL,
    registrar TEXT NOT NULL,
    filing_number TEXT NOT NULL
) STRICT;

-- Every filing of every seal, in the order of their filing.
CREATE TABLE seal_filing (
    filing_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES seal (credit_code),
    -- From 1.
    position INTEGER NOT NULL,
    registrar TEXT NOT NULL,
    filed_at INTEGER NOT NULL,
    UNIQUE (credit_code, position)
) STRICT;

-- The last serial of a kind of number. No serial is given out twice.
CREATE TABLE number_sequence (
    name TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
