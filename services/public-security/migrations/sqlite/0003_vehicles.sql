-- The vehicle register. Nothing is ever deleted from it.
CREATE TABLE vehicle (
    vin TEXT NOT NULL PRIMARY KEY,
    registration_number TEXT NOT NULL UNIQUE,
    plate TEXT NOT NULL,
    model TEXT NOT NULL,
    energy TEXT NOT NULL,
    displacement_ml INTEGER NOT NULL,
    first_registered_on TEXT NOT NULL,
    -- Null while it is registered.
    deregistered_on TEXT
) STRICT;

CREATE INDEX vehicle_by_plate ON vehicle (plate);

-- In whose name a vehicle is and was, in the order of its owners.
CREATE TABLE vehicle_ownership (
    vin TEXT NOT NULL REFERENCES vehicle (vin),
    -- From 1.
    position INTEGER NOT NULL,
    -- A resident number, or an enterprise's credit code.
    owner TEXT NOT NULL,
    owner_name TEXT,
    owned_since TEXT NOT NULL,
    -- Null for who owns it still, or owned it when it was deregistered.
    transferred_on TEXT,
    PRIMARY KEY (vin, position)
) STRICT;

CREATE TABLE stolen_vehicle (
    vin TEXT NOT NULL PRIMARY KEY,
    reported_on TEXT NOT NULL
) STRICT;

-- Who holds a plate number, and who did.
CREATE TABLE plate_reservation (
    reservation_number TEXT NOT NULL PRIMARY KEY,
    plate TEXT NOT NULL,
    vin TEXT NOT NULL,
    owner TEXT NOT NULL,
    reserved_until TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'used', 'released', 'lapsed')),
    reserved_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_holder_of_a_plate
    ON plate_reservation (plate) WHERE state IN ('reserved', 'used');

-- Plates, licences and certificates that were issued.
CREATE TABLE vehicle_document (
    kind TEXT NOT NULL CHECK (kind IN ('plates', 'licence', 'register_certificate')),
    number TEXT NOT NULL,
    registration_number TEXT NOT NULL REFERENCES vehicle (registration_number),
    issued_on TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    PRIMARY KEY (kind, number)
) STRICT;
