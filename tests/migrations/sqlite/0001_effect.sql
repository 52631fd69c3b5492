CREATE TABLE effect (
    number TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    annulled INTEGER NOT NULL
) STRICT;
