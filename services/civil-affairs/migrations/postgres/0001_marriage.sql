-- The marriage register. A marriage that ended keeps its row; a person lives in one at most.
CREATE TABLE marriage (
    certificate_number TEXT NOT NULL PRIMARY KEY,
    wife_id_number TEXT NOT NULL,
    husband_id_number TEXT NOT NULL,
    registered_on TEXT NOT NULL,
    region TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('registered', 'divorced', 'annulled'))
);

CREATE UNIQUE INDEX marriage_of_wife ON marriage (wife_id_number) WHERE state = 'registered';
CREATE UNIQUE INDEX marriage_of_husband ON marriage (husband_id_number) WHERE state = 'registered';
