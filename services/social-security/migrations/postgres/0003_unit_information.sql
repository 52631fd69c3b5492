-- What enterprises told about their units: name, domicile, and the code under which a unit goes on.
-- Entries are only ever added; the last one counts.
CREATE TABLE unit_information (
    kind TEXT NOT NULL CHECK (kind IN ('social', 'medical')),
    credit_code TEXT NOT NULL,
    -- From 1.
    position BIGINT NOT NULL,
    credit_code_after TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (kind, credit_code, position),
    FOREIGN KEY (kind, credit_code) REFERENCES unit (kind, credit_code)
);
