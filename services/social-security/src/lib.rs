//! Social security: medical insurance, social security cards, unit transfers.
