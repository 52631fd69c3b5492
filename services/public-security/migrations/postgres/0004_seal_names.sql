-- Seals that replaced others, since the enterprise has another name or code. The seal before is
-- destroyed; its number stays here.
CREATE TABLE seal_replacement (
    filing_number TEXT NOT NULL PRIMARY KEY,
    -- The code under which the old seal was filed, and the one under which the new one is.
    credit_code TEXT NOT NULL REFERENCES seal (credit_code),
    credit_code_after TEXT NOT NULL REFERENCES seal (credit_code),
    name TEXT NOT NULL,
    destroyed_seal_number TEXT NOT NULL,
    replaced_at BIGINT NOT NULL
);
