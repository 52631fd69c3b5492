-- Commits that are not settled yet, one row each: what they add to the journal and change in the sagas'
-- rows. A saga's journal is `saga_event` and, behind it, what is here.
CREATE TABLE saga_log (
    id INTEGER NOT NULL PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    entries BLOB NOT NULL
) STRICT;

-- How many times others have settled this incarnation's commits, in order to take a saga from it.
ALTER TABLE saga_owner ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
