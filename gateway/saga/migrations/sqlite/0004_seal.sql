-- The half of the key of a saga's payloads that is in the database: random, and overwritten with zeroes when
-- the payloads are erased. None: the saga is from before payloads were sealed, and they are as they are.
ALTER TABLE saga ADD COLUMN seal BLOB;
