//! Identity: persons and legal representatives.
