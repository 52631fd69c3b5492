-- One-time codes with which a guardian logged in for a child.
CREATE TABLE login_code (
    child_id_number TEXT NOT NULL,
    code TEXT NOT NULL,
    guardian_id_number TEXT NOT NULL,
    -- YYYY-MM-DD, included.
    good_to TEXT NOT NULL,
    PRIMARY KEY (child_id_number, code)
) STRICT, WITHOUT ROWID;
