-- The register. Nothing is ever deleted from it: what is annulled stays, marked.
CREATE TABLE enterprise (
    credit_code TEXT NOT NULL PRIMARY KEY,
    -- The division of the registrar that confirmed the code although its check characters contradict
    -- it, as those of a few codes of the pilot years do. Null for every other code.
    code_confirmed_by TEXT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('company', 'individual_business', 'cooperative')),
    status TEXT NOT NULL CHECK (status IN ('active', 'cancelled', 'revoked')),
    registrar TEXT NOT NULL,
    address TEXT NOT NULL,
    capital_fen BIGINT NOT NULL,
    founded_on TEXT NOT NULL,
    abnormal_listed BOOLEAN NOT NULL,
    serious_breach_listed BOOLEAN NOT NULL,
    equity_frozen BOOLEAN NOT NULL,
    open_cases BIGINT NOT NULL CHECK (open_cases >= 0),
    changed_at BIGINT NOT NULL
);

CREATE INDEX enterprise_by_name ON enterprise (name);

-- A lock of a record at its registrar while the enterprise moves. At most one is in force.
CREATE TABLE record_lock (
    lock_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    target_registrar TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'annulled', 'completed')),
    locked_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_lock_in_force ON record_lock (credit_code) WHERE state = 'in_force';

-- What a destination accepted. While it is in force it reserves the name in the destination's league
-- or city.
CREATE TABLE relocation_acceptance (
    acceptance_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    name TEXT NOT NULL,
    city TEXT NOT NULL,
    target_registrar TEXT NOT NULL,
    target_address TEXT NOT NULL,
    premises_right TEXT NOT NULL,
    resolution_date TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'annulled', 'completed')),
    accepted_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_reservation_of_a_name ON relocation_acceptance (name, city)
    WHERE state = 'in_force';

-- The origin's approval that an enterprise moves away. At most one is in force.
CREATE TABLE relocation_release (
    release_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    lock_number TEXT NOT NULL REFERENCES record_lock (lock_number),
    acceptance_number TEXT NOT NULL REFERENCES relocation_acceptance (acceptance_number),
    state TEXT NOT NULL CHECK (state IN ('in_force', 'annulled', 'completed')),
    released_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_release_in_force ON relocation_release (credit_code)
    WHERE state = 'in_force';

-- Who holds an enterprise's registration archive, under which number, and its digest.
CREATE TABLE archive (
    credit_code TEXT NOT NULL PRIMARY KEY REFERENCES enterprise (credit_code),
    holder TEXT NOT NULL,
    -- Null at the registrar that has held it since before this system.
    archive_number TEXT,
    sha256 TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE archive_document (
    credit_code TEXT NOT NULL REFERENCES archive (credit_code),
    -- From 1.
    position BIGINT NOT NULL,
    title TEXT NOT NULL,
    pages BIGINT NOT NULL CHECK (pages >= 0),
    content TEXT NOT NULL,
    PRIMARY KEY (credit_code, position)
);

-- Hand-overs of archives. At most one of an archive is in force, that is neither returned nor
-- completed by the registration of the move.
CREATE TABLE archive_transfer (
    -- The archive's number at the destination.
    archive_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES archive (credit_code),
    release_number TEXT NOT NULL REFERENCES relocation_release (release_number),
    from_holder TEXT NOT NULL,
    from_archive_number TEXT,
    to_holder TEXT NOT NULL,
    -- Computed over what the origin sent, and over what the destination received.
    sent_sha256 TEXT NOT NULL,
    received_sha256 TEXT NOT NULL,
    pages BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'annulled', 'completed')),
    transferred_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    CHECK (sent_sha256 = received_sha256)
);

CREATE UNIQUE INDEX one_transfer_in_force ON archive_transfer (credit_code)
    WHERE state = 'in_force';

-- Licences issued by this system. A voided licence stays; at most one is in force.
CREATE TABLE licence (
    licence_number TEXT NOT NULL PRIMARY KEY,
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    name TEXT NOT NULL,
    registrar TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('in_force', 'voided')),
    issued_at BIGINT NOT NULL,
    voided_at BIGINT
);

CREATE UNIQUE INDEX one_licence_in_force ON licence (credit_code) WHERE state = 'in_force';

-- The last number of a kind that a registrar gave out in a year. Numbers are never given out again.
CREATE TABLE document_sequence (
    kind TEXT NOT NULL,
    registrar TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (kind, registrar, year)
);

-- What happened to each record, in order. Entries are only ever added.
CREATE TABLE enterprise_history (
    credit_code TEXT NOT NULL REFERENCES enterprise (credit_code),
    -- From 1.
    position BIGINT NOT NULL,
    change TEXT NOT NULL,
    -- The lock, acceptance, release, archive or licence that it is about.
    document_number TEXT NOT NULL,
    -- The key of the call that changed it, or whose effect was annulled.
    cause TEXT NOT NULL,
    -- The record's attributes that changed.
    before JSONB NOT NULL,
    after JSONB NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (credit_code, position)
);

CREATE FUNCTION enterprise_history_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries are only ever added';
END;
$$;

CREATE TRIGGER enterprise_history_keeps BEFORE UPDATE OR DELETE ON enterprise_history
    FOR EACH ROW EXECUTE FUNCTION enterprise_history_refuse();
