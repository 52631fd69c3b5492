-- What changes, conversions and repairs need. Nothing is ever deleted: what is annulled stays, marked.
ALTER TABLE enterprise ADD COLUMN legal_representative_id_number TEXT NOT NULL DEFAULT '';
ALTER TABLE enterprise ADD COLUMN scope TEXT NOT NULL DEFAULT '';
-- Whether other members of the operator's family take part in an individual business.
ALTER TABLE enterprise ADD COLUMN family_operated BOOLEAN NOT NULL DEFAULT FALSE;
-- What a converted individual business became; null for every other record. Its `kind` is then
-- `company`, class 1 of GB 32100, which stands for every enterprise.
ALTER TABLE enterprise ADD COLUMN legal_form TEXT
    CHECK (legal_form IN ('limited_company', 'sole_proprietorship', 'partnership'));

-- Who holds how much of a company now. What was before is in its history.
CREATE TABLE shareholder (
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    id_number TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0),
    subscribed_on TEXT NOT NULL,
    PRIMARY KEY (credit_code, id_number)
);

-- Persons who may not be legal representatives, and until when.
CREATE TABLE disqualification (
    id_number TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    until_on TEXT NOT NULL
);

-- Reservations of names. One in force keeps the name from all others until its last day.
CREATE TABLE name_reservation (
    reservation_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    name TEXT NOT NULL,
    city TEXT NOT NULL,
    reserved_until TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'annulled', 'completed')),
    reserved_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE INDEX name_reservation_by_name ON name_reservation (name, city);

-- Notices of registered changes (准予变更登记通知书).
CREATE TABLE change_notice (
    notice_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    licence_number TEXT NOT NULL REFERENCES licence (licence_number),
    resolution_date TEXT NOT NULL,
    registered_at BIGINT NOT NULL
);

-- Individual businesses that became enterprises.
CREATE TABLE conversion (
    note_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    credit_code_after TEXT NOT NULL REFERENCES enterprise (credit_code),
    mode TEXT NOT NULL CHECK (mode IN ('direct', 'set_up')),
    legal_form TEXT NOT NULL,
    licence_number TEXT NOT NULL REFERENCES licence (licence_number),
    converted_at BIGINT NOT NULL
);

-- Permits beside the licence. One that was issued again names the one before.
CREATE TABLE permit (
    permit_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    kind TEXT NOT NULL,
    replaces TEXT,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'voided')),
    changed_at BIGINT NOT NULL
);

CREATE INDEX permit_by_code ON permit (credit_code);

-- Published records of penalties.
CREATE TABLE penalty (
    decision_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    body TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('minor', 'general', 'serious')),
    decided_on TEXT NOT NULL,
    fine_fen BIGINT NOT NULL CHECK (fine_fen >= 0),
    bill_number TEXT NOT NULL,
    duty_fulfilled BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('published', 'repair_decided', 'repaired')),
    changed_at BIGINT NOT NULL
);

CREATE INDEX penalty_by_code ON penalty (credit_code);

-- Decisions to repair a record. One in force lasts until the publicity system knows of it.
CREATE TABLE repair_decision (
    repair_number TEXT NOT NULL PRIMARY KEY,
    decision_number TEXT NOT NULL REFERENCES penalty (decision_number),
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    commitment_number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'annulled', 'completed')),
    decided_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_repair_in_force ON repair_decision (decision_number)
    WHERE state = 'in_force';

-- Entries in the publicity system that records are repaired.
CREATE TABLE publicity_entry (
    synchronisation_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    certificate_number TEXT NOT NULL,
    records BIGINT NOT NULL,
    entered_at BIGINT NOT NULL
);
