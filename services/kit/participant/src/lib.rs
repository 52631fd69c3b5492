//! The participant ledger: what makes a step happen once.
