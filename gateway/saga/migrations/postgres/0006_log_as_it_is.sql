-- Most of a commit is sealed, and does not get smaller.
ALTER TABLE saga_log ALTER COLUMN entries SET STORAGE EXTERNAL;
