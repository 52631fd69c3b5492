//! The durable saga engine.
