-- Which of an enterprise's registrations an entry follows from, as the registry counts them: the later one
-- has the higher serial, and 0 is none that was told. `legal_representative` has who is appointed by the
-- latest one; an appointment that was told after a later one is an entry and no more.
ALTER TABLE legal_representative ADD COLUMN registration_serial BIGINT NOT NULL DEFAULT 0;
ALTER TABLE appointment ADD COLUMN registration_serial BIGINT NOT NULL DEFAULT 0;
