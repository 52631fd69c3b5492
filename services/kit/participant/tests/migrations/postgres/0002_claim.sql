-- A claim on an effect, checked only at the commit: a test breaks a commit with it.
CREATE TABLE claim (
    number TEXT NOT NULL REFERENCES effect (number) DEFERRABLE INITIALLY DEFERRED
);
