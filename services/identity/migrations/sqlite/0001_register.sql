-- The population register. Codes of sex and ethnicity are those of GB/T 2261.1 and GB/T 3304.
CREATE TABLE person (
    id_number TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    sex TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    ethnicity TEXT NOT NULL,
    mobile TEXT,
    alive INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who represents an enterprise. A person may represent several.
CREATE TABLE legal_representative (
    credit_code TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL
) STRICT, WITHOUT ROWID;
