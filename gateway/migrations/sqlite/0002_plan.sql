-- The steps and segments that came out of a version, in the order in which journals number them: besides
-- the text they depend on what departments offered then.
ALTER TABLE bundle_version ADD COLUMN plan TEXT;
