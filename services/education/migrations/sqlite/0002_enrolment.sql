-- Enrolment: catchments, seats, registrations, admissions and student records. Nothing is ever
-- deleted: what is withdrawn or released stays, marked.

-- Which streets of a county belong to which of its school areas.
CREATE TABLE school_area_street (
    region TEXT NOT NULL,
    street TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (region, street),
    FOREIGN KEY (region, position) REFERENCES school_area (region, position)
) STRICT, WITHOUT ROWID;

-- How many first-year seats the school of an area has in a year; the rows are what placements in a
-- county lock.
CREATE TABLE school_seats (
    region TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('primary', 'junior')),
    year INTEGER NOT NULL,
    -- The area's.
    position INTEGER NOT NULL,
    school TEXT NOT NULL,
    seats INTEGER NOT NULL CHECK (seats >= 0),
    PRIMARY KEY (region, stage, year, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE registration (
    review_number TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL,
    region TEXT NOT NULL,
    year INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('primary', 'junior')),
    class TEXT NOT NULL CHECK (class IN ('A', 'B', 'C', 'D', 'E')),
    -- Where the catchment is looked for.
    address TEXT NOT NULL,
    elder_id_number TEXT,
    birth_order INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('registered', 'withdrawn')),
    registered_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_registration_of_a_year ON registration (id_number, year)
    WHERE state = 'registered';

CREATE TABLE seat (
    seat_number TEXT NOT NULL PRIMARY KEY,
    review_number TEXT NOT NULL REFERENCES registration (review_number),
    region TEXT NOT NULL,
    school TEXT NOT NULL,
    year INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('catchment', 'elder', 'chosen', 'coordinated')),
    -- A held seat is released, or closed by the admission.
    state TEXT NOT NULL CHECK (state IN ('held', 'released', 'closed')),
    changed_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_seat_of_a_registration ON seat (review_number) WHERE state <> 'released';
CREATE INDEX seats_of_a_school ON seat (region, school, year) WHERE state <> 'released';

CREATE TABLE admission (
    admission_number TEXT NOT NULL PRIMARY KEY,
    seat_number TEXT NOT NULL UNIQUE REFERENCES seat (seat_number),
    id_number TEXT NOT NULL,
    region TEXT NOT NULL,
    school TEXT NOT NULL,
    year INTEGER NOT NULL,
    admitted_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_admission_of_a_year ON admission (id_number, year);

CREATE TABLE student_record (
    student_number TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL UNIQUE,
    region TEXT NOT NULL,
    school TEXT NOT NULL,
    grade INTEGER NOT NULL CHECK (grade BETWEEN 1 AND 9),
    opened_at INTEGER NOT NULL
) STRICT;

-- The last serial of a kind of number. No serial is given out twice, and an undo gives none back.
CREATE TABLE number_sequence (
    name TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
