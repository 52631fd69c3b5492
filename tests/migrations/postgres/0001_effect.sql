CREATE TABLE effect (
    number TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    annulled BOOLEAN NOT NULL
);
