-- Medical insurance, social security cards, maternity benefits and insured units. Nothing is ever
-- deleted: what is cancelled stays, marked.

-- Everybody of whom this department has a record; the row is what calls about one person lock.
CREATE TABLE person (
    id_number TEXT NOT NULL PRIMARY KEY,
    -- As last told.
    name TEXT NOT NULL
);

-- Persons whom an employer insures.
CREATE TABLE employee_insurance (
    id_number TEXT NOT NULL PRIMARY KEY REFERENCES person (id_number),
    insurance_number TEXT NOT NULL UNIQUE,
    -- Whether enough months were paid for maternity benefit.
    maternity_entitled BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'ended'))
);

-- Enrolments of residents for a year, each with the premium that was booked.
CREATE TABLE resident_enrolment (
    insurance_number TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL REFERENCES person (id_number),
    region TEXT NOT NULL,
    year BIGINT NOT NULL,
    premium_fen BIGINT NOT NULL CHECK (premium_fen >= 0),
    state TEXT NOT NULL CHECK (state IN ('in_force', 'cancelled')),
    enrolled_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_enrolment_of_a_year ON resident_enrolment (id_number, year)
    WHERE state = 'in_force';

-- A premium that is paid back. An enrolment is refunded once.
CREATE TABLE refund (
    insurance_number TEXT NOT NULL PRIMARY KEY REFERENCES resident_enrolment (insurance_number),
    amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0),
    booked_at BIGINT NOT NULL
);

-- What was claimed upon an enrolment.
CREATE TABLE claim (
    claim_number TEXT NOT NULL PRIMARY KEY,
    insurance_number TEXT NOT NULL REFERENCES resident_enrolment (insurance_number),
    amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0),
    state TEXT NOT NULL CHECK (state IN ('filed', 'paid', 'refused')),
    changed_at BIGINT NOT NULL
);

CREATE INDEX claim_of_enrolment ON claim (insurance_number);

-- Cards, the cancelled ones included.
CREATE TABLE card (
    card_number TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL REFERENCES person (id_number),
    bank TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'cancelled')),
    issued_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_card_in_force ON card (id_number) WHERE state = 'in_force';

-- Maternity benefits that were granted. A birth is paid once.
CREATE TABLE maternity_benefit (
    benefit_number TEXT NOT NULL PRIMARY KEY,
    birth_certificate_number TEXT NOT NULL UNIQUE,
    id_number TEXT NOT NULL REFERENCES employee_insurance (id_number),
    amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0),
    -- The day from which the rule holds by which it was reckoned.
    rule_from TEXT NOT NULL,
    granted_at BIGINT NOT NULL
);

-- Where an enterprise's unit is insured now: one row for social and one for medical insurance.
CREATE TABLE unit (
    kind TEXT NOT NULL CHECK (kind IN ('social', 'medical')),
    credit_code TEXT NOT NULL,
    office TEXT NOT NULL,
    unit_number TEXT NOT NULL,
    PRIMARY KEY (kind, credit_code)
);

-- Every registration of every unit, in order.
CREATE TABLE unit_registration (
    unit_number TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    credit_code TEXT NOT NULL,
    -- From 1.
    position BIGINT NOT NULL,
    office TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    FOREIGN KEY (kind, credit_code) REFERENCES unit (kind, credit_code),
    UNIQUE (kind, credit_code, position)
);

-- The last serial of a kind of number. No serial is given out twice, and an undo gives none back.
CREATE TABLE number_sequence (
    name TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
