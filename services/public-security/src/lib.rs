//! Public security: households, birth registration, seals.
