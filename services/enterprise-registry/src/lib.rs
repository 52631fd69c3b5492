//! Enterprise registry: records, moves between registrars, archives and licences.
