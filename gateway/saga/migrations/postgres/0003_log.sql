-- Commits that are not settled yet, one row each: what they add to the journal and change in the sagas'
-- rows. A saga's journal is `saga_event` and, behind it, what is here.
CREATE TABLE saga_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incarnation BIGINT NOT NULL,
    entries BYTEA NOT NULL
);

-- How many times others have settled this incarnation's commits, in order to take a saga from it.
ALTER TABLE saga_owner ADD COLUMN settled BIGINT NOT NULL DEFAULT 0;
