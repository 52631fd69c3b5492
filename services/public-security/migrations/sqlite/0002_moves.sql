-- Parents, residence permits, marital status and household moves. Nothing is ever deleted: what is
-- withdrawn or closed stays, marked.

-- Who is whose parent, as far as no birth registration of this system tells it.
CREATE TABLE parentage (
    child_id_number TEXT NOT NULL,
    parent_id_number TEXT NOT NULL,
    PRIMARY KEY (child_id_number, parent_id_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX children_of_parent ON parentage (parent_id_number);
CREATE INDEX births_of_mother ON birth_registration (mother_id_number);
CREATE INDEX births_of_father ON birth_registration (father_id_number);

-- A permit's number is its holder's. It is endorsed yearly.
CREATE TABLE residence_permit (
    id_number TEXT NOT NULL PRIMARY KEY,
    region TEXT NOT NULL,
    -- YYYY-MM-DD, included.
    endorsed_to TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each marriage of each resident, as civil affairs told it.
CREATE TABLE marital_status (
    id_number TEXT NOT NULL REFERENCES resident (id_number),
    certificate_number TEXT NOT NULL,
    entry_number TEXT NOT NULL,
    married_on TEXT NOT NULL,
    entered_at INTEGER NOT NULL,
    PRIMARY KEY (id_number, certificate_number)
) STRICT, WITHOUT ROWID;

-- Permits to move in (准予迁入).
CREATE TABLE move_permit (
    permit_number TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL REFERENCES resident (id_number),
    from_household_id TEXT NOT NULL REFERENCES household (id),
    to_household_id TEXT NOT NULL REFERENCES household (id),
    relation TEXT NOT NULL,
    certificate_number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('granted', 'withdrawn', 'used')),
    granted_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_open_permit ON move_permit (id_number) WHERE state = 'granted';

-- Moves, each the moving out and the moving in as one act.
CREATE TABLE household_move (
    move_number TEXT NOT NULL PRIMARY KEY,
    permit_number TEXT NOT NULL UNIQUE REFERENCES move_permit (permit_number),
    id_number TEXT NOT NULL,
    from_household_id TEXT NOT NULL,
    from_relation TEXT NOT NULL,
    to_household_id TEXT NOT NULL,
    moved_on TEXT NOT NULL,
    moved_at INTEGER NOT NULL
) STRICT;

-- Households whose last member moved out.
CREATE TABLE household_closing (
    household_id TEXT NOT NULL PRIMARY KEY REFERENCES household (id),
    closed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE booklet_page (
    page_number TEXT NOT NULL PRIMARY KEY,
    move_number TEXT NOT NULL UNIQUE REFERENCES household_move (move_number),
    issued_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
