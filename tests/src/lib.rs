//! Cross-service suites.
