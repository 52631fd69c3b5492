-- School areas (学区) and their primary schools. The area of a county that stands first takes the
-- households of which no more than the county is known.
CREATE TABLE school_area (
    region TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    school TEXT NOT NULL,
    PRIMARY KEY (region, position),
    UNIQUE (region, name)
) STRICT, WITHOUT ROWID;
