//! A synthetic population: persons, families and enterprises that never existed.
