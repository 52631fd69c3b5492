-- Which of an enterprise's registrations a record follows, as the registry counts them: the later one
-- has the higher serial, and 0 is none that was told.
ALTER TABLE unit ADD COLUMN registration_serial BIGINT NOT NULL DEFAULT 0;

-- Of a unit's entries the one of the highest serial counts, of several such the last one.
ALTER TABLE unit_information ADD COLUMN registration_serial BIGINT NOT NULL DEFAULT 0;

-- Moves of which a unit was told after a later one: it did not go there any more. Entries are only ever
-- added.
CREATE TABLE unit_overtaken (
    kind TEXT NOT NULL,
    credit_code TEXT NOT NULL,
    -- From 1.
    position BIGINT NOT NULL,
    office TEXT NOT NULL,
    registration_serial BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (kind, credit_code, position),
    FOREIGN KEY (kind, credit_code) REFERENCES unit (kind, credit_code)
);
