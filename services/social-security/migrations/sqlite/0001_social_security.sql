-- Resident medical insurance. What is cancelled stays; a person has one enrolment in force.
CREATE TABLE enrolment (
    number TEXT PRIMARY KEY,
    id_number TEXT NOT NULL,
    name TEXT NOT NULL,
    region TEXT NOT NULL,
    year INTEGER NOT NULL,
    premium_fen INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'cancelled')),
    enrolled_at INTEGER NOT NULL,
    cancelled_at INTEGER
) STRICT;

CREATE UNIQUE INDEX enrolment_in_force ON enrolment (id_number) WHERE state = 'in_force';

-- Premiums that are paid back because their enrolment was cancelled: each once.
CREATE TABLE refund (
    enrolment_number TEXT PRIMARY KEY REFERENCES enrolment (number),
    amount_fen INTEGER NOT NULL,
    booked_at INTEGER NOT NULL
) STRICT;

-- Claims that were paid: an enrolment with one cannot be cancelled any more.
CREATE TABLE claim (
    number TEXT PRIMARY KEY,
    enrolment_number TEXT NOT NULL REFERENCES enrolment (number),
    amount_fen INTEGER NOT NULL,
    paid_at INTEGER NOT NULL
) STRICT;

CREATE INDEX claim_by_enrolment ON claim (enrolment_number);

-- Social security cards. A number is never issued again; a person has one card in force.
CREATE TABLE card (
    number TEXT PRIMARY KEY,
    id_number TEXT NOT NULL,
    name TEXT NOT NULL,
    bank TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'cancelled')),
    issued_at INTEGER NOT NULL,
    cancelled_at INTEGER
) STRICT;

CREATE UNIQUE INDEX card_in_force ON card (id_number) WHERE state = 'in_force';

-- Persons who are insured for maternity.
CREATE TABLE maternity_insured (
    id_number TEXT PRIMARY KEY
) STRICT;

-- Maternity benefit: one birth is paid once.
CREATE TABLE benefit (
    number TEXT PRIMARY KEY,
    birth_certificate_number TEXT NOT NULL UNIQUE,
    id_number TEXT NOT NULL,
    amount_fen INTEGER NOT NULL,
    granted_at INTEGER NOT NULL
) STRICT;

-- Insured units and the offices that keep them.
CREATE TABLE unit (
    credit_code TEXT PRIMARY KEY,
    social_office TEXT NOT NULL,
    social_number TEXT NOT NULL,
    medical_office TEXT NOT NULL,
    medical_number TEXT NOT NULL
) STRICT;

-- Where units have moved.
CREATE TABLE unit_transfer (
    credit_code TEXT NOT NULL REFERENCES unit (credit_code),
    insurance TEXT NOT NULL CHECK (insurance IN ('social', 'medical')),
    to_number TEXT NOT NULL,
    to_office TEXT NOT NULL,
    from_number TEXT NOT NULL,
    from_office TEXT NOT NULL,
    transferred_at INTEGER NOT NULL,
    PRIMARY KEY (insurance, to_number)
) STRICT;

-- The last serial of each kind of number, place and year.
CREATE TABLE serial (
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    year INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (kind, place, year)
) STRICT;
