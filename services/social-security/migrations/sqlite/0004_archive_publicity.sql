-- The publicity (公示) of an archive's examination, once it ended without an objection. Withdrawn, it keeps
-- its row. From now on an examination is public from the day on which it is concluded.
CREATE TABLE archive_publicity (
    publicity_number TEXT NOT NULL PRIMARY KEY,
    examination_number TEXT NOT NULL REFERENCES archive_examination (examination_number),
    -- YYYY-MM-DD.
    public_from TEXT NOT NULL,
    -- YYYY-MM-DD.
    public_to TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ended', 'withdrawn')),
    ended_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_publicity ON archive_publicity (examination_number) WHERE state = 'ended';

-- Whoever concluded an examination until now did so after it had been public.
INSERT INTO archive_publicity (publicity_number, examination_number, public_from, public_to, state,
    ended_at, changed_at)
SELECT 'GS' || examination_number, examination_number, public_from, public_to, 'ended', concluded_at,
    changed_at
FROM archive_examination WHERE state = 'concluded';
