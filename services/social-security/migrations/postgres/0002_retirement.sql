-- Pension insurance, retirement, and what follows from it. Nothing is ever deleted: what is withdrawn
-- or undone stays, marked.

-- What an employee paid into pension insurance, and what the personnel archive says.
CREATE TABLE pension_account (
    id_number TEXT NOT NULL PRIMARY KEY REFERENCES person (id_number),
    category TEXT NOT NULL CHECK (category IN ('man', 'woman_cadre', 'woman_worker')),
    months BIGINT NOT NULL CHECK (months >= 0),
    -- As recorded, before any examination.
    deemed_months BIGINT NOT NULL CHECK (deemed_months >= 0),
    -- The wages paid upon, in thousandths of the region's average.
    index_permille BIGINT NOT NULL CHECK (index_permille > 0),
    balance_fen BIGINT NOT NULL CHECK (balance_fen >= 0),
    -- Months of medical insurance.
    medical_months BIGINT NOT NULL CHECK (medical_months >= 0),
    -- Whether the employer handed the personnel archive in.
    archive BOOLEAN NOT NULL,
    -- YYYY-MM-DD; null while the person works.
    retired_on TEXT
);

-- Examinations of archives (审档) that were concluded.
CREATE TABLE archive_examination (
    examination_number TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL REFERENCES pension_account (id_number),
    deemed_months BIGINT NOT NULL,
    -- Made public from and to, included (公示).
    public_from TEXT NOT NULL,
    public_to TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('concluded', 'withdrawn')),
    concluded_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_examination ON archive_examination (id_number) WHERE state = 'concluded';

-- Approvals. A revoking decision marks one; it keeps its row.
CREATE TABLE retirement (
    approval_number TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL REFERENCES pension_account (id_number),
    kind TEXT NOT NULL CHECK (kind IN ('normal', 'early', 'delayed')),
    statutory_on TEXT NOT NULL,
    retired_on TEXT NOT NULL,
    deemed_months BIGINT NOT NULL,
    examination_number TEXT NOT NULL REFERENCES archive_examination (examination_number),
    state TEXT NOT NULL CHECK (state IN ('in_force', 'revoked')),
    approved_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_retirement ON retirement (id_number) WHERE state = 'in_force';

-- What followed from an approval, each once: the pension (kind `benefit`), the account it is paid to
-- (`account`), the medical insurance of the retired (`medical`), the community (`handover`).
CREATE TABLE retirement_effect (
    approval_number TEXT NOT NULL REFERENCES retirement (approval_number),
    kind TEXT NOT NULL CHECK (kind IN ('benefit', 'account', 'medical', 'handover')),
    number TEXT NOT NULL UNIQUE,
    -- The pension a month, in fen, or the months of medical insurance still to be paid.
    amount BIGINT NOT NULL,
    -- The first day paid, the card, or the community's division.
    detail TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (approval_number, kind)
);

-- Where an insured person lives, as last told by a household move.
CREATE TABLE insured_region (
    change_number TEXT NOT NULL PRIMARY KEY,
    id_number TEXT NOT NULL REFERENCES person (id_number),
    region TEXT NOT NULL,
    move_number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'annulled', 'replaced')),
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_region ON insured_region (id_number) WHERE state = 'in_force';
